// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite

extension Timestamp {
    /// So many seconds after the beginning of a test.
    static func second(_ number: Double) -> Self {
        Self(nanoseconds: 1_800_000_000_000_000_000 + Int64(number * 1e9))
    }
}

extension InvocationID {
    /// A test's own ids, told apart by number.
    static func number(_ number: Int) -> Self {
        Self(high: SplitMix64.mix(UInt64(number)), low: SplitMix64.mix(~UInt64(number)))
    }
}

extension QueuedEvent {
    /// An event that is due when it comes.
    static func event(
        _ number: Int, of function: String = "send", payload: String = "{}", at second: Double = 0,
        due: Double? = nil, expires: Double = 21_600, _ change: (inout EventDetails) -> Void = { _ in }
    ) -> Self {
        var details = EventDetails()
        change(&details)
        return Self(
            id: .number(number), functionName: function, payload: .bytes(Array(payload.utf8)),
            enqueuedAt: .second(second), dueAt: .second(due ?? second), expiresAt: .second(second + expires),
            details: details)
    }
}

extension SQLiteStore {
    /// Appends events where there is room for them.
    @discardableResult
    func append(_ events: QueuedEvent..., at second: Double = 0) async throws -> [Acceptance] {
        try await append(events, room: QueueRoom(events: 1_000_000, bytes: 1 << 40), now: .second(second))
    }

    /// Appends many events at once.
    func append(all events: [QueuedEvent]) async throws {
        _ = try await append(events, room: QueueRoom(events: .max, bytes: .max), now: .second(0))
    }

    /// Leases for six seconds.
    func lease(
        _ count: Int = 1, of functions: LeaseRequest.Functions = .allBut([]), at second: Double = 0,
        suspects: Bool = true, expired: Bool = false
    ) async throws -> LeaseAnswer {
        try await lease(
            LeaseRequest(
                functions: functions, count: count, end: .second(second + 6), takesSuspects: suspects,
                onlyExpired: expired), now: .second(second))
    }

    @discardableResult
    func settle(
        _ lease: Lease, _ end: Settlement.End, attempt: AttemptRecord? = nil, followUps: [QueuedEvent] = [],
        at second: Double = 0
    ) async throws -> Bool {
        try await settle(
            Settlement(lease.token, end, attempt: attempt, followUps: followUps), now: .second(second))
    }
}

extension EventPayload {
    var text: String? {
        if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}

extension SQLiteStore.Configuration {
    /// Waits for a lock for as long as a machine may take that has other things to do.
    static var patient: Self {
        var configuration = Self()
        configuration.busyTimeout = .seconds(86_400)
        return configuration
    }
}
