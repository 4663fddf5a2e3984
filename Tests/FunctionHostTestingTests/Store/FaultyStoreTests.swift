// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite struct FaultyStoreTests {
    private static let room = QueueRoom(events: 100, bytes: 100)
    private static let start = Simulation.start

    private static func event(_ number: UInt64) -> QueuedEvent {
        QueuedEvent(
            id: InvocationID(high: 0, low: number), functionName: "f", payload: .bytes([1]), enqueuedAt: start,
            dueAt: start, expiresAt: .distantFuture)
    }

    /// Appends an event, leases and completes it; again whatever fails, as long as it fails for a while only.
    private static func work(_ store: some InvocationStore) async throws {
        try await again { _ = try await store.append([event(1)], room: room, now: start) }
        let lease = try await again { () async throws -> Lease? in
            // A lease whose answer was lost is over at some time.
            _ = try await store.rescue(now: start.advanced(by: .seconds(60)))
            return try await store.lease(LeaseRequest(end: start.advanced(by: .seconds(60))), now: start).leases.first
        }
        guard let lease else { return }
        try await again { _ = try await store.settle(Settlement(lease.token, .completed), now: start) }
    }

    @discardableResult
    private static func again<Result>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do { return try await body() } catch let error as StoreError where error.isPassing {}
        }
    }

    @Test("With no faults it is the store that it wraps", arguments: StoreConformance.Check.allCases)
    func faultless(_ check: StoreConformance.Check) async throws {
        try await check.run { FaultyStore(InMemoryStore()) }
    }

    @Test("A call fails before its work, or after it", arguments: FaultyStore.Moment.allCases)
    func moments(_ moment: FaultyStore.Moment) async throws {
        let inner = InMemoryStore()
        let store = FaultyStore(inner, failingCall: 1, moment)
        let error = await #expect(throws: StoreError.self) {
            try await store.append([Self.event(1)], room: Self.room, now: Self.start)
        }
        #expect(error?.code == .inputOutput)
        #expect(error?.isPassing == true)
        #expect(try await inner.figures(now: Self.start).total == (moment == .before ? 0 : 1))
        #expect(try await store.append([Self.event(1)], room: Self.room, now: Self.start) == [.accepted])
        #expect(store.callCount == 2)
        #expect(store.faultCount == 1)
    }

    @Test("Each call fails once, until a run without a fault", arguments: FaultyStore.Moment.allCases)
    func oneAfterTheOther(_ moment: FaultyStore.Moment) async throws {
        var runs = 0
        for call in 1... {
            let inner = InMemoryStore()
            let store = FaultyStore(inner, failingCall: call, moment)
            try await Self.work(store)
            #expect(try await inner.figures(now: Self.start).total == 0, "call \(call) failed \(moment) its work")
            runs += 1
            if store.faultCount == 0 { break }
        }
        #expect(runs == 5)
    }

    @Test("Only the calls that are named fail, and are counted")
    func onlySome() async throws {
        let store = FaultyStore(InMemoryStore(), failingBefore: 1, calls: [.settle, .lease])
        _ = try await store.append([Self.event(1)], room: Self.room, now: Self.start)
        _ = try await store.figures(now: Self.start)
        await #expect(throws: StoreError.self) {
            try await store.lease(LeaseRequest(end: Self.start), now: Self.start)
        }
        #expect(store.callCount == 1)
        store.stopFailing()
        #expect(try await store.lease(LeaseRequest(end: Self.start), now: Self.start).leases.count == 1)
        #expect(store.faultCount == 1)
    }

    @Test("Faults by lot happen about as often as they should, in a simulation and outside", arguments: [true, false])
    func byLot(isSimulated: Bool) async throws {
        let counts = Mutex((before: 0, after: 0))
        let body: @Sendable () async throws -> Void = {
            let inner = InMemoryStore()
            let store = FaultyStore(inner, failingBefore: 0.2, failingAfter: 0.5)
            for number in 0..<1_000 as Range<UInt64> {
                let room = QueueRoom(events: .max, bytes: .max)
                _ = try? await store.append([Self.event(number)], room: room, now: Self.start)
            }
            let there = try await inner.figures(now: Self.start).total
            counts.withLock { $0 = (1_000 - there, store.faultCount - (1_000 - there)) }
        }
        if isSimulated { try Simulation(seed: 1).run(body) } else { try await body() }
        let (before, after) = counts.withLock { $0 }
        #expect((150...250).contains(before))
        #expect((330...470).contains(after))
    }

    @Test("Slow calls take virtual time, in a task that is cancelled too", .simulated(seeds: 0..<20))
    func slow() async throws {
        let simulation = try #require(Simulation.current)
        let store = FaultyStore(InMemoryStore(), delaying: 1, delay: .seconds(10))
        let task = try await withThrowingTaskGroup(of: [Acceptance].self) { group in
            group.addTask { try await store.append([Self.event(1)], room: Self.room, now: Self.start) }
            group.cancelAll()
            return try await group.next()
        }
        #expect(task == [.accepted])
        #expect(Simulation.start.duration(to: simulation.now) <= .seconds(10))
        #expect(simulation.now > Simulation.start)
    }

    @Test("The same seed gives the same faults")
    func determinism() throws {
        func faults(_ seed: Int) throws -> (Int, UInt64) {
            let simulation = Simulation(seed: seed)
            let count = try simulation.run {
                let store = FaultyStore(InMemoryStore(), failingBefore: 0.2, failingAfter: 0.2, delaying: 0.5)
                for _ in 0..<20 { try await Self.work(store) }
                return store.faultCount
            }
            return (count, simulation.digest)
        }
        #expect(try faults(3) == faults(3))
        #expect(try faults(3).1 != faults(4).1)
    }
}
