// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct StoreConformanceTests {
    @Test("The store in memory keeps every rule", arguments: StoreConformance.Check.allCases)
    func inMemory(_ check: StoreConformance.Check) async throws {
        try await check.run { InMemoryStore() }
    }

    @Test("All checks can be made at once")
    func allAtOnce() async throws {
        try await StoreConformance.check { InMemoryStore() }
    }

    @Test("Each mistake is found, and not by every check", arguments: BrokenStore.Bug.ofOneCaller)
    func broken(_ bug: BrokenStore.Bug) async {
        var finders: [String] = []
        for check in StoreConformance.Check.allCases {
            do {
                try await check.run { BrokenStore(bug) }
            } catch {
                finders.append("\(error)")
            }
        }
        #expect(!finders.isEmpty, "no check finds \(bug)")
        #expect(finders.count < StoreConformance.Check.allCases.count / 2)
        print("conformance: \(bug) is found by \(finders.count) checks: \(finders.first?.prefix(100) ?? "")")
    }

    @Test("A mistake of concurrency is found in the simulation", arguments: BrokenStore.Bug.ofConcurrency)
    func brokenConcurrency(_ bug: BrokenStore.Bug) {
        let checks = StoreConformance.Check.allCases.filter { $0.description.hasPrefix("However many") }
        let finder = (0..<200).lazy.flatMap { seed in
            checks.lazy.compactMap { check in
                do {
                    try Simulation(seed: seed).run { try await check.run { BrokenStore(bug) } }
                    return nil as String?
                } catch {
                    return "seed \(seed): \(error)"
                }
            }
        }.first
        #expect(finder != nil)
        print("conformance: \(bug) is found by \(finder?.prefix(150) ?? "nobody")")
    }

    @Test("Each check is of another rule")
    func rules() {
        let checks = StoreConformance.Check.allCases + StoreConformance.Check.durable
        #expect(checks.count >= 80)
        #expect(Set(checks.map(\.id)).count == checks.count)
    }
}
