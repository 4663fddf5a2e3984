// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Where a bus keeps events to tell them again.
enum BusArchive: Sendable {
    case memory(ArchiveStateMachine)
    case stream(StreamArchive)

    /// Keeps an event; false if it is to be put into a stream.
    mutating func keep(_ event: BusEnvelope, now: Timestamp) -> Bool {
        guard case .memory(var machine) = self else { return false }
        // Not to be copied for being changed.
        self = .memory(ArchiveStateMachine(ArchiveConfiguration()))
        machine.keep(event, now: now)
        self = .memory(machine)
        return true
    }

    /// How much there is; nil if a stream has it.
    mutating func figures(now: Timestamp) -> ArchiveFigures? {
        guard case .memory(var machine) = self else { return nil }
        defer { self = .memory(machine) }
        return machine.figures(now: now)
    }

    /// What a replay tells.
    mutating func material(in range: Range<Timestamp>, now: Timestamp) -> ReplayMaterial {
        switch self {
        case .stream(let archive): return .stream(archive)
        case .memory(var machine):
            defer { self = .memory(machine) }
            return .events(machine.events(in: range, now: now))
        }
    }
}

/// What a replay tells again.
enum ReplayMaterial: Sendable {
    /// In order.
    case events([BusEnvelope])
    case stream(StreamArchive)
}

/// Finds the events of an archive in its stream.
struct StreamArchive: Sendable {
    /// Where an event is, and the minute of its time.
    struct Place: Sendable {
        let minute: Int64
        let shard: ShardID
        let number: SequenceNumber
    }

    /// How many records are read at a time.
    private static let pageSize = 500

    let stream: any StreamSource

    /// Where the events of a range are, in slices of a minute from the earliest on. It takes a few words of memory for each.
    func places(in range: Range<Timestamp>) async throws -> [Place] {
        var places: [Place] = []
        for shard in try await stream.shards() {
            var position: StreamPosition? = .oldest
            while let from = position {
                let page = try await stream.read(shard.id, from: from, limit: Self.pageSize)
                for record in page.records {
                    guard let time = BusEnvelope(record.data)?.time, range.contains(time) else { continue }
                    let minute = time.nanoseconds.flooredDivision(by: 60_000_000_000).quotient
                    places.append(Place(minute: minute, shard: shard.id, number: record.sequenceNumber))
                }
                // What comes from now on is of no replay that has begun.
                position = page.records.isEmpty && page.behindLatest <= .zero ? nil : page.next
            }
        }
        return places.sorted { ($0.minute, $0.number) < ($1.minute, $1.number) }
    }

    /// The event there; nil if the stream has dropped it.
    func event(at place: Place) async throws -> BusEnvelope? {
        let page: StreamPage
        do {
            page = try await stream.read(place.shard, from: .from(place.number), limit: 1)
        } catch let error as SourceError where error.code == .shardNotFound { return nil }
        guard let record = page.records.first, record.sequenceNumber == place.number else { return nil }
        return BusEnvelope(record.data)
    }
}
