// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The changes of a table as a source, by ``InMemoryTable/changes``: one record for each item that became another one.
///
/// Records of an item are in one shard and in order; an item's whole key is their partition key. What they hold, ``TableChange``
/// tells.
public struct TableChanges: StreamSource {
    let table: InMemoryTable
    /// Such as `arn:aws:dynamodb:local:000000000000:table/carts/stream/2026-01-01T00:00:00.000`.
    public let arn: String
    let writer: DynamoDBEventWriter

    /// Its records are told of as those of DynamoDB.
    public var service: StreamService { .dynamoDB }

    /// It tells of everything.
    public var pollInterval: Duration? { nil }

    /// The shards, which are always the same.
    public func shards() async throws -> [Shard] { table.machine.withLock { $0.stream?.shards() ?? [] } }

    /// Records of a shard from a position on, no more than `limit`, in order.
    ///
    /// - Throws: ``SourceError`` as `shardNotFound`.
    public func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let now = table.clock.now
        return try table.machine.withLock { machine throws(SourceError) in
            guard let page = try machine.stream?.read(shard, from: position, limit: limit, now: now) else {
                throw SourceError(.shardNotFound, reason: "the table keeps no changes")
            }
            return page
        }
    }

    /// Has `changed` called whenever records of a shard have come.
    public func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        guard let shard else { return SourceSubscription {} }
        return table.subscribers.add(shard, changed)
    }

    /// The event of a batch as DynamoDB and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using AWS Lambda with Amazon DynamoDB*, the example event.
    public func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { writer.event(of: records) }
}
