// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// What the store in memory does beyond what every store must.
@Suite struct InMemoryStoreTests {
    private static let room = QueueRoom(events: 1_000, bytes: 1_000_000)
    private static let ids = (0..<20).map { InvocationID(high: 7, low: $0) }

    private static func append(_ store: InMemoryStore, _ events: QueuedEvent..., at now: Int64 = 0) async throws {
        _ = try await store.append(events, room: room, now: .at(now))
    }

    private static func lease(_ store: InMemoryStore, at now: Int64 = 0, count: Int = 1) async throws -> [Lease] {
        try await store.lease(LeaseRequest(count: count, end: .at(now + 10)), now: .at(now)).leases
    }

    @Test("It tells the host's time, keeps values, and has nobody else to wait for")
    func traits() {
        let traits = InMemoryStore().traits
        #expect(
            traits
                == StoreTraits(timeline: .host, keepsValues: true, leaseDuration: .seconds(60), pollInterval: nil))
    }

    @Test("Its calls never suspend")
    func neverSuspends() throws {
        let simulation = Simulation(seed: 1)
        try simulation.run {
            let store = InMemoryStore()
            let steps = simulation.steps
            try await Self.append(store, .test(Self.ids[0]), .test(Self.ids[1]))
            for lease in try await Self.lease(store) {
                _ = try await store.extend([lease.token], until: .at(99), now: .at(0))
                _ = try await store.settle(Settlement(lease.token, .dead(.functionRemoved, isKept: true)), now: .at(0))
            }
            _ = try await store.rescue(now: .at(0))
            _ = try await store.cancel(Self.ids[1], now: .at(0))
            _ = try await store.condemn(functionName: "f", cause: .functionRemoved, now: .at(0))
            _ = try await store.deadLetters(matching: DeadLetterFilter(), after: nil, limit: 9)
            _ = try await store.replacePayload(ofDeadLetter: Self.ids[0], with: .bytes([1]))
            _ = try await store.redrive([Self.ids[0]], now: .at(0))
            _ = try await store.purge([Self.ids[0]])
            _ = try await store.status(of: Self.ids[0])
            _ = try await store.figures(now: .at(0))
            #expect(simulation.steps == steps)
        }
    }

    /// Calls the store when it ends, as something of a user's may.
    private final class Caller: Sendable {
        let ended: @Sendable () -> Void
        init(_ ended: @escaping @Sendable () -> Void) { self.ended = ended }
        deinit { ended() }
    }

    /// Appends an event with a payload and leases it; nothing here refers to the payload afterwards.
    private static func leaseOne(_ store: InMemoryStore, payload: consuming EventPayload) async throws -> LeaseToken? {
        let event = QueuedEvent(
            id: ids[0], functionName: "f", payload: payload, enqueuedAt: .at(0), dueAt: .at(0), expiresAt: .at(.max))
        try await append(store, event)
        return try await lease(store).first?.token
    }

    /// How an event can come to its end, by a call that has the last reference to its payload.
    enum Ending: CaseIterable {
        case completed, deadNotKept, cancelled, purged, replaced
    }

    @Test("A payload ends under no lock, whichever way its event does", arguments: Ending.allCases)
    func payloadsEnd(_ ending: Ending) async throws {
        let store = InMemoryStore()
        let ended = Mutex(false)
        let leased = try await Self.leaseOne(
            store,
            payload: .holding(
                Caller {
                    // It would trap if the lock were held.
                    #expect(store.count < 2)
                    ended.withLock { $0 = true }
                }))
        let token = try #require(leased)
        #expect(!ended.withLock { $0 })
        switch ending {
        case .completed: _ = try await store.settle(Settlement(token, .completed), now: .at(1))
        case .deadNotKept:
            let end = Settlement.End.dead(.retriesExhausted, isKept: false)
            _ = try await store.settle(Settlement(token, end), now: .at(1))
        case .cancelled:
            _ = try await store.settle(Settlement(token, .retry(at: .at(5))), now: .at(1))
            #expect(try await store.cancel(token.id, now: .at(1)) == .removed)
        case .purged, .replaced:
            let end = Settlement.End.dead(.retriesExhausted, isKept: true)
            _ = try await store.settle(Settlement(token, end), now: .at(1))
            if ending == .purged {
                #expect(try await store.purge([token.id]) == 1)
            } else {
                #expect(try await store.replacePayload(ofDeadLetter: token.id, with: .bytes([])))
            }
        }
        #expect(ended.withLock { $0 })
    }

    @Test("An event behind another of its ordering key does not count for when the next is due")
    func nextDueOfFollowers() async throws {
        let store = InMemoryStore()
        try await Self.append(
            store, .test(Self.ids[0]) { $0.orderingKey = "o" }, .test(Self.ids[1], dueAt: 50) { $0.orderingKey = "o" })
        let answer = try await store.lease(LeaseRequest(end: .at(10)), now: .at(0))
        #expect(answer.leases.count == 1)
        #expect(answer.nextDue == nil)
        let figures = try await store.figures(now: .at(0))
        #expect(figures.delayed == 1)
        #expect(try await store.figures(now: .at(50)).ready == 1)
        #expect(try await store.figures(now: .at(60)).oldestReadyAge == .nanoseconds(10))
    }

    @Test("Functions take turns with events that are too old as well")
    func turnsOfTheExpired() async throws {
        let store = InMemoryStore()
        for (index, id) in Self.ids.prefix(6).enumerated() {
            try await Self.append(store, .test(id, of: index < 4 ? "a" : "b", expiresAt: 1))
        }
        var names: [String] = []
        for _ in 0..<6 {
            let request = LeaseRequest(end: .at(99), onlyExpired: true)
            names += try await store.lease(request, now: .at(2)).leases.map(\.event.functionName)
        }
        #expect(names == ["a", "b", "a", "b", "a", "a"])
    }

    @Test("A wish to cancel outlives an attempt that is to be tried again: whoever has it next hears of it")
    func wishes() async throws {
        let store = InMemoryStore()
        try await Self.append(store, .test(Self.ids[0]))
        let first = try #require(try await Self.lease(store).first)
        #expect(try await store.cancel(first.token.id, now: .at(0)) == .requested)
        _ = try await store.settle(Settlement(first.token, .retry(at: .at(1))), now: .at(1))
        let second = try #require(try await Self.lease(store, at: 1).first)
        #expect(try await store.extend([second.token], until: .at(99), now: .at(1)) == [.cancelRequested])
        _ = try await store.settle(Settlement(second.token, .dead(.retriesExhausted, isKept: true)), now: .at(1))
        _ = try await store.redrive([first.token.id], now: .at(2))
        let third = try #require(try await Self.lease(store, at: 2).first)
        #expect(try await store.extend([third.token], until: .at(99), now: .at(2)) == [.held])
    }

    @Test("A rescued event keeps its place before those that came after it")
    func rescuedFirst() async throws {
        let store = InMemoryStore()
        try await Self.append(store, .test(Self.ids[0]), .test(Self.ids[1]), .test(Self.ids[2]))
        _ = try await Self.lease(store)
        #expect(try await store.rescue(now: .at(10)).rescued == 1)
        #expect(try await Self.lease(store, at: 10, count: 3).map(\.event.id) == Array(Self.ids.prefix(3)))
    }

    @Test("Many functions and keys that are used once leave nothing behind that is seen", arguments: [100, 2_000])
    func manyNames(count: Int) async throws {
        let store = InMemoryStore()
        for number in 0..<count as Range<Int> {
            let id = InvocationID(high: 0, low: UInt64(number))
            let event = QueuedEvent.test(id, of: "function \(number)", at: Int64(number), dueAt: Int64(number)) {
                $0.idempotencyKey = "key"
                $0.deduplication = .within(.nanoseconds(50))
                $0.orderingKey = "order"
            }
            try await Self.append(store, event, at: Int64(number))
            let lease = try #require(try await Self.lease(store, at: Int64(number)).first)
            #expect(lease.event.functionName == "function \(number)")
            #expect(try await store.settle(Settlement(lease.token, .completed), now: .at(Int64(number))))
        }
        #expect(try await store.figures(now: .at(Int64(count))) == QueueFigures())
    }
}
