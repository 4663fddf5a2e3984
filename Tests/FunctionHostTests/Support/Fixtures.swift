// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

extension Timestamp {
    /// So many nanoseconds after the beginning.
    static func at(_ nanoseconds: Int64) -> Self { Self(nanoseconds: nanoseconds) }
}

extension SplitMix64 {
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// A clock that stands still until it is told to move; it rings no alarms.
final class StillClock: HostClock {
    private let time = Atomic<Int64>(1_000)

    var now: Timestamp { Timestamp(nanoseconds: time.load(ordering: .relaxed)) }
    var wallTime: Timestamp { now }
    func advance(by duration: Duration) { time.add(duration.wholeNanoseconds, ordering: .relaxed) }
    func sleep(until deadline: Timestamp, tolerance: Duration?) async throws { try Task.checkCancellation() }
    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm { SilentAlarm() }

    private final class SilentAlarm: HostAlarm {
        func ring(noLaterThan time: Timestamp) {}
    }
}

/// Hears what a context tells its host.
final class ListeningServices: InvocationServices {
    let stillClock = StillClock()
    let hearsLogs: Bool
    private let heard = Mutex<(logs: [LogMessage], progress: Progress?)>(([], nil))

    init(hearsLogs: Bool = true) { self.hearsLogs = hearsLogs }

    var clock: any HostClock { stillClock }
    var latestProgress: Progress? { heard.withLock { $0.progress } }
    var logs: [LogMessage] { heard.withLock { $0.logs } }
    func log(_ message: LogMessage, from context: InvocationContext) { heard.withLock { $0.logs.append(message) } }
    func report(_ progress: Progress, of context: InvocationContext) { heard.withLock { $0.progress = progress } }
}

extension InvocationContext {
    /// A context with everything that a host would choose.
    static func made(
        by identity: FunctionIdentity = FunctionIdentity(name: "resize"), id: UInt64 = 1, memorySize: Int = 128,
        isCold: Bool = false, services: ListeningServices = ListeningServices()
    ) -> Self {
        var configuration = FunctionConfiguration()
        configuration.memorySize = memorySize
        let start = services.stillClock.now
        let storage = DetachedStorage(id: InvocationID(high: 0, low: id), details: nil, services: services)
        storage.settle(
            FunctionSnapshot(identity: identity, configuration: configuration),
            Environment(id: EnvironmentID(1), function: identity), startedAt: start,
            deadline: start.advanced(by: .seconds(3)), isColdStart: isCold)
        return Self(storage: storage)
    }
}

extension InvocationReport {
    static func of(
        _ context: InvocationContext = .made(), _ outcome: Outcome = .succeeded, took duration: Duration,
        initializing initDuration: Duration? = nil, errorType: String? = nil, isRunningOn: Bool = false
    ) -> Self {
        Self(
            context: context, outcome: outcome, duration: duration, initDuration: initDuration, errorType: errorType,
            isRunningOn: isRunningOn)
    }
}

/// Nothing but an identity.
final class Token: Sendable {}

/// An error with nothing to say.
struct Boom: Error, Equatable {}

extension QueuedEvent {
    /// An event that is due from the beginning and never too old, unless something else is said.
    static func test(
        _ id: InvocationID, of name: String = "f", payload: [UInt8] = [], at enqueuedAt: Int64 = 0, dueAt: Int64 = 0,
        expiresAt: Int64 = .max, _ change: (inout EventDetails) -> Void = { _ in }
    ) -> Self {
        var details = EventDetails()
        change(&details)
        return Self(
            id: id, functionName: name, payload: .bytes(payload), enqueuedAt: .at(enqueuedAt), dueAt: .at(dueAt),
            expiresAt: .at(expiresAt), details: details)
    }
}
