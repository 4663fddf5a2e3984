// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

@Suite struct LeasingTests {
    let directory = TemporaryDirectory()

    private func leased(_ store: SQLiteStore, _ count: Int, at second: Double = 0) async throws -> [Int] {
        try await store.lease(count, at: second).leases.map { lease in
            (0..<10_000).first { .number($0) == lease.event.id } ?? -1
        }
    }

    @Test("What is due earlier goes first, and of the same time what came first")
    func order() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1, due: 3), .event(2, due: 1), .event(3, due: 2), .event(4, due: 1), at: 5)
        #expect(try await leased(store, 9, at: 5) == [2, 4, 3, 1])
    }

    @Test("Priority goes before time, by a minute for each level and no more")
    func priority() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(
            .event(1, at: 0) { $0.priority = .low }, .event(2, at: 30), .event(3, at: 59) { $0.priority = .high },
            .event(4, at: 119) { $0.priority = .highest }, .event(5, at: 61), at: 200)
        #expect(try await leased(store, 9, at: 200) == [3, 4, 2, 1, 5])
    }

    @Test("Functions take turns, in one claim and from one to the next")
    func turns() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 0..<100 { try await store.append(.event(number, of: "busy")) }
        for number in 100..<103 { try await store.append(.event(number, of: "quiet")) }
        try await store.append(.event(103, of: "single"))
        #expect(try await leased(store, 3).sorted() == [0, 100, 103])
        var one: [Int] = []
        for _ in 0..<4 { one += try await leased(store, 1) }
        #expect(one.sorted() == [1, 2, 101, 102])
        #expect(try await leased(store, 50).count == 50)
    }

    @Test("Of many functions each has its turn before one has two")
    func manyFunctions() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 0..<60 { try await store.append(.event(number, of: "f\(number % 20)")) }
        for _ in 0..<3 {
            var functions: Set<String> = []
            for _ in 0..<4 {
                for lease in try await store.lease(5).leases { functions.insert(lease.event.functionName) }
            }
            #expect(functions.count == 20)
        }
    }

    @Test("A request is for one function, or for all but some")
    func filters() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(
            .event(1, of: "a"), .event(2, of: "b"), .event(3, of: "c"), .event(4, of: "b", due: 100),
            .event(5, of: "a", due: 50))
        let unknown = try await store.lease(9, of: .only("z"))
        #expect(unknown.leases.isEmpty && !unknown.hasMore && unknown.nextDue == nil)
        let most = try await store.lease(1, of: .allBut(["a", "z"]))
        #expect(most.hasMore)
        #expect(most.nextDue == .second(100))
        let second = try await store.lease(9, of: .allBut(["a"]))
        #expect(Set((most.leases + second.leases).map(\.event.functionName)) == ["b", "c"])
        #expect(!second.hasMore)
        let one = try await store.lease(9, of: .only("a"))
        #expect(one.leases.map(\.event.id) == [.number(1)])
        #expect(one.nextDue == .second(50))
        #expect(try await store.lease(9).nextDue == .second(50))
    }

    @Test("An event that waits for a time is not lent before it")
    func delayed() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1, due: 10), .event(2, due: 20))
        let early = try await store.lease(9, at: 9.999)
        #expect(early.leases.isEmpty && !early.hasMore && early.nextDue == .second(10))
        let later = try await store.lease(9, at: 10)
        #expect(later.leases.map(\.event.id) == [.number(1)])
        #expect(later.nextDue == .second(20))
        // A clock that was set back makes nothing due that was not.
        #expect(try await store.lease(9, at: 25).leases.count == 1)
    }

    @Test("Of events with the same ordering key only the first is lent, until it has ended")
    func orderingKey() async throws {
        let store = try SQLiteStore(path: directory.file())
        for number in 1...3 { try await store.append(.event(number) { $0.orderingKey = "order-7" }) }
        try await store.append(
            .event(4) { $0.orderingKey = "order-8" }, .event(5, of: "other") { $0.orderingKey = "order-7" }, .event(6))
        let first = try await store.lease(9).leases
        #expect(Set(first.map(\.event.id)) == [.number(1), .number(4), .number(5), .number(6)])
        #expect(try await store.figures(now: .second(0)).ready == 2)
        let one = try #require(first.first { $0.event.id == .number(1) })
        try await store.settle(one, .retry(at: .second(30)))
        #expect(try await store.lease(9, at: 1).leases.isEmpty)
        let again = try #require(try await store.lease(9, at: 30).leases.first)
        #expect(again.event.id == .number(1))
        #expect(again.event.details.orderingKey == "order-7")
        try await store.settle(again, .dead(.retriesExhausted, isKept: true), at: 31)
        let two = try #require(try await store.lease(9, at: 31).leases.first)
        #expect(two.event.id == .number(2))
        #expect(try await store.cancel(.number(3), now: .second(32)) == .removed)
        try await store.settle(two, .completed, at: 33)
        #expect(try await store.redrive([.number(1)], now: .second(34)) == [.number(1)])
        #expect(try await store.lease(9, at: 34).leases.map(\.event.id) == [.number(1)])
        #expect(try await store.integrityCheck() == [])
    }

    @Test("Events that a process died of are left to who takes suspects")
    func suspects() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1), .event(2, due: 1))
        _ = try await store.lease()
        #expect(try await store.rescue(now: .second(6)).rescued == 1)
        let careful = try await store.lease(9, at: 6, suspects: false)
        #expect(careful.leases.map(\.event.id) == [.number(2)])
        #expect(!careful.hasMore)
        let suspect = try #require(try await store.lease(9, at: 6).leases.first)
        #expect(suspect.event.id == .number(1))
        #expect(suspect.deaths == 1)
    }

    @Test("What is too old is found, due or not, by its function's rule or by its own time")
    func expired() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(
            .event(1, at: 0, expires: 100), .event(2, at: 50, expires: 100), .event(3, at: 0, expires: 30),
            .event(4, at: 0, due: 500, expires: 90), .event(5, of: "other", at: 0, expires: 40), at: 50)
        let thirty = try await store.lease(9, at: 29, expired: true)
        #expect(thirty.leases.isEmpty && !thirty.hasMore)
        let one = try await store.lease(1, at: 95, expired: true)
        #expect(one.hasMore)
        let some = try await store.lease(9, at: 95, expired: true)
        #expect(Set((one.leases + some.leases).map(\.event.id)) == [.number(3), .number(4), .number(5)])
        #expect(!some.hasMore)
        let rest = try await store.lease(9, of: .only("send"), at: 150, expired: true)
        #expect(rest.leases.map(\.event.id) == [.number(1), .number(2)])
        #expect(try await store.integrityCheck() == [])
    }

    @Test("What was tried again grows old by its own time")
    func expiredRetry() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1, expires: 100))
        let lease = try #require(try await store.lease().leases.first)
        try await store.settle(lease, .retry(at: .second(500)), at: 10)
        #expect(try await store.lease(9, at: 99, expired: true).leases.isEmpty)
        let old = try #require(try await store.lease(9, at: 100, expired: true).leases.first)
        #expect(old.attempt == 2)
        // Its process dies too: it waits for its time again, and is still too old.
        #expect(try await store.rescue(now: .second(106)).rescued == 1)
        #expect(try await store.figures(now: .second(106)).delayed == 1)
        #expect(try await store.lease(9, at: 106, expired: true).leases.count == 1)
    }

    @Test("A prolonged lease holds, is never shortened, and tells of a wish to cancel")
    func extend() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        let lease = try #require(try await store.lease().leases.first)
        let stranger = LeaseToken(id: .number(1), fence: lease.token.fence + 1)
        #expect(
            try await store.extend([lease.token, stranger], until: .second(20), now: .second(3)) == [.held, .lost])
        #expect(try await store.extend([lease.token], until: .second(10), now: .second(4)) == [.held])
        #expect(try await store.rescue(now: .second(19)).nextEnd == .second(20))
        #expect(try await store.cancel(.number(1), now: .second(5)) == .requested)
        let unhinted = LeaseToken(id: .number(1), fence: lease.token.fence)
        #expect(try await store.extend([unhinted], until: .second(20), now: .second(6)) == [.cancelRequested])
        #expect(try await store.settle(lease, .cancelled))
        #expect(try await store.extend([lease.token], until: .second(30), now: .second(7)) == [.lost])
    }

    @Test("A claim lends no more than it should, and says that there is more")
    func claimLimit() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await store.append(all: (0..<1_500).map { .event($0) })
        let some = try await store.lease(.max)
        #expect(some.leases.count == 1_024)
        #expect(some.hasMore)
        #expect(try await store.lease(.max).leases.count == 476)
    }
}
