// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a check has seen that it should not.
struct StoreFault: Error {
    let reason: String
}

/// A store on the bench: short words for what checks do again and again.
///
/// Events go by small numbers and times by seconds since the beginning.
final class StoreBench {
    private(set) var store: any InvocationStore
    private let reopen: ((any InvocationStore) async throws -> any InvocationStore)?

    init(store: any InvocationStore, reopen: ((any InvocationStore) async throws -> any InvocationStore)?) {
        self.store = store
        self.reopen = reopen
    }

    /// Closes the store and opens what it has kept.
    func reopenStore() async throws {
        if let reopen { store = try await reopen(store) }
    }

    // MARK: - What there is

    static let roomy = QueueRoom(events: 1_000_000, bytes: 1_000_000_000)

    /// So many seconds after the beginning.
    static func time(_ seconds: Double) -> Timestamp {
        Simulation.start.advanced(by: .milliseconds(Int64((seconds * 1_000).rounded())))
    }

    /// The id of the event with this number, as random as ids are.
    static func id(_ number: Int) -> InvocationID {
        let bits = SplitMix64.mix(UInt64(number) &+ 1)
        return InvocationID(high: bits, low: (SplitMix64.mix(bits) & ~0xF_FFFF) | UInt64(number))
    }

    /// The number of an event.
    static func number(_ id: InvocationID) -> Int { Int(id.low & 0xF_FFFF) }

    /// An event that is due at once and lives long, unless something else is said.
    static func event(
        _ number: Int, of functionName: String = "alpha", _ payload: String = "", at seconds: Double = 0,
        dueAt: Double? = nil, expiresAt: Double? = nil, _ change: (inout EventDetails) -> Void = { _ in }
    ) -> QueuedEvent {
        var details = EventDetails()
        change(&details)
        return QueuedEvent(
            id: id(number), functionName: functionName, payload: .bytes(Array(payload.utf8)),
            enqueuedAt: time(seconds), dueAt: time(dueAt ?? seconds), expiresAt: time(expiresAt ?? seconds + 1_000_000),
            details: details)
    }

    // MARK: - What is done

    @discardableResult
    func append(_ events: QueuedEvent..., room: QueueRoom = roomy, at seconds: Double = 0) async throws -> [Acceptance]
    {
        try await store.append(events, room: room, now: Self.time(seconds))
    }

    /// Appends events, one call each.
    func append(_ numbers: some Sequence<Int>, of functionName: String = "alpha", at seconds: Double = 0) async throws {
        for number in numbers {
            _ = try await store.append(
                [Self.event(number, of: functionName, at: seconds)], room: Self.roomy, now: Self.time(seconds))
        }
    }

    /// The store's error if it refuses events as there is no room.
    func isFull(_ events: QueuedEvent..., room: QueueRoom, at seconds: Double = 0) async throws -> Bool {
        do {
            _ = try await store.append(events, room: room, now: Self.time(seconds))
            return false
        } catch let error as StoreError where error.code == .full {
            return true
        }
    }

    /// Leases until a minute later, unless something else is said.
    func ask(
        at seconds: Double = 0, count: Int = 1, _ functions: LeaseRequest.Functions = .allBut([]), until: Double? = nil,
        takesSuspects: Bool = true, onlyExpired: Bool = false
    ) async throws -> LeaseAnswer {
        try await store.lease(
            LeaseRequest(
                functions: functions, count: count, end: Self.time(until ?? seconds + 60), takesSuspects: takesSuspects,
                onlyExpired: onlyExpired), now: Self.time(seconds))
    }

    /// Leases so many and expects to get them, by their numbers and in this order.
    @discardableResult
    func lease(
        _ numbers: [Int], at seconds: Double = 0, count: Int? = nil, _ functions: LeaseRequest.Functions = .allBut([]),
        until: Double? = nil, takesSuspects: Bool = true, onlyExpired: Bool = false, _ why: String = ""
    ) async throws -> [Lease] {
        let answer = try await ask(
            at: seconds, count: count ?? max(1, numbers.count), functions, until: until, takesSuspects: takesSuspects,
            onlyExpired: onlyExpired)
        try equal(answer.leases.map { Self.number($0.event.id) }, numbers, "the events leased at \(seconds) s\(why)")
        return answer.leases
    }

    /// Leases the one event there is to have.
    func leaseOne(_ number: Int, at seconds: Double = 0, until: Double? = nil) async throws -> Lease {
        guard let lease = try await lease([number], at: seconds, until: until).first else {
            throw StoreFault(reason: "nothing was leased")
        }
        return lease
    }

    @discardableResult
    func settle(
        _ lease: Lease, _ end: Settlement.End, at seconds: Double = 0, attempt: AttemptRecord? = nil,
        followUps: [QueuedEvent] = []
    ) async throws -> Bool {
        try await store.settle(
            Settlement(lease.token, end, attempt: attempt, followUps: followUps), now: Self.time(seconds))
    }

    /// Settles an event and leases another one, in one call.
    func turn(
        _ lease: Lease, _ end: Settlement.End, at seconds: Double = 0, followUps: [QueuedEvent] = [], count: Int = 1
    ) async throws -> (isSettled: Bool, numbers: [Int]) {
        let request = LeaseRequest(functions: .allBut([]), count: count, end: Self.time(seconds + 60))
        let (isSettled, answer) = try await store.settle(
            Settlement(lease.token, end, followUps: followUps), leasing: request, now: Self.time(seconds))
        return (isSettled, answer.leases.map { Self.number($0.event.id) })
    }

    /// Leases events and kills them, in this order.
    func kill(
        _ numbers: [Int], at seconds: Double = 0, _ cause: DeadLetterCause = .retriesExhausted,
        attempt: AttemptRecord? = nil
    ) async throws {
        for number in numbers {
            let lease = try await leaseOne(number, at: seconds)
            try await settle(lease, .dead(cause, isKept: true), at: seconds, attempt: attempt)
        }
    }

    func status(_ number: Int) async throws -> EventStatus? { try await store.status(of: Self.id(number)) }

    func figures(at seconds: Double = 0) async throws -> QueueFigures {
        try await store.figures(now: Self.time(seconds))
    }

    /// The numbers of the dead letters that match.
    func dead(_ filter: DeadLetterFilter = DeadLetterFilter()) async throws -> [Int] {
        try await letters(filter).map { Self.number($0.id) }
    }

    func letters(_ filter: DeadLetterFilter = DeadLetterFilter()) async throws -> [DeadLetter] {
        try await store.deadLetters(matching: filter, after: nil, limit: 1_000).letters
    }

    static func attempt(_ number: Int, message: String = "it did not work") -> AttemptRecord {
        AttemptRecord(
            number: number, startedAt: time(Double(number)), duration: .milliseconds(number), outcome: .failed,
            errorType: "HandlerError", errorMessage: message)
    }

    // MARK: - What is expected

    func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) throws {
        if !isTrue { throw StoreFault(reason: what()) }
    }

    func equal<Value: Equatable>(_ value: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
        if value != expected { throw StoreFault(reason: "\(what()): \(value), not \(expected)") }
    }
}
