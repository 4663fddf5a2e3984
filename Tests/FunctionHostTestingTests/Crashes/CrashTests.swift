// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct CrashTests {
    @Test(
        "Killed at any moment, a host loses no accepted event, ends each once, and never goes beyond its attempts",
        arguments: 0..<4)
    func nothingIsLost(part: Int) throws {
        var crashes = 0
        for seed in Seeds.perScenario {
            let scenario = CrashScenario()
            try scenario.run(seed: seed * 4 + part)
            crashes += scenario.account.crashes
        }
        print("crashes: \(crashes) in \(Seeds.perScenario.count) programs, nothing lost")
        #expect(crashes > Seeds.perScenario.count)
    }

    @Test("Each mistake in a store is found within 2,000 seeds", arguments: StoreBug.allCases)
    func found(bug: StoreBug) throws {
        for seed in 0..<2_000 {
            do {
                try CrashScenario(bug).run(seed: seed)
            } catch {
                print("zoo: \(bug) found at seed \(seed): \("\(error)".prefix(120))")
                return
            }
        }
        Issue.record("\(bug) survived")
    }
}
