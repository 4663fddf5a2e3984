// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct EndingTests {
    let directory = TemporaryDirectory()

    private func attempt(_ number: Int, _ message: String? = nil) -> AttemptRecord {
        AttemptRecord(
            number: number, startedAt: .second(Double(number)), duration: .milliseconds(7), outcome: .failed,
            errorType: "Refused", errorMessage: message)
    }

    @Test("An attempt that failed counts, one that was interrupted does not")
    func attempts() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        var lease = try #require(try await store.lease().leases.first)
        try await store.settle(lease, .retry(at: .second(10)), attempt: attempt(1, "no\u{0} \"answer\""), at: 1)
        #expect(try await store.status(of: .number(1))?.state == .waiting(dueAt: .second(10)))
        lease = try #require(try await store.lease(at: 10).leases.first)
        #expect(lease.attempt == 2)
        #expect(lease.history == [attempt(1, "no\u{0} \"answer\"")])
        try await store.settle(lease, .released(at: .second(11)), at: 10)
        #expect(try await store.status(of: .number(1))?.attempts == 1)
        lease = try #require(try await store.lease(at: 11).leases.first)
        #expect(lease.attempt == 2)
        try await store.settle(lease, .dead(.retriesExhausted, isKept: true), attempt: attempt(2), at: 12)
        #expect(try await store.status(of: .number(1))?.state == .dead(.retriesExhausted))
        let letter = try #require(try await store.deadLetters(matching: .init(), after: nil, limit: 5).letters.first)
        #expect(letter.history == [attempt(1, "no\u{0} \"answer\""), attempt(2)])
        #expect(letter.attempts == 2)
        #expect(letter.diedAt == .second(12))
    }

    @Test("A long history loses its middle")
    func longHistory() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        for number in 1...60 {
            let lease = try #require(try await store.lease().leases.first)
            try await store.settle(
                lease, .retry(at: .second(0)), attempt: attempt(number, String(repeating: "e", count: 500)))
        }
        let history = try #require(try await store.lease().leases.first).history
        #expect(history.count == 50)
        #expect(history.first?.number == 1 && history.last?.number == 60)
    }

    @Test("What follows from an end is there if and only if the end is, and needs no room")
    func followUps() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        let lease = try #require(try await store.lease().leases.first)
        let stranger = Settlement(
            LeaseToken(id: .number(1), fence: 0), .completed, followUps: [.event(2, of: "next")])
        #expect(try await store.settle(stranger, now: .second(0)) == false)
        #expect(try await store.figures(now: .second(0)).total == 1)
        #expect(try await store.settle(lease, .completed, followUps: [.event(2, of: "next"), .event(3, of: "next")]))
        #expect(try await store.lease(9).leases.map(\.event.functionName) == ["next", "next"])
        // Told twice, it happens once.
        #expect(try await store.settle(lease, .completed, followUps: [.event(4)]) == false)
        #expect(try await store.status(of: .number(4)) == nil)
    }

    @Test("A dead letter that is not kept is gone")
    func notKept() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1, payload: String(repeating: "x", count: 3_000)))
        let lease = try #require(try await store.lease().leases.first)
        try await store.settle(lease, .dead(.retriesExhausted, isKept: false), followUps: [.event(2)])
        #expect(try await store.figures(now: .second(0)).dead == 0)
        #expect(RawConnection(directory.file()).rows("SELECT count(*) FROM payloads") == [["0"]])
    }

    @Test("What waits can be taken out; what is leased is marked; what is dead or gone is not found")
    func cancel() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1), .event(2, due: 50), .event(3))
        #expect(try await store.cancel(.number(2), now: .second(0)) == .removed)
        #expect(try await store.cancel(.number(2), now: .second(0)) == .notFound)
        let lease = try #require(try await store.lease().leases.first)
        #expect(try await store.cancel(.number(1), now: .second(0)) == .requested)
        try await store.settle(lease, .dead(.retriesExhausted, isKept: true))
        #expect(try await store.cancel(.number(1), now: .second(0)) == .notFound)
        #expect(try await store.integrityCheck() == [])
    }

    @Test("A function's waiting events become dead letters, leased ones and others' excepted")
    func condemn() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(
            .event(1), .event(2, due: 50), .event(3) { $0.orderingKey = "k" }, .event(4) { $0.orderingKey = "k" },
            .event(5, of: "other"), .event(6) { $0.priority = .lowest })
        let first = try #require(try await store.lease(1, of: .only("send")).leases.first)
        #expect(first.event.id == .number(1))
        #expect(try await store.condemn(functionName: "send", cause: .functionRemoved, now: .second(1)) == 4)
        #expect(try await store.condemn(functionName: "nobody", cause: .functionRemoved, now: .second(1)) == 0)
        let letters = try await store.deadLetters(matching: .init(), after: nil, limit: 9).letters
        #expect(letters.map(\.id) == [2, 3, 4, 6].map { .number($0) })
        #expect(letters.allSatisfy { $0.cause == .functionRemoved && $0.attempts == 0 })
        let figures = try await store.figures(now: .second(1))
        #expect(figures.leased == 1 && figures.ready == 1 && figures.dead == 4 && figures.delayed == 0)
        #expect(try await store.integrityCheck() == [])
    }

    @Test("The figures say where everything is, and for how long")
    func figures() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(
            .event(1, payload: "12"), .event(2, at: 1, due: 20), .event(3, at: 2, due: 90),
            .event(4, at: 3) { $0.orderingKey = "k" }, .event(5, at: 4) { $0.orderingKey = "k" },
            .event(6, at: 5, due: 95) { $0.orderingKey = "k" }, at: 5)
        let lease = try #require(try await store.lease(at: 5).leases.first)
        var figures = try await store.figures(now: .second(30))
        #expect(figures.ready == 3 && figures.delayed == 2 && figures.leased == 1 && figures.dead == 0)
        #expect(figures.bytes == 12)
        #expect(figures.oldestReadyAge == .seconds(27))
        try await store.settle(lease, .dead(.retriesExhausted, isKept: true), at: 31)
        figures = try await store.figures(now: .second(100))
        #expect(figures.ready == 5 && figures.delayed == 0 && figures.dead == 1)
        #expect(figures.oldestDeadAge == .seconds(69))
        #expect(figures.total == 6 && figures.active == 5)
    }
}
