// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A log in shards that functions are invoked with, batch by batch.
///
/// Records of a shard have an order, which is that of their sequence numbers. A shard that was split or merged is closed: it
/// has an end, and its children come after it.
///
/// A call that does not return holds up whoever asks: a mapping that is to pause, and a shutdown until it cancels. So calls over a network
/// have a time limit of their own.
public protocol StreamSource: Sendable {
    /// Its resource name, as events tell it.
    var arn: String { get }

    /// The shards that there are, parents before their children.
    func shards() async throws -> [Shard]

    /// Records of a shard from a position on, no more than `limit`, in order.
    ///
    /// - Throws: ``SourceError`` as `shardNotFound`.
    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage

    /// How often to look at a shard that had nothing new; nil if ``subscribe(to:_:)`` tells of everything.
    var pollInterval: Duration? { get }

    /// Has `changed` called whenever records of a shard have come or it was closed; for nil, whenever there are other shards.
    ///
    /// It is called on any thread, holding no lock, and is quick. What changes while this is called is told.
    ///
    /// - Returns: What ends it.
    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription

    /// The event of a batch, as the service writes it: a JSON object whose `Records` are these.
    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8]

    /// Whose stream it is like, for what mappings tell of its records; ``StreamService/kinesis`` unless said.
    var service: StreamService { get }
}

extension StreamSource {
    /// Kinesis.
    public var service: StreamService { .kinesis }
}

/// The service that a stream is like.
public struct StreamService: Sendable, Hashable {
    /// What a record of batches that are given up is called.
    let batchInfoName: String
    /// Whether it tells times in whole seconds, and has no starting position by time.
    let isInSeconds: Bool

    /// Streams of records.
    public static let kinesis = Self(batchInfoName: "KinesisBatchInfo", isInSeconds: false)
    /// Changes of a table: they arrive in whole seconds, and are not read from a time on.
    public static let dynamoDB = Self(batchInfoName: "DDBStreamBatchInfo", isInSeconds: true)
}

/// Names a shard of a stream.
public struct ShardID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// As the service writes it: `shardId-000000000000`.
    public let description: String

    /// Names the shard that is called so.
    public init(_ description: String) { self.description = description }

    /// Orders shards by name, which is the order in which they were made.
    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// One shard of a stream.
public struct Shard: Sendable, Hashable {
    /// Its name.
    public let id: ShardID
    /// The one it was split from, or the two it was merged from; empty for the first ones, and when they are forgotten.
    public let parents: [ShardID]
    /// Whether no more records come.
    public let isClosed: Bool

    /// Describes a shard.
    public init(id: ShardID, parents: [ShardID] = [], isClosed: Bool = false) {
        self.id = id
        self.parents = parents
        self.isClosed = isClosed
    }
}

/// Where to read on in a shard.
public enum StreamPosition: Sendable, Hashable {
    /// From the oldest record that is kept.
    case oldest
    /// From the first record that comes after this was asked.
    case latest
    /// From the first record that arrived at this time or later.
    case at(Timestamp)
    /// From the record of this number, or the first one behind it.
    case from(SequenceNumber)
    /// From the first record behind this number.
    case after(SequenceNumber)
}

/// One record of a stream.
public struct StreamRecord: Sendable {
    /// Where it stands.
    public let sequenceNumber: SequenceNumber
    /// Records of the same key are in one shard, and in order.
    public let partitionKey: String
    /// When it came, in the calendar's time.
    public let arrivedAt: Timestamp
    /// What it holds.
    public let data: [UInt8]

    /// Makes a record.
    public init(sequenceNumber: SequenceNumber, partitionKey: String, arrivedAt: Timestamp, data: [UInt8]) {
        self.sequenceNumber = sequenceNumber
        self.partitionKey = partitionKey
        self.arrivedAt = arrivedAt
        self.data = data
    }
}

/// What was read of a shard.
public struct StreamPage: Sendable {
    /// In order.
    public var records: [StreamRecord]
    /// Where to read on; nil if the shard is closed and has been read to its end.
    public var next: StreamPosition?
    /// How old what comes next is, by its arrival; zero at the tip.
    public var behindLatest: Duration

    /// Makes a page.
    public init(records: [StreamRecord], next: StreamPosition?, behindLatest: Duration = .zero) {
        self.records = records
        self.next = next
        self.behindLatest = behindLatest
    }
}
