// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What an archive of a bus keeps, and for how long.
///
/// - Source: Amazon EventBridge API Reference, *CreateArchive*.
public struct ArchiveConfiguration: Sendable {
    /// Which events; all unless given.
    public var pattern: EventPattern?
    /// For how many days from when an event was put; 0 for ever.
    ///
    /// Defaults to 0.
    public var retentionDays = 0
    /// How many events at most: the oldest go when more come.
    ///
    /// Defaults to 100,000. At least 1.
    public var eventLimit = 100_000
    /// How many bytes at most: the oldest events go when more come.
    ///
    /// Defaults to 64 MiB. At least 1.
    public var byteLimit = 64 << 20

    /// Makes a configuration.
    public init(pattern: EventPattern? = nil, retentionDays: Int = 0) {
        self.pattern = pattern
        self.retentionDays = retentionDays
    }

    /// What is wrong with it; nil if nothing is.
    var fault: String? {
        if retentionDays < 0 { return "retentionDays is \(retentionDays); it must be 0 or more" }
        if eventLimit < 1 || byteLimit < 1 { return "a limit of an archive is less than 1: nothing could ever be kept" }
        return nil
    }
}

/// How much there is in an archive.
public struct ArchiveFigures: Sendable, Hashable {
    /// How many events.
    public var events: Int
    /// How many bytes they have.
    public var bytes: Int
    /// How many had to go before their time, as there was no room.
    public var dropped: Int
}

/// Events of a bus, kept to be told again, in the order in which they were put.
struct ArchiveStateMachine: Sendable {
    private struct Kept: Sendable {
        let event: BusEnvelope
        let keptAt: Timestamp
    }

    let configuration: ArchiveConfiguration
    private var events: [Kept] = []
    /// Where the first one is; those before it have gone.
    private var start = 0
    private var bytes = 0
    private var dropped = 0

    init(_ configuration: ArchiveConfiguration) { self.configuration = configuration }

    mutating func keep(_ event: BusEnvelope, now: Timestamp) {
        expire(now: now)
        guard event.json.count <= configuration.byteLimit else { return dropped += 1 }
        while events.count - start >= configuration.eventLimit || bytes + event.json.count > configuration.byteLimit {
            dropFirst()
            dropped += 1
        }
        events.append(Kept(event: event, keptAt: now))
        bytes += event.json.count
    }

    /// Events whose time is in a range, in slices of a minute from the earliest on.
    mutating func events(in range: Range<Timestamp>, now: Timestamp) -> [BusEnvelope] {
        expire(now: now)
        let minute: Int64 = 60_000_000_000
        return events[start...].filter { range.contains($0.event.time) }
            .enumerated()
            .sorted {
                let (left, right) = ($0.element.event.time.nanoseconds, $1.element.event.time.nanoseconds)
                return (left / minute, $0.offset) < (right / minute, $1.offset)
            }
            .map(\.element.event)
    }

    mutating func figures(now: Timestamp) -> ArchiveFigures {
        expire(now: now)
        return ArchiveFigures(events: events.count - start, bytes: bytes, dropped: dropped)
    }

    private mutating func expire(now: Timestamp) {
        guard configuration.retentionDays > 0 else { return }
        // No two times are further apart than 292 years.
        let age = Duration.seconds(Int64(min(configuration.retentionDays, 106_751)) * 86_400)
        while start < events.count, events[start].keptAt.duration(to: now) >= age { dropFirst() }
    }

    private mutating func dropFirst() {
        bytes -= events[start].event.json.count
        start += 1
        // Half of it is nothing: the rest moves up, once for as many as have gone.
        guard start * 2 > events.count else { return }
        events.removeFirst(start)
        start = 0
    }
}
