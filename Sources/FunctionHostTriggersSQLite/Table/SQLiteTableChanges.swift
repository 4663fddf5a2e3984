// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
public import FunctionHostTriggers

/// The changes of a table as a source, by ``SQLiteTable/changes``: one record for each item that became another one.
///
/// Records of an item are in one shard and in order; an item's whole key is their partition key. What they hold,
/// ``/FunctionHostTriggers/TableChange`` tells.
public struct SQLiteTableChanges: StreamSource {
    let reader: StreamReader
    /// Such as `arn:aws:dynamodb:local:000000000000:table/carts/stream/2026-01-01T00:00:00.000`.
    public let arn: String
    let writer: DynamoDBEventWriter

    /// Its records are told of as those of DynamoDB.
    public var service: StreamService { .dynamoDB }

    /// How often to look for what other processes have written: as often as the store does for events.
    public var pollInterval: Duration? { reader.store.traits.pollInterval }

    /// The shards, which are always the same.
    ///
    /// - Throws: ``/FunctionHost/StoreError``.
    public func shards() async throws -> [Shard] { try await reader.shards() }

    /// Records of a shard from a position on, no more than `limit`, in order; fewer where they have many bytes.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `shardNotFound`; ``/FunctionHost/StoreError``.
    public func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        try await reader.read(shard, from: position, limit: limit)
    }

    /// Has `changed` called whenever records of a shard have come from this process.
    public func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        reader.hub.subscribers.add(shard, changed)
    }

    /// The event of a batch as DynamoDB and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using AWS Lambda with Amazon DynamoDB*, the example event.
    public func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { writer.event(of: records) }
}
