// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostSQLite
import Testing

@Suite struct PlanTests {
    let directory = TemporaryDirectory()

    @Test("No statement looks at more events than it is about, however many there are")
    func plans() async throws {
        let store = try SQLiteStore(path: directory.file())
        let plans = try await store.plans()
        #expect(plans.count > 40)
        for (sql, steps) in plans {
            for step in steps {
                // A scan through a partial index is one of the rows that it is about.
                let isBounded = !step.hasPrefix("SCAN ") || step.contains("USING") || step.hasPrefix("SCAN counters")
                #expect(isBounded, "\(step) in: \(sql)")
                #expect(!step.contains("TEMP B-TREE") || sql.contains("UNION ALL"), "\(step) in: \(sql)")
            }
        }
    }

    @Test("Events are claimed, promoted, rescued and found too old by an index")
    func claims() async throws {
        let store = try SQLiteStore(path: directory.file())
        let steps = try await store.plans().flatMap(\.steps).joined(separator: "\n")
        for index in [
            "events_ready (lane>?)", "events_ready (lane=? AND due<?)", "events_delayed (due<?)",
            "events_leased (lease_until<?)", "events_expiring (function=? AND expires<?)",
            "events_ordered (function=? AND ordering_key=?)", "events_dead (died>?)",
            "events_dead_by_function (function=? AND died>?)",
        ] {
            #expect(steps.contains(index), "\(index)")
        }
    }
}
