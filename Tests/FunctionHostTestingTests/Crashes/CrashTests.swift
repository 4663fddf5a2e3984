// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct CrashTests {
    @Test(
        "Killed at any moment, a host loses no accepted event, ends each once, and never goes beyond its attempts",
        arguments: 0..<4)
    func nothingIsLost(part: Int) async throws {
        // What a crash leaves behind stays in memory, some tens of kilobytes each time.
        let count = min(8_000, max(1, Seeds.perScenario.count * 7 / 10))
        let crashes = try await onThread {
            try (0..<count).reduce(0) { crashes, seed in
                let scenario = CrashScenario()
                try scenario.run(seed: seed * 4 + part)
                return crashes + scenario.account.crashes
            }
        }
        print("crashes: \(crashes) in \(count) programs, nothing lost")
        #expect(crashes > count)
    }

    @Test("Each mistake in a store is found within 2,000 seeds", arguments: StoreBug.allCases)
    func found(bug: StoreBug) async throws {
        let find = try await onThread { () -> String? in
            for seed in 0..<2_000 {
                do { try CrashScenario(bug).run(seed: seed) } catch { return "seed \(seed): \(error)" }
            }
            return nil
        }
        print("zoo: \(bug) found at \((find ?? "no seed").prefix(120))")
        #expect(find != nil, "\(bug) survived")
    }
}
