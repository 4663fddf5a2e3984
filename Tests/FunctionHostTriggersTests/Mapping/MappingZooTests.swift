// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Testing

/// Whether the scenarios would see mistakes of these kinds at all, and how soon; that they see none where there is none, they
/// say themselves.
@Suite struct MappingZooTests {
    @Test("Each planted bug is found within 500 seeds, by the rule it breaks", arguments: MappingBug.allCases)
    func found(bug: MappingBug) throws {
        let strategies: [SimulationStrategy] = [.uniform, .priorities(changes: 2), .uniform, .priorities(changes: 3)]
        for seed in 0..<500 {
            let simulation = Simulation(seed: seed, strategy: strategies[seed % 4])
            let broken = try simulation.run { try await bug.scenario(bug) }
            guard broken.contains(bug.rule) else { continue }
            print("zoo: \(bug) found at seed \(seed), \(simulation.strategy): \(bug.rule.rawValue)")
            return
        }
        Issue.record("\(bug) survived 500 seeds")
    }
}
