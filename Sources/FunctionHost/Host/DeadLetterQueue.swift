// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The events of a host that failed for good: to look at, mend, and send again.
///
/// ```swift
/// for letter in try await host.deadLetters.list(where: .init(functionName: "charge")) { print(letter.cause) }
/// try await host.deadLetters.redrive(where: .init(cause: .retriesExhausted), perSecond: 10)
/// ```
///
/// All of it throws ``FunctionHostError`` as `queueUnavailable` if the store fails.
public struct DeadLetterQueue: Sendable {
    let host: FunctionHost

    /// The letters that match, those that died first first.
    ///
    /// - Parameters:
    ///   - filter: Which letters.
    ///   - limit: How many at most.
    public func list(where filter: DeadLetterFilter = .init(), limit: Int = 100) async throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        var cursor: DeadLetterCursor?
        while letters.count < limit {
            let page = try await page(where: filter, after: cursor, limit: limit - letters.count)
            letters += page.letters
            guard let next = page.next else { break }
            cursor = next
        }
        return letters
    }

    /// Some of the letters that match, and where the others begin.
    public func page(
        where filter: DeadLetterFilter = .init(), after cursor: DeadLetterCursor? = nil, limit: Int = 100
    ) async throws -> DeadLetterPage {
        try await host.asking { store, _ in
            try await store.deadLetters(matching: filter, after: cursor, limit: max(1, limit))
        }
    }

    /// One letter by the invocation's id; nil if it is not there.
    public func letter(_ id: InvocationID) async throws -> DeadLetter? {
        guard case .dead = try await host.status(of: id)?.state else { return nil }
        var cursor: DeadLetterCursor?
        while true {
            let page = try await page(after: cursor, limit: 500)
            if let letter = page.letters.first(where: { $0.id == id }) { return letter }
            guard let next = page.next else { return nil }
            cursor = next
        }
    }

    /// How many letters match.
    public func count(where filter: DeadLetterFilter = .init()) async throws -> Int {
        if filter == DeadLetterFilter() { return try await host.queueFigures().dead }
        var count = 0
        try await forEachPage(where: filter) { count += $0.count }
        return count
    }

    /// The encoded payload of a letter.
    ///
    /// - Throws: ``FunctionHostError`` as `payloadUnencodable` if it is a value that has no encoding.
    public func payload(of letter: DeadLetter) throws -> [UInt8] { try letter.event.payload.encoded(by: host.coder) }

    /// Gives a letter another payload, so that it may succeed when it is sent again.
    ///
    /// - Returns: false if the letter is not there.
    /// - Throws: ``FunctionHostError`` as `payloadTooLarge`.
    @discardableResult
    public func edit(_ id: InvocationID, payload: [UInt8]) async throws -> Bool {
        guard payload.count <= host.configuration.asynchronousPayloadLimit else {
            throw FunctionHostError(
                .payloadTooLarge,
                reason: "the payload has \(payload.count) bytes; for an event the limit is "
                    + "\(host.configuration.asynchronousPayloadLimit)")
        }
        return try await host.asking { store, _ in
            try await store.replacePayload(ofDeadLetter: id, with: .bytes(payload))
        }
    }

    /// Sends one letter again: its attempts and its age begin anew, everything else is kept.
    ///
    /// - Returns: false if the letter is not there.
    @discardableResult
    public func redrive(_ id: InvocationID) async throws -> Bool { try await send([id]) == 1 }

    /// Sends all letters again that match and were there when it began, those that died first first.
    ///
    /// Works in the caller's task: cancelling it stops the redrive. What was sent stays sent, the others stay where they are, and
    /// asking once more goes on with them. Events of one ordering key keep their order.
    ///
    /// - Parameters:
    ///   - filter: Which letters.
    ///   - perSecond: How many in a second at most; nil for as quickly as it goes.
    ///   - maximumCount: How many in all; nil for all of them.
    ///   - progress: Told after each portion how many have been sent.
    /// - Returns: How many were sent.
    /// - Throws: `CancellationError` if the task is cancelled.
    @discardableResult
    public func redrive(
        where filter: DeadLetterFilter = .init(), perSecond: Double? = nil, maximumCount: Int? = nil,
        progress: (@Sendable (_ sent: Int) -> Void)? = nil
    ) async throws -> Int {
        let start = host.dispatcher.now
        let pace = RedrivePace(perSecond: perSecond)
        let began = host.time.now
        var sent = 0
        var cursor: DeadLetterCursor?
        while sent < maximumCount ?? .max {
            try Task.checkCancellation()
            let limit = min(pace.portion, (maximumCount ?? .max) - sent)
            let page = try await page(where: filter, after: cursor, limit: limit)
            // What was sent in this run and has died again is not sent once more.
            let letters = page.letters.filter { $0.redriveCount == 0 || $0.event.enqueuedAt < start }
            if !letters.isEmpty {
                try await host.sleep(until: began.advanced(by: pace.time(of: sent)))
                sent += try await send(letters.map(\.id))
                progress?(sent)
            }
            guard let next = page.next else { break }
            cursor = next
        }
        return sent
    }

    /// Deletes one letter for good.
    ///
    /// - Returns: false if it is not there.
    @discardableResult
    public func purge(_ id: InvocationID) async throws -> Bool { try await delete([id]) == 1 }

    /// Deletes all letters that match, for good.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func purge(where filter: DeadLetterFilter) async throws -> Int {
        var count = 0
        try await forEachPage(where: filter) { count += try await delete($0.map(\.id)) }
        return count
    }

    // MARK: - Inside

    private func forEachPage(
        where filter: DeadLetterFilter, _ body: ([DeadLetter]) async throws -> Void
    ) async throws {
        var cursor: DeadLetterCursor?
        while true {
            let page = try await page(where: filter, after: cursor, limit: 500)
            try await body(page.letters)
            guard let next = page.next else { return }
            cursor = next
        }
    }

    private func send(_ ids: [InvocationID]) async throws -> Int {
        let sent = try await host.asking { try await $0.redrive(ids, now: $1) }
        if !sent.isEmpty {
            host.observers.emit(.queue(.redriven(ids: sent)))
            host.carryOut(host.dispatcher.arrived())
        }
        return sent.count
    }

    private func delete(_ ids: [InvocationID]) async throws -> Int {
        let count = try await host.asking { store, _ in try await store.purge(ids) }
        if count > 0 { host.dispatcher.ended() }
        return count
    }
}

extension FunctionHost {
    /// The events that failed for good.
    public var deadLetters: DeadLetterQueue { DeadLetterQueue(host: self) }

    func sleep(until time: Timestamp) async throws {
        guard self.time.now < time else { return }
        try await system.clock.sleep(until: time, tolerance: nil)
    }
}

/// How quickly dead letters are sent again: in portions, each at its time.
private struct RedrivePace {
    /// How many at a time.
    let portion: Int
    private let perSecond: Double?

    init(perSecond: Double?) {
        let rate = perSecond.map { $0 > 0 ? $0 : .leastNormalMagnitude }
        self.perSecond = rate
        // Ten portions a second, but no fewer than one letter in each.
        portion = rate.map { Int(max(1, min(500, $0 / 10))) } ?? 500
    }

    /// When the portion is due that begins after so many letters, from the beginning.
    func time(of sent: Int) -> Duration {
        guard let perSecond else { return .zero }
        return .nanoseconds(Int64(min(9e18, Double(sent) / perSecond * 1e9)))
    }
}
