// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization
import Testing

@Suite struct ZooTests {
    private static let seeds = 0..<2_000

    @Test("Each planted bug is found within 2,000 seeds", arguments: PlantedBug.allCases)
    func found(bug: PlantedBug) throws {
        let find = try #require(Self.search(bug.kernel, bug), "\(bug) survived \(Self.seeds.count) seeds")
        print("zoo: \(bug) found at seed \(find.seed), \(find.strategy): \(find.reason.prefix(100))")
    }

    @Test("A kernel without a bug survives 2,000 seeds", arguments: Kernel.allCases)
    func control(kernel: Kernel) {
        let find = Self.search(kernel, nil)
        #expect(find == nil, "\(kernel) fails at seed \(find?.seed ?? 0): \(find?.reason ?? "")")
    }

    @Test(
        "What needs somebody to be held up for long is found by priorities, and not by equal chances",
        arguments: PlantedBug.ofStarvation)
    func foundByPrioritiesOnly(bug: PlantedBug) throws {
        #expect(Self.search(bug.kernel, bug, [.uniform]) == nil)
        let find = try #require(Self.search(bug.kernel, bug, [.priorities(changes: 2), .priorities(changes: 3)]))
        print("zoo: \(bug) found by priorities alone at seed \(find.seed), \(find.strategy)")
    }

    private struct Find: Equatable {
        let seed: Int
        let strategy: SimulationStrategy
        let reason: String
    }

    /// The first seed with which the kernel's scenario fails.
    private static func search(
        _ kernel: Kernel, _ bug: PlantedBug?,
        _ strategies: [SimulationStrategy] = [.uniform, .priorities(changes: 2), .uniform, .priorities(changes: 3)]
    ) -> Find? {
        for seed in seeds {
            let strategy = strategies[seed % strategies.count]
            let simulation = Simulation(seed: seed, strategy: strategy, maximumSteps: 20_000)
            do {
                try simulation.run { try await kernel.run(bug) }
            } catch {
                return Find(seed: seed, strategy: strategy, reason: "\(error)")
            }
        }
        return nil
    }
}

/// What a kernel's scenario has seen.
struct ZooFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Faults seen inside a scenario, the first of which it throws at its end.
final class ZooWitness: Sendable {
    private let fault = Cell<String?>(nil)

    func expect(_ isTrue: Bool, _ fault: @autoclosure () -> String) {
        if !isTrue, self.fault.value == nil { self.fault.value = fault() }
    }

    func testify() throws {
        if let fault = fault.value { throw ZooFault(fault) }
    }
}

/// Lets others go first, as often as the lot says.
func zooPause(_ most: Int = 2) async {
    guard let simulation = Simulation.current else { return }
    for _ in 0..<simulation.random(in: 0...most) { await Task.yield() }
}
