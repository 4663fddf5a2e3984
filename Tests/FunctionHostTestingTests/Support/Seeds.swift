// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How many seeds the scenarios go through.
enum Seeds {
    /// What every scenario runs: as many as `SIMULATION_SEEDS` says, 500 unless it does; `Tests/run` asks for more.
    static let perScenario: Range<Int> = 0..<count

    private static let count: Int = {
        let text = getenv("SIMULATION_SEEDS").map { String(cString: $0) }
        return max(1, text.flatMap(Int.init) ?? 500)
    }()
}

extension Trait where Self == SimulationTrait {
    /// Runs the test in the simulation with every seed that scenarios get, half of them uniform and half by priorities.
    static var everySeed: Self { .simulated(seeds: Seeds.perScenario, maximumSteps: 20_000) }
}
