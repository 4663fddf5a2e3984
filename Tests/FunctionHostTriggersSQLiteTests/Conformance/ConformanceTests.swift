// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import FunctionHostTriggersTesting
import Synchronization
import Testing

@Suite struct SQLiteSourceConformanceTests {
    let directory = TemporaryDirectory()

    @Test("A stream in a file keeps the rule", arguments: StreamSourceConformance.checks, [1, 5])
    func stream(check: SourceCheck<StreamSubject>, shards: Int) async throws {
        let store = try SQLiteStore(path: directory.file())
        try await check.run {
            let stream = try await SQLiteStream("clicks", shardCount: shards, in: store)
            return StreamSubject(
                source: stream, put: { try await stream.put(partitionKey: $0, data: $1) },
                split: { try await stream.split($0) })
        }
        #expect(try await store.integrityCheck() == [])
    }
}
