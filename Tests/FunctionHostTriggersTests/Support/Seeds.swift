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

extension Trait where Self == SimulationTrait {
    /// Runs the test in the simulation with as many seeds as scenarios of this size get: a fiftieth of `SIMULATION_SEEDS`, and
    /// 40 at least.
    static var everySeed: Self { .simulated(seeds: 0..<max(40, seedCount / 50)) }
}

private let seedCount = getenv("SIMULATION_SEEDS").flatMap { Int(String(cString: $0)) } ?? 500
