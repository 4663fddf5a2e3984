// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
public import FunctionHostSQLite
public import FunctionHostTriggers

/// A stream in a store's file, as Kinesis has them: what ``/FunctionHostTriggers/InMemoryStream`` does, for good.
///
/// ```swift
/// let clicks = try await SQLiteStream("clicks", in: store)
/// try await clicks.put(partitionKey: "user-7", data: bytes)
/// ```
///
/// What was put is on the disk, as safe as the store's events are. All streams, queues and events of a file share the store's thread
/// and its transactions: whoever comes at the same time waits for the disk once. Several processes may use one stream; it keeps the
/// calendar's time.
public final class SQLiteStream: StreamSource, RecordSink {
    /// How much a stream keeps, and for how long.
    public typealias Configuration = InMemoryStream.Configuration
    /// What happens to a record for which there is no room.
    public typealias Overflow = InMemoryStream.Overflow
    /// How much there is in a stream.
    public typealias Figures = InMemoryStream.Figures

    /// How many records one batch may have.
    public static let batchLimit = InMemoryStream.batchLimit

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:kinesis:local:000000000000:stream/clicks`.
    public let arn: String

    private let configuration: Configuration
    private let store: SQLiteStore
    private let clock: any HostClock
    private let number: Int64
    private let hub: StreamHub
    private let reader: StreamReader
    private let writer: KinesisEventWriter

    /// Opens a stream, or makes it.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 characters: letters and digits of ASCII, `.`, `_` and `-`. One name is one stream in a file.
    ///   - shardCount: How many shards there are at first, if it is made now; they have equal shares of the hash keys.
    ///   - configuration: How much is kept, and for how long; not kept in the file.
    ///   - store: Where it lies.
    ///   - system: Where time comes from.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`; ``/FunctionHost/StoreError``, as `newerSchema` if a
    ///   newer version has made streams in this file.
    public init(
        _ name: String, shardCount: Int = 1, configuration: Configuration = .init(), in store: SQLiteStore,
        system: HostSystem = .live
    ) async throws {
        arn = try configuration.arn(of: name)
        try configuration.check(shardCount: shardCount)
        self.name = name
        self.configuration = configuration
        self.store = store
        clock = system.clock
        writer = KinesisEventWriter(streamARN: arn, configuration)
        hub = store.shared("stream \(name)") { StreamHub() }
        let now = system.clock.wallTime
        try await store.welcome(StreamTables.self)
        let opened = try await store.change(StreamTables.self) { tables in
            try tables.open(name, shardCount: shardCount, now: now)
        }
        number = opened.number
        reader = StreamReader(
            store: store, number: opened.number, configuration: configuration, clock: clock, hub: hub)
        hub.saw(openShards: opened.openShards)
    }

    // MARK: - Putting

    /// Puts a record; it is safe when this returns.
    ///
    /// - Parameters:
    ///   - partitionKey: Records of the same key are in one shard and in order: 1 to 256 characters.
    ///   - explicitHashKey: Chooses the shard in place of the partition key's MD5.
    ///   - data: What it holds, up to the configuration's `recordSizeLimit`; may be empty.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`, or `full` if there is no room and nothing may be
    ///   dropped for it; ``/FunctionHost/StoreError``, after which nothing of it is kept.
    /// - Source: Kinesis Data Streams API Reference, *PutRecord*.
    @discardableResult
    public func put(
        partitionKey: String, explicitHashKey: UInt128? = nil, data: [UInt8]
    ) async throws -> RecordPlace {
        let entry = RecordEntry(partitionKey: partitionKey, explicitHashKey: explicitHashKey, data: data)
        return try await put(checked: [entry])[0]
    }

    /// Puts records in order: all of them, or none; they are safe when this returns.
    ///
    /// - Parameter entries: 1 to 500.
    /// - Returns: Where each was put.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`, or `full` if there is no room and nothing may be
    ///   dropped for it; ``/FunctionHost/StoreError``, after which nothing of them is kept.
    /// - Source: Kinesis Data Streams API Reference, *PutRecords*.
    @discardableResult
    public func put(_ entries: [RecordEntry]) async throws -> [RecordPlace] {
        guard (1...Self.batchLimit).contains(entries.count) else {
            throw SourceError(.invalidArgument, reason: "\(entries.count) records: from 1 to \(Self.batchLimit)")
        }
        return try await put(checked: entries)
    }

    private func put(checked entries: [RecordEntry]) async throws -> [RecordPlace] {
        var bytes = 0
        for entry in entries {
            try entry.check(sizeLimit: configuration.recordSizeLimit)
            bytes += entry.size + 64
        }
        // Reckoned here, where callers do not wait for each other.
        let hasOneShard = hub.hasOneShard
        let records = entries.map { ($0, hasOneShard ? nil : $0.hashKey) }
        let (now, configuration, number) = (clock.wallTime, configuration, number)
        let places = try await store.change(StreamTables.self, bytes: bytes) { tables in
            try tables.put(records, into: number, configuration, now: now)
        }
        hub.put(places)
        return places
    }

    // MARK: - Shards

    /// Closes a shard and opens two in its place: the first with the hash keys before `hashKey`, the second with the others.
    ///
    /// - Parameters:
    ///   - shard: An open shard.
    ///   - hashKey: One of its hash keys, not the first; nil for the middle.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `shardNotFound`, `invalidArgument`, or `full` if there are too many
    ///   shards; ``/FunctionHost/StoreError``.
    /// - Source: Kinesis Data Streams API Reference, *SplitShard*.
    @discardableResult
    public func split(_ shard: ShardID, at hashKey: UInt128? = nil) async throws -> (ShardID, ShardID) {
        let (now, configuration, number) = (clock.wallTime, configuration, number)
        let children = try await store.change(StreamTables.self) { tables in
            try tables.split(shard, at: hashKey, of: number, configuration, now: now)
        }
        hub.resharded([shard])
        return children
    }

    /// Closes two shards whose hash keys are next to each other, and opens one in their place.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `shardNotFound`, `invalidArgument`, or `full` if there are too many
    ///   shards; ``/FunctionHost/StoreError``.
    /// - Source: Kinesis Data Streams API Reference, *MergeShards*.
    @discardableResult
    public func merge(_ shard: ShardID, _ adjacent: ShardID) async throws -> ShardID {
        let (now, configuration, number) = (clock.wallTime, configuration, number)
        let child = try await store.change(StreamTables.self) { tables in
            try tables.merge(shard, adjacent, of: number, configuration, now: now)
        }
        hub.resharded([shard, adjacent])
        return child
    }

    /// Which hash keys a shard has; nil if there is none of this name.
    ///
    /// - Throws: ``/FunctionHost/StoreError``.
    public func hashKeys(of shard: ShardID) async throws -> ClosedRange<UInt128>? {
        try await reader.rows().first { $0.id == shard }?.hashKeys
    }

    /// How much there is.
    ///
    /// - Complexity: O(log *n*) for *n* records.
    public var figures: Figures {
        get async throws {
            let (now, configuration, number) = (clock.wallTime, configuration, number)
            return try await store.look(StreamTables.self) { try $0.figures(of: number, configuration, now: now) }
        }
    }

    // MARK: - Reading

    /// The shards that there are, in the order in which they were made: parents before their children.
    ///
    /// - Throws: ``/FunctionHost/StoreError``.
    public func shards() async throws -> [Shard] { try await reader.shards() }

    /// Records of a shard from a position on, no more than `limit`, in order; fewer where they have many bytes.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `shardNotFound`; ``/FunctionHost/StoreError``.
    /// - Complexity: O(log *n*) to find the first of *n* records, and O(1) for each that is read.
    public func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        try await reader.read(shard, from: position, limit: limit)
    }

    /// How often to look for what other processes have put: as often as the store does for events.
    public var pollInterval: Duration? { store.traits.pollInterval }

    /// Has `changed` called whenever records of a shard have come from this process or it was closed; for nil, whenever there are
    /// other shards.
    public func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        hub.subscribers.add(shard, changed)
    }

    /// The event of a batch as Kinesis and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using Lambda with Kinesis*, the example event.
    public func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
        writer.event(of: records, shard: shard)
    }
}
