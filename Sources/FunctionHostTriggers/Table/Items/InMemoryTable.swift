// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// A table in this process, as DynamoDB has them: items by key, written under conditions, and a stream of what has changed.
///
/// ```swift
/// let carts = try InMemoryTable("carts", partitionKey: .string("id"), changes: .newAndOldImages)
/// try carts.put(["id": "c1", "total": 12], if: .notExists("id"))
/// ```
///
/// Nothing waits: each call is one short section under a lock. An item's change and the record of it are one step: nobody sees one
/// without the other. What is kept lives no longer than the process.
public final class InMemoryTable: Sendable {
    /// How many writes a transaction may have.
    public static let transactionLimit = PreparedOperation.transactionLimit

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:dynamodb:local:000000000000:table/carts`.
    public let arn: String

    let schema: TableSchema
    let configuration: Configuration
    let clock: any HostClock
    let machine: Mutex<TableStateMachine>
    let subscribers = Subscribers<ShardID>()
    private let stream: (arn: String, writer: DynamoDBEventWriter)?

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - name: 3 to 255 characters: letters and digits of ASCII, `.`, `_` and `-`.
    ///   - partitionKey: The attribute by whose value items lie together.
    ///   - sortKey: The attribute that tells items of a partition from each other, and orders them; nil if each has its own.
    ///   - changes: What the records of changes hold; nil if none are kept.
    ///   - configuration: How much is kept.
    ///   - system: Where time comes from.
    /// - Throws: ``TableError`` as `invalidConfiguration`.
    public init(
        _ name: String, partitionKey: TableKeyAttribute, sortKey: TableKeyAttribute? = nil,
        changes: TableChangeView? = nil, configuration: Configuration = .init(), system: HostSystem = .live
    ) throws(TableError) {
        arn = try configuration.arn(of: name)
        schema = try TableSchema(partitionKey: partitionKey, sortKey: sortKey)
        try configuration.check()
        self.name = name
        self.configuration = configuration
        clock = system.clock
        let wallTime = system.clock.wallTime
        machine = Mutex(
            TableStateMachine(schema: schema, changes: changes, configuration: configuration, wallTime: wallTime))
        let streamARN = configuration.streamARN(of: arn, beganAt: wallTime)
        stream = changes.map { _ in
            (streamARN, DynamoDBEventWriter(streamARN: streamARN, region: configuration.region))
        }
    }

    /// What has changed, as a source that functions are mapped to.
    ///
    /// - Throws: ``TableError`` as `noChangeStream` if the table was made without.
    public var changes: TableChanges {
        get throws(TableError) {
            guard let stream else {
                throw TableError(noChangesOf: name)
            }
            return TableChanges(table: self, arn: stream.arn, writer: stream.writer)
        }
    }

    // MARK: - Writing

    /// Puts an item in place of the one that has its key.
    ///
    /// - Parameters:
    ///   - item: Its key's attributes and others, up to 400 KB as DynamoDB counts.
    ///   - condition: What must hold of the item that is there.
    /// - Throws: ``TableError`` as `invalidValue`, `invalidKey`, `invalidExpression`, `conditionFailed` or `full`.
    /// - Source: DynamoDB API Reference, *PutItem*.
    @discardableResult
    public func put(_ item: AttributeMap, if condition: TableCondition? = nil) throws(TableError) -> TableWrite {
        try write(.put(item, if: condition))
    }

    /// Changes attributes of the item of a key, or of one with the key alone that is made for it: all of them, or none.
    ///
    /// - Throws: ``TableError`` as `invalidValue`, `invalidKey`, `invalidExpression`, `conditionFailed` or `full`.
    /// - Source: DynamoDB API Reference, *UpdateItem*.
    @discardableResult
    public func update(
        _ key: AttributeMap, _ updates: [TableUpdate], if condition: TableCondition? = nil
    ) throws(TableError) -> TableWrite {
        try write(.update(key, updates, if: condition))
    }

    /// Deletes the item of a key, if there is one.
    ///
    /// - Throws: ``TableError`` as `invalidKey`, `invalidExpression`, `conditionFailed`, or `full` if there is no room for the
    ///   record of the change.
    /// - Source: DynamoDB API Reference, *DeleteItem*.
    @discardableResult
    public func delete(_ key: AttributeMap, if condition: TableCondition? = nil) throws(TableError) -> TableWrite {
        try write(.delete(key, if: condition))
    }

    private func write(_ operation: TableOperation) throws(TableError) -> TableWrite {
        let prepared = try PreparedOperation(operation, schema)
        let (now, wallTime) = (clock.now, clock.wallTime)
        let (write, places) = try machine.withLock { machine throws(TableError) in
            try machine.write(prepared, now: now, wallTime: wallTime)
        }
        announce(places)
        return write
    }

    /// Writes several items: all of them, or none.
    ///
    /// - Parameter operations: 1 to 100, no two of one item, of 4 MB together.
    /// - Returns: What became of each item, in the same order.
    /// - Throws: ``TableError`` as `transactionCancelled` with ``TableError/reasons`` if a condition does not hold or an update cannot
    ///   be made; `invalidValue`, `invalidKey`, `invalidExpression` or `full`.
    /// - Source: DynamoDB API Reference, *TransactWriteItems*.
    @discardableResult
    public func transact(_ operations: [TableOperation]) throws(TableError) -> [TableWrite] {
        let prepared = try PreparedOperation.transaction(operations, schema)
        let (now, wallTime) = (clock.now, clock.wallTime)
        let (writes, places) = try machine.withLock { machine throws(TableError) in
            try machine.transact(prepared, now: now, wallTime: wallTime)
        }
        announce(places)
        return writes
    }

    func announce(_ places: [RecordPlace]) {
        var last: ShardID?
        for place in places where last != place.shard {
            subscribers.tell(place.shard)
            last = place.shard
        }
    }

    // MARK: - Reading

    /// The item of a key; nil if there is none.
    ///
    /// - Parameter key: The key's attributes and no others.
    /// - Throws: ``TableError`` as `invalidKey`.
    /// - Source: DynamoDB API Reference, *GetItem*, with `ConsistentRead`.
    public func get(_ key: AttributeMap) throws(TableError) -> AttributeMap? {
        let key = try schema.key(key)
        return machine.withLock { $0.items[key]?.item }
    }

    /// Items of a partition, in the order of their sort keys.
    ///
    /// - Parameters:
    ///   - partition: The value of the partition key.
    ///   - range: Which sort keys are wanted.
    ///   - isDescending: Whether the last come first.
    ///   - limit: How many are wanted at most; nil for as many as a page has room for.
    ///   - start: ``TablePage/next`` of the page before.
    /// - Throws: ``TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1.
    /// - Source: DynamoDB API Reference, *Query*.
    public func query(
        _ partition: AttributeValue, sortKey range: SortKeyRange = .all, isDescending: Bool = false, limit: Int? = nil,
        startingAfter start: AttributeMap? = nil
    ) throws(TableError) -> TablePage {
        let (partition, limit, start) = try schema.page(of: partition, range, limit: limit, after: start)
        return machine.withLock {
            $0.query(partition, range, isDescending: isDescending, limit: limit, after: start)
        }
    }

    /// Items of all partitions, page by page, in an order that stays the same.
    ///
    /// Each item that is there from the first page to the last is in one of them.
    ///
    /// - Throws: ``TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1.
    /// - Source: DynamoDB API Reference, *Scan*.
    public func scan(limit: Int? = nil, startingAfter start: AttributeMap? = nil) throws(TableError) -> TablePage {
        let (limit, start) = try schema.page(limit: limit, after: start)
        return machine.withLock { $0.scan(limit: limit, after: start) }
    }

    /// How much there is.
    public var figures: Figures {
        let now = clock.now
        return machine.withLock { machine in
            machine.stream?.purge(now: now)
            return Figures(
                items: machine.items.count, bytes: machine.bytes, changes: machine.stream?.recordCount ?? 0,
                changeBytes: machine.stream?.bytes ?? 0, changesOverflown: machine.stream?.overflown ?? 0)
        }
    }
}
