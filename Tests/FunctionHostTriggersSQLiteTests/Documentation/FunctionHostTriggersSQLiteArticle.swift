// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// The code of the module's page.
@Suite struct FunctionHostTriggersSQLiteArticle {
    let directory = TemporaryDirectory()

    @Test func opening() async throws {
        let store = try SQLiteStore(path: directory.file())
        let clicks = try await SQLiteStream("clicks", shardCount: 2, in: store)
        let jobs = try await SQLiteQueue("jobs", in: store)
        let carts = try await SQLiteTable("carts", partitionKey: .string("id"), changes: .newAndOldImages, in: store)
        #expect(clicks.arn == "arn:aws:kinesis:local:000000000000:stream/clicks")
        #expect(jobs.arn == "arn:aws:sqs:local:000000000000:jobs")
        #expect(carts.arn == "arn:aws:dynamodb:local:000000000000:table/carts")
    }
}
