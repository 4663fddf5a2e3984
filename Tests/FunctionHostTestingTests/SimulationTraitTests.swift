// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct SimulationTraitTests {
    @Test(.simulated(seeds: 0..<100))
    func invokes() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (name: String, context) in
            try await context.sleep(for: .seconds(1))
            return "Hello, \(name)"
        }
        #expect(try await host.invoke(greet, with: "world") == "Hello, world")
    }
}
