// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct SimulatedTimeTests {
    @Test("A week passes in as many steps as things happen in it", .simulated(seeds: 0..<20))
    func week() async throws {
        let simulation = try #require(Simulation.current)
        let ticks = Cell(0)
        await withDiscardingTaskGroup { group in
            group.addTask {
                for _ in 0..<168 {
                    // Nothing cancels it here.
                    try? await simulation.advance(by: .seconds(3_600))
                    ticks.value += 1
                }
            }
        }
        #expect(ticks.value == 168)
        #expect(Simulation.start.duration(to: simulation.now) == .seconds(168 * 3_600))
        #expect(simulation.steps < 2_000)
    }

    @Test("drain() returns when nothing else is to happen, however far away it was", .simulated(seeds: 0..<100))
    func drain() async throws {
        let simulation = try #require(Simulation.current)
        let done = Gauge("sleepers")
        await withDiscardingTaskGroup { group in
            for days in 0..<3 {
                group.addTask {
                    try? await simulation.advance(by: .seconds(86_400 * days))
                    done.enter()
                }
            }
            await simulation.drain()
            #expect(done.entries == 3)
        }
    }

    @Test("Sleepers wake in the order of their times, cancelled ones at once", .simulated(seeds: 0..<200))
    func order() async throws {
        let simulation = try #require(Simulation.current)
        let woken = Log<Int>()
        await withTaskGroup(of: Void.self) { group in
            for number in [3, 1, 2] {
                group.addTask {
                    // Further apart than a machine is slow.
                    guard (try? await simulation.advance(by: .seconds(number))) != nil else { return }
                    woken.append(number)
                }
            }
            try? await simulation.advance(by: .milliseconds(2_500))
            group.cancelAll()
        }
        #expect(woken.entries == [1, 2])
        #expect(Simulation.start.duration(to: simulation.now) < .seconds(3))
    }

    @Test("The wall clock can be set without moving any deadline", .simulated(seeds: 0..<20))
    func wallClock() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated)
        let work = try host.register("work", configuration: .init(timeout: .seconds(3))) { (_: Void, context) in
            simulation.stepWallClock(by: .seconds(3_600))
            try await context.sleep(for: .seconds(1))
            simulation.stepWallClock(by: .seconds(-7_200))
            try await context.sleep(for: .seconds(1))
        }
        try await host.invoke(work)
        #expect(Simulation.start.duration(to: simulation.now) == .seconds(2))
        #expect(simulation.clock.wallTime == simulation.now.advanced(by: .seconds(-3_600)))
    }

    @Test("Random numbers and chances are the seed's, and differ from seed to seed")
    func chance() throws {
        let draw: @Sendable (Int) throws -> [Int] = { seed in
            let simulation = Simulation(seed: seed)
            return try simulation.run {
                (0..<20).map { _ in simulation.random(in: 0...999) + (simulation.chance(0.5) ? 1_000 : 0) }
            }
        }
        let sequences = try (0..<50).map(draw)
        #expect(try (0..<50).map(draw) == sequences)
        #expect(Set(sequences).count == 50)
        #expect(sequences.joined().contains { $0 < 1_000 } && sequences.joined().contains { $0 >= 1_000 })
        let simulation = Simulation(seed: 0)
        #expect((0..<100).allSatisfy { _ in simulation.chance(1) && !simulation.chance(0) })
        #expect((0..<100).allSatisfy { _ in simulation.random(in: 7...7) == 7 })
    }
}
