// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct SimulatedDiskTests {
    private static let room = QueueRoom(events: 100, bytes: 100)

    @Test(
        "The store on a simulated disk keeps every rule, whether its calls take time or not",
        arguments: StoreConformance.Check.allCases + StoreConformance.Check.durable)
    func conforms(_ check: StoreConformance.Check) async throws {
        @Sendable func run() async throws {
            try await check.run(on: { SimulatedDiskStore(SimulatedDisk()) }) { store in
                store.close()
                return SimulatedDiskStore(store.disk)
            }
        }
        try await run()
        for seed in 0..<8 { try Simulation(seed: seed).run { try await run() } }
    }

    @Test("It says what a durable store says")
    func traits() {
        let store = SimulatedDiskStore(SimulatedDisk(), pollInterval: .milliseconds(500))
        #expect(
            store.traits
                == StoreTraits(
                    timeline: .calendar, keepsValues: false, leaseDuration: .seconds(6),
                    pollInterval: .milliseconds(500)))
        #expect(SimulatedDiskStore(SimulatedDisk()).traits.pollInterval == nil)
    }

    @Test("A store that was closed answers no more, and the disk is as it was")
    func closed() async throws {
        let disk = SimulatedDisk()
        let store = SimulatedDiskStore(disk)
        _ = try await store.append([.numbered(1)], room: Self.room, now: Simulation.start)
        store.close()
        let error = await #expect(throws: StoreError.self) { try await store.figures(now: Simulation.start) }
        #expect(error?.code == .closed)
        await #expect(throws: StoreError.self) { try await store.rescue(now: Simulation.start) }
        #expect(disk.figures(now: Simulation.start).ready == 1)
        #expect(disk.status(of: .numbered(1))?.functionName == "f")
        #expect(disk.commitCount == 1)
    }

    @Test("A call waits before it does anything, and again before it answers", .simulated(seeds: 0..<50))
    func waits() async throws {
        let simulation = try #require(Simulation.current)
        let disk = SimulatedDisk()
        let store = SimulatedDiskStore(disk, latency: .seconds(2))
        let began = simulation.now
        _ = try await store.append([.numbered(1)], room: Self.room, now: simulation.now)
        #expect((.zero)...(.seconds(4)) ~= began.duration(to: simulation.now))
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { _ = try await store.cancel(.numbered(1), now: simulation.now) }
            group.addTask {
                try await simulation.advance(by: .seconds(5))
                #expect(disk.status(of: .numbered(1)) == nil)
            }
        }
    }

    @Test("Several programs may share a disk")
    func shared() async throws {
        let disk = SimulatedDisk()
        let (one, other) = (SimulatedDiskStore(disk), SimulatedDiskStore(disk))
        _ = try await one.append([.numbered(1)], room: Self.room, now: Simulation.start)
        let request = LeaseRequest(end: Simulation.start.advanced(by: .seconds(6)))
        #expect(try await other.lease(request, now: Simulation.start).leases.count == 1)
        #expect(try await one.lease(request, now: Simulation.start).leases.isEmpty)
    }
}

extension InvocationID {
    static func numbered(_ number: Int) -> Self {
        Self(high: SplitMix64.mix(UInt64(number)), low: (SplitMix64.mix(UInt64(number)) & ~0xF_FFFF) | UInt64(number))
    }

    /// The number that it was made with.
    var number: Int { Int(low & 0xF_FFFF) }
}

extension QueuedEvent {
    /// An event that is due at once and never too old.
    static func numbered(_ number: Int, at time: Timestamp = Simulation.start) -> Self {
        Self(
            id: .numbered(number), functionName: "f", payload: .bytes([]), enqueuedAt: time, dueAt: time,
            expiresAt: .distantFuture)
    }
}
