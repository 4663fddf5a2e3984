// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A stream that records are put into.
public protocol RecordSink: Sendable {
    /// Its resource name.
    var arn: String { get }

    /// Puts records in order: all of them, or none; once this returns, the stream has them.
    ///
    /// - Returns: Where each was put.
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room and nothing may be dropped for it.
    @discardableResult
    func put(_ entries: [RecordEntry]) async throws -> [RecordPlace]
}

/// A record to put.
public struct RecordEntry: Sendable {
    /// Records of the same key are in one shard and in order: 1 to 256 characters.
    public var partitionKey: String
    /// Chooses the shard in place of the partition key's MD5.
    public var explicitHashKey: UInt128?
    /// What it holds; may be empty.
    public var data: [UInt8]

    /// Describes a record.
    public init(partitionKey: String, explicitHashKey: UInt128? = nil, data: [UInt8]) {
        self.partitionKey = partitionKey
        self.explicitHashKey = explicitHashKey
        self.data = data
    }

    package var size: Int { data.count + partitionKey.utf8.count }

    /// What decides on the shard.
    package var hashKey: UInt128 { explicitHashKey ?? MD5.hash(partitionKey) }
}

/// Where a record was put.
public struct RecordPlace: Sendable, Hashable {
    /// The shard.
    public var shard: ShardID
    /// Its number, higher than those of all that came before.
    public var sequenceNumber: SequenceNumber

    /// Describes where a record was put.
    public init(shard: ShardID, sequenceNumber: SequenceNumber) {
        self.shard = shard
        self.sequenceNumber = sequenceNumber
    }
}
