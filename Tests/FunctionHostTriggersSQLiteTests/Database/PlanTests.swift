// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

@Suite struct SourcePlanTests {
    let directory = TemporaryDirectory()

    private func plans() async throws -> [(sql: String, steps: [String])] {
        let store = try SQLiteStore(path: directory.file())
        let stream = try await SQLiteStream("clicks", in: store)
        let queue = try await SQLiteQueue("jobs", in: store)
        _ = try await SQLiteTable("carts", partitionKey: .string("id"), changes: .keysOnly, in: store).figures
        _ = try await stream.figures
        _ = try await queue.figures
        return try await store.plans().filter { plan in
            ["stream", "queue", "item"].contains { plan.sql.contains($0) }
        }
    }

    @Test("No statement looks at more records, messages or items than it is about, however many there are")
    func bounded() async throws {
        let plans = try await plans()
        #expect(plans.count > 30)
        for (sql, steps) in plans {
            for step in steps {
                #expect(!step.hasPrefix("SCAN ") || step == "SCAN CONSTANT ROW", "\(step) in: \(sql)")
                #expect(!step.contains("TEMP B-TREE"), "\(step) in: \(sql)")
            }
        }
    }

    @Test(
        "Records are found by shard and place, messages and groups by when they are due, what is too old by its age, items by key"
    )
    func indices() async throws {
        let steps = try await plans().flatMap(\.steps).joined(separator: "\n")
        for search in [
            "stream_records USING INDEX stream_records_by_shard (shard=? AND rowid>? AND rowid<?)",
            "stream_records USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
            "queue_messages USING INDEX queue_messages_due (queue=? AND due<?)",
            "queue_messages USING INDEX queue_messages_in_line (line=?)",
            "queue_messages USING COVERING INDEX queue_messages_held (line=? AND held=?)",
            "queue_messages USING INDEX queue_messages_born (queue=? AND born<?)",
            "queue_groups USING COVERING INDEX queue_groups_ready (queue=? AND ready<?)",
            "queue_keys USING COVERING INDEX queue_keys_until (queue=? AND until<?)",
            "items USING PRIMARY KEY (owner=? AND part=? AND sort=?)",
            "items USING PRIMARY KEY (owner=? AND part=? AND sort>? AND sort<?)",
            "items USING PRIMARY KEY (owner=? AND (part,sort)>(?,?))",
        ] {
            #expect(steps.contains(search), "\(search) in \(steps)")
        }
    }
}
