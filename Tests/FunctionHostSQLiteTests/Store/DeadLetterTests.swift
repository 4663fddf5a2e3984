// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct DeadLetterTests {
    let directory = TemporaryDirectory()

    /// A store with dead letters, each a second after the one before.
    private func store(with events: [QueuedEvent]) async throws -> SQLiteStore {
        let store = try SQLiteStore(path: directory.file())
        for (second, event) in events.enumerated() {
            try await store.append(event)
            let lease = try #require(try await store.lease().leases.first)
            let attempt = AttemptRecord(
                number: 1, startedAt: .second(0), duration: .zero, outcome: .failed, errorType: "Refused",
                errorMessage: "by \(event.functionName)")
            try await store.settle(lease, .dead(.retriesExhausted, isKept: true), attempt: attempt, at: Double(second))
        }
        return store
    }

    private func ids(_ store: SQLiteStore, _ filter: DeadLetterFilter) async throws -> [InvocationID] {
        try await store.deadLetters(matching: filter, after: nil, limit: 100).letters.map(\.id)
    }

    @Test("Pages follow one another, and stay where they are when letters come and go", arguments: [1, 2, 3, 7, 100])
    func pages(limit: Int) async throws {
        let store = try await store(with: (0..<7).map { .event($0) })
        var found: [InvocationID] = []
        var cursor: DeadLetterCursor?
        repeat {
            let page = try await store.deadLetters(matching: .init(), after: cursor, limit: limit)
            #expect(page.letters.count <= limit)
            found += page.letters.map(\.id)
            cursor = page.next
            // One that was given already goes, which moves nothing.
            if let first = found.first, found.count == limit { #expect(try await store.purge([first]) == 1) }
        } while cursor != nil
        #expect(found == (0..<7).map { .number($0) })
        #expect(try await store.deadLetters(matching: .init(), after: nil, limit: 0).letters.isEmpty)
    }

    @Test("More letters than one transaction looks at are searched to the end")
    func many() async throws {
        let store = try SQLiteStore(path: directory.file())
        let events = (0..<1_000).map { QueuedEvent.event($0, payload: $0 % 100 == 99 ? "needle" : "hay") }
        try await store.append(all: events)
        #expect(try await store.condemn(functionName: "send", cause: .functionRemoved, now: .second(0)) == 1_000)
        let page = try await store.deadLetters(matching: .init(text: "needle"), after: nil, limit: 9)
        #expect(page.letters.map(\.id) == (0..<9).map { .number($0 * 100 + 99) })
        let rest = try await store.deadLetters(matching: .init(text: "needle"), after: page.next, limit: 9)
        #expect(rest.letters.map(\.id) == [.number(999)])
        #expect(rest.next == nil)
    }

    @Test("A filter chooses by function, cause, time, tags and text")
    func filters() async throws {
        let store = try await store(with: [
            .event(0, payload: #"{"to":"Ada"}"#),
            .event(1, of: "bill") { $0.tags = ["customer": "7", "plan": "free"] },
            .event(2, payload: #"{"to":"Grace"}"#) { $0.tags = ["customer": "8"] },
        ])
        #expect(try await ids(store, .init(functionName: "bill")) == [.number(1)])
        #expect(try await ids(store, .init(functionName: "nobody")) == [])
        #expect(try await ids(store, .init(cause: .retriesExhausted)).count == 3)
        #expect(try await ids(store, .init(cause: .processEnded)) == [])
        #expect(try await ids(store, .init(diedSince: .second(1))) == [.number(1), .number(2)])
        #expect(try await ids(store, .init(diedBefore: .second(1))) == [.number(0)])
        #expect(try await ids(store, .init(functionName: "send", diedSince: .second(1))) == [.number(2)])
        #expect(try await ids(store, .init(tags: ["customer": "7"])) == [.number(1)])
        #expect(try await ids(store, .init(tags: ["customer": "7", "plan": "paid"])) == [])
        #expect(try await ids(store, .init(text: "Grace")) == [.number(2)])
        #expect(try await ids(store, .init(text: "by bill")) == [.number(1)])
    }

    @Test("A payload is mended, small or large", arguments: [10, 5_000], [20, 6_000])
    func mended(before: Int, after: Int) async throws {
        let store = try await store(with: [.event(0, payload: String(repeating: "a", count: before))])
        let payload = [UInt8](repeating: UInt8(ascii: "b"), count: after)
        #expect(try await store.replacePayload(ofDeadLetter: .number(0), with: .bytes(payload)))
        #expect(try await store.figures(now: .second(0)).bytes == after)
        #expect(try await store.redrive([.number(0)], now: .second(9)) == [.number(0)])
        #expect(try await store.replacePayload(ofDeadLetter: .number(0), with: .bytes([])) == false)
        let lease = try #require(try await store.lease(at: 9).leases.first)
        #expect(lease.event.payload.text == String(decoding: payload, as: UTF8.self))
        #expect(try await store.settle(lease, .completed))
        #expect(RawConnection(directory.file()).rows("SELECT count(*) FROM payloads") == [["0"]])
        #expect(try await store.integrityCheck() == [])
    }

    @Test("Letters are sent again in the order given, as if they had just come, and keep what else they had")
    func redriven() async throws {
        let store = try await store(with: (0..<3).map { .event($0) { $0.tags = ["a": "b"] } })
        try await store.append(.event(9, at: 50), at: 50)
        let given = [2, 7, 0, 9, 2].map { InvocationID.number($0) }
        #expect(try await store.redrive(given, now: .second(50)) == [.number(2), .number(0)])
        let leases = try await store.lease(9, at: 50).leases
        #expect(leases.map(\.event.id) == [.number(9), .number(2), .number(0)])
        let again = leases[1]
        #expect(again.attempt == 1 && again.deaths == 0)
        #expect(again.event.enqueuedAt == .second(50) && again.event.expiresAt == .second(50 + 21_600))
        #expect(again.event.details.redriveCount == 1 && again.event.details.tags == ["a": "b"])
        #expect(again.history.count == 1)
        #expect(try await store.figures(now: .second(50)).dead == 1)
    }

    @Test("Letters are deleted for good, and nothing else is")
    func purged() async throws {
        let store = try await store(with: (0..<3).map { .event($0) })
        try await store.append(.event(9))
        #expect(try await store.purge([.number(1), .number(1), .number(9), .number(77)]) == 1)
        #expect(try await ids(store, .init()) == [.number(0), .number(2)])
        #expect(try await store.status(of: .number(9)) != nil)
        #expect(try await store.integrityCheck() == [])
    }
}
