// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import FunctionHostTriggersTesting
import Synchronization
import Testing

/// The changes of a table in a file, held against the rules of all streams.
@Suite struct SQLiteTableConformanceTests {
    let directory = TemporaryDirectory()

    /// The changes of items that hold a key and data each, as records of these.
    private final class Unwrapped: StreamSource {
        let changes: SQLiteTableChanges
        private let originals = Mutex<[SequenceNumber: StreamRecord]>([:])

        init(_ changes: SQLiteTableChanges) { self.changes = changes }

        var arn: String { changes.arn }
        var service: StreamService { changes.service }
        var pollInterval: Duration? { changes.pollInterval }

        func shards() async throws -> [Shard] { try await changes.shards() }

        func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
            var page = try await changes.read(shard, from: position, limit: limit)
            page.records = try page.records.map { record in
                originals.withLock { $0[record.sequenceNumber] = record }
                let item = try TableChange(record).newImage
                guard case .string(let key)? = item?["id"], case .binary(let data)? = item?["data"] else {
                    throw SourceError(.other, reason: "an item without what was put")
                }
                return StreamRecord(
                    sequenceNumber: record.sequenceNumber, partitionKey: key, arrivedAt: record.arrivedAt, data: data)
            }
            return page
        }

        func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
            changes.subscribe(to: shard, changed)
        }

        func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
            let own = originals.withLock { originals in records.compactMap { originals[$0.sequenceNumber] } }
            return changes.event(of: own, shard: shard)
        }
    }

    @Test("The changes of a table in a file keep the rule", arguments: StreamSourceConformance.checks, [1, 5])
    func changes(check: SourceCheck<StreamSubject>, shards: Int) async throws {
        let store = try SQLiteStore(path: directory.file())
        var configuration = SQLiteTable.Configuration()
        configuration.shardCount = shards
        let limits = configuration
        try await check.run {
            let table = try await SQLiteTable(
                "items", partitionKey: .string("id"), changes: .newImage, configuration: limits, in: store)
            return StreamSubject(source: Unwrapped(try table.changes)) { key, data in
                // Or the same data again would be no change.
                try await table.update(["id": .string(key)], [.set("data", to: .binary(data)), .add("count", 1)])
            }
        }
        #expect(try await store.integrityCheck() == [])
    }
}
