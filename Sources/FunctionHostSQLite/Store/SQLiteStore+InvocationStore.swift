// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension SQLiteStore {
    /// How many dead letters one transaction looks at.
    private static let lettersAtOnce = 256

    /// Accepts events: all of them, or none.
    public func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        guard !events.isEmpty else { return [] }
        try checkBytes(events)
        return try await hand {
            .append(AppendCall(events: events, room: room, now: now, continuation: $0))
        }
    }

    /// Leases events that are due, each for one attempt; 1,024 at most.
    public func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        try await hand { .lease(LeaseCall(wish: LeaseWish(request: request, now: now), continuation: $0)) }
    }

    /// Prolongs leases; says for each whether it still holds.
    public func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        guard !tokens.isEmpty else { return [] }
        return try await hand { .extend(ExtendCall(tokens: tokens, end: end, now: now, continuation: $0)) }
    }

    /// Says how an attempt ended, and appends what follows from it.
    public func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        try checkBytes(settlement.followUps)
        return try await hand { .settle(SettleCall(settlement: settlement, now: now, continuation: $0)) }
    }

    /// Settles one event and leases others in one transaction, which saves a worker a wait for the disk.
    public func settle(
        _ settlement: Settlement, leasing request: LeaseRequest, now: Timestamp
    ) async throws -> (isSettled: Bool, answer: LeaseAnswer) {
        try checkBytes(settlement.followUps)
        return try await hand {
            .turn(
                TurnCall(
                    settlement: settlement, wish: LeaseWish(request: request, now: now), continuation: $0))
        }
    }

    /// Makes events wait again whose leases are over.
    public func rescue(now: Timestamp) async throws -> RescueAnswer {
        try await change { ledger throws(SQLiteFault) in try ledger.rescue(now: now) }
    }

    /// Takes out an event that waits; marks one that is leased.
    public func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        try await change { ledger throws(SQLiteFault) in try ledger.cancel(id, now: now) }
    }

    /// Where an event is; nil if it is gone or never was.
    public func status(of id: InvocationID) async throws -> EventStatus? {
        try await look { ledger throws(SQLiteFault) in try ledger.status(of: id) }
    }

    /// Makes dead letters of all waiting events of a function, leased ones excepted.
    public func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        try await change { ledger throws(SQLiteFault) in try ledger.condemn(functionName, cause, now: now) }
    }

    /// Dead letters, those that died first first.
    ///
    /// However many there are, no transaction looks at more than a few.
    public func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        var page = DeadLetterPage(letters: [], next: nil)
        guard limit > 0 else { return page }
        var position = cursor?.position ?? 0
        var lastGiven = position
        // One more than is wanted tells whether there is another page.
        let count = min(Self.lettersAtOnce, limit == .max ? limit : limit + 1)
        while true {
            let (start, filter) = (position, filter)
            let slice = try await look { ledger throws(SQLiteFault) in
                try ledger.letters(matching: filter, after: start, atMost: count)
            }
            for (place, letter) in slice.letters {
                if page.letters.count == limit {
                    page.next = DeadLetterCursor(position: lastGiven)
                    return page
                }
                page.letters.append(letter)
                lastGiven = place
            }
            guard let last = slice.last else { return page }
            position = last
        }
    }

    /// Gives a dead letter another payload; false if it is not there.
    public func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        guard case .bytes(let bytes) = payload else { throw StoreError.needsBytes(path) }
        return try await change { ledger throws(SQLiteFault) in
            try ledger.replacePayload(ofDeadLetter: id, with: bytes)
        }
    }

    /// Sends dead letters again, in the order given.
    public func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        try await change { ledger throws(SQLiteFault) in try ledger.redrive(ids, now: now) }
    }

    /// Deletes dead letters for good.
    public func purge(_ ids: [InvocationID]) async throws -> Int {
        try await change { ledger throws(SQLiteFault) in try ledger.purge(ids) }
    }

    /// How much there is.
    public func figures(now: Timestamp) async throws -> QueueFigures {
        try await look { ledger throws(SQLiteFault) in try ledger.figures(now: now) }
    }

    // MARK: - Handing in

    func change<Answer: Sendable>(
        _ body: @escaping @Sendable (Ledger) throws(SQLiteFault) -> Answer
    ) async throws -> Answer {
        try await hand { .other(Other(changes: true, body: body, continuation: $0)) }
    }

    func look<Answer: Sendable>(
        _ body: @escaping @Sendable (Ledger) throws(SQLiteFault) -> Answer
    ) async throws -> Answer {
        try await hand { .other(Other(changes: false, body: body, continuation: $0)) }
    }

    private func checkBytes(_ events: [QueuedEvent]) throws {
        for event in events {
            if case .value = event.payload { throw StoreError.needsBytes(path) }
        }
    }
}

extension StoreError {
    static func needsBytes(_ path: String) -> Self {
        Self(.needsBytes, reason: "\(path) keeps bytes, and a payload is a value; encode it first")
    }
}
