// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// A stream in this process, as Kinesis has them: records in shards by their partition keys, kept for a while and read by
/// anybody as often as they like.
///
/// ```swift
/// let clicks = try InMemoryStream("clicks", shardCount: 2)
/// try clicks.put(partitionKey: "user-7", data: bytes)
/// ```
///
/// Nothing waits: each call is one short section under a lock. What is kept lives no longer than the process.
public final class InMemoryStream: StreamSource, RecordSink {
    /// How many records one batch may have.
    public static let batchLimit = 500

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:kinesis:local:000000000000:stream/clicks`.
    public let arn: String

    private let configuration: Configuration
    private let clock: any HostClock
    private let machine: Mutex<StreamStateMachine>
    /// By shard, and nil for the list of shards.
    private let subscribers = Subscribers<ShardID?>()
    /// A hint: hash keys are reckoned before the lock is taken, and not at all where they decide nothing.
    private let hasOneShard: Atomic<Bool>
    private let writer: KinesisEventWriter

    /// Makes an empty stream.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 characters: letters and digits of ASCII, `.`, `_` and `-`.
    ///   - shardCount: How many shards there are at first; they have equal shares of the hash keys.
    ///   - configuration: How much is kept, and for how long.
    ///   - system: Where time comes from.
    /// - Throws: ``SourceError`` as `invalidArgument`.
    public init(
        _ name: String, shardCount: Int = 1, configuration: Configuration = .init(), system: HostSystem = .live
    ) throws(SourceError) {
        arn = try configuration.arn(of: name)
        try configuration.check(shardCount: shardCount)
        self.name = name
        self.configuration = configuration
        clock = system.clock
        machine = Mutex(
            StreamStateMachine(
                shardCount: shardCount, configuration: configuration, wallTime: system.clock.wallTime))
        hasOneShard = Atomic(shardCount == 1)
        writer = KinesisEventWriter(streamARN: arn, configuration)
    }

    // MARK: - Putting

    /// Puts a record.
    ///
    /// - Parameters:
    ///   - partitionKey: Records of the same key are in one shard and in order: 1 to 256 characters.
    ///   - explicitHashKey: Chooses the shard in place of the partition key's MD5.
    ///   - data: What it holds, up to ``Configuration/recordSizeLimit``; may be empty.
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room and nothing may be dropped for it.
    /// - Source: Kinesis Data Streams API Reference, *PutRecord*.
    @discardableResult
    public func put(
        partitionKey: String, explicitHashKey: UInt128? = nil, data: [UInt8]
    ) throws(SourceError) -> RecordPlace {
        let entry = RecordEntry(partitionKey: partitionKey, explicitHashKey: explicitHashKey, data: data)
        try entry.check(sizeLimit: configuration.recordSizeLimit)
        let hashKey = hasOneShard.load(ordering: .relaxed) ? nil : entry.hashKey
        let (now, wallTime) = (clock.now, clock.wallTime)
        let place = try machine.withLock { machine throws(SourceError) in
            try machine.put(entry, hashKey: hashKey, now: now, wallTime: wallTime)
        }
        announce([place.shard])
        return place
    }

    /// Puts records in order: all of them, or none.
    ///
    /// Kinesis takes each for itself, and so may turn the order of a key around when some are refused.
    ///
    /// - Parameter entries: 1 to 500.
    /// - Returns: Where each was put.
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room and nothing may be dropped for it.
    /// - Source: Kinesis Data Streams API Reference, *PutRecords*.
    @discardableResult
    public func put(_ entries: [RecordEntry]) throws(SourceError) -> [RecordPlace] {
        guard (1...Self.batchLimit).contains(entries.count) else {
            throw SourceError(.invalidArgument, reason: "\(entries.count) records: from 1 to \(Self.batchLimit)")
        }
        for entry in entries { try entry.check(sizeLimit: configuration.recordSizeLimit) }
        let hasOneShard = hasOneShard.load(ordering: .relaxed)
        let records = entries.map { ($0, hasOneShard ? nil : $0.hashKey) }
        let (now, wallTime) = (clock.now, clock.wallTime)
        let places = try machine.withLock { machine throws(SourceError) in
            try machine.put(records, now: now, wallTime: wallTime)
        }
        announce(places.map(\.shard))
        return places
    }

    // MARK: - Shards

    /// Closes a shard and opens two in its place: the first with the hash keys before `hashKey`, the second with the others.
    ///
    /// - Parameters:
    ///   - shard: An open shard.
    ///   - hashKey: One of its hash keys, not the first; nil for the middle.
    /// - Throws: ``SourceError`` as `shardNotFound`, `invalidArgument`, or `full` if there are too many shards.
    /// - Source: Kinesis Data Streams API Reference, *SplitShard*.
    @discardableResult
    public func split(_ shard: ShardID, at hashKey: UInt128? = nil) throws(SourceError) -> (ShardID, ShardID) {
        let now = clock.now
        let children = try machine.withLock { machine throws(SourceError) in
            defer { hasOneShard.store(machine.open.count == 1, ordering: .relaxed) }
            return try machine.split(shard, at: hashKey, now: now)
        }
        announce([shard, nil])
        return children
    }

    /// Closes two shards whose hash keys are next to each other, and opens one in their place.
    ///
    /// - Throws: ``SourceError`` as `shardNotFound`, `invalidArgument`, or `full` if there are too many shards.
    /// - Source: Kinesis Data Streams API Reference, *MergeShards*.
    @discardableResult
    public func merge(_ shard: ShardID, _ adjacent: ShardID) throws(SourceError) -> ShardID {
        let now = clock.now
        let child = try machine.withLock { machine throws(SourceError) in
            defer { hasOneShard.store(machine.open.count == 1, ordering: .relaxed) }
            return try machine.merge(shard, adjacent, now: now)
        }
        announce([shard, adjacent, nil])
        return child
    }

    /// Which hash keys a shard has; nil if there is none of this name.
    public func hashKeys(of shard: ShardID) -> ClosedRange<UInt128>? { machine.withLock { $0.hashKeys(of: shard) } }

    /// How much there is.
    public var figures: Figures {
        let now = clock.now
        return machine.withLock { machine in
            machine.purge(now: now)
            return Figures(
                records: machine.recordCount, bytes: machine.bytes, openShards: machine.open.count,
                closedShards: machine.closed.count, ageOfOldest: machine.ageOfOldest(now: now),
                overflown: machine.overflown)
        }
    }

    // MARK: - Reading

    /// The shards that there are, in the order in which they were made: parents before their children.
    public func shards() async throws -> [Shard] {
        let now = clock.now
        return machine.withLock { machine in
            machine.purge(now: now)
            return machine.shards()
        }
    }

    /// Records of a shard from a position on, no more than `limit`, in order.
    ///
    /// - Throws: ``SourceError`` as `shardNotFound`.
    /// - Complexity: O(log *n*) to find the first of *n* records, and O(1) for each that is read.
    public func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let now = clock.now
        return try machine.withLock { machine throws(SourceError) in
            try machine.read(shard, from: position, limit: limit, now: now)
        }
    }

    /// It tells of everything.
    public var pollInterval: Duration? { nil }

    /// Has `changed` called whenever records of a shard have come or it was closed; for nil, whenever there are other shards.
    public func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        subscribers.add(shard, changed)
    }

    private func announce(_ shards: [ShardID?]) {
        var last: ShardID??
        // Records of one call are mostly of one shard.
        for shard in shards where last != .some(shard) {
            subscribers.tell(shard)
            last = shard
        }
    }

    /// The event of a batch as Kinesis and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using Lambda with Kinesis*, the example event.
    public func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
        writer.event(of: records, shard: shard)
    }
}
