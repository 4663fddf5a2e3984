// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
public import FunctionHostSQLite
public import FunctionHostTriggers

/// A table in a store's file, as DynamoDB has them: what ``/FunctionHostTriggers/InMemoryTable`` does, for good.
///
/// ```swift
/// let carts = try await SQLiteTable("carts", partitionKey: .string("id"), changes: .newAndOldImages, in: store)
/// try await carts.put(["id": "c1", "total": 12], if: .notExists("id"))
/// ```
///
/// What was written is on the disk, as safe as the store's events are. An item's change and the record of it are one transaction:
/// neither is there without the other, whatever ends the process. All that a file has shares the store's thread and its
/// transactions: whoever comes at the same time waits for the disk once. Several processes may use one table; it keeps the
/// calendar's time.
public final class SQLiteTable: Sendable {
    /// How much a table keeps, of items and of changes.
    public typealias Configuration = InMemoryTable.Configuration
    /// How much there is in a table.
    public typealias Figures = InMemoryTable.Figures

    /// How many writes a transaction may have.
    public static let transactionLimit = InMemoryTable.transactionLimit

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:dynamodb:local:000000000000:table/carts`.
    public let arn: String

    let store: SQLiteStore
    let clock: any HostClock
    let table: OpenTable
    private let hub: StreamHub
    private let stream: SQLiteTableChanges?

    /// Opens a table, or makes it.
    ///
    /// - Parameters:
    ///   - name: 3 to 255 characters: letters and digits of ASCII, `.`, `_` and `-`. One name is one table in a file.
    ///   - partitionKey: The attribute by whose value items lie together; the same each time.
    ///   - sortKey: The attribute that tells items of a partition from each other, and orders them; nil if each has its own; the same
    ///     each time.
    ///   - changes: What the records of changes hold from now on, whichever process writes; nil for what was said before, which for
    ///     a new table is that none are kept.
    ///   - configuration: How much is kept; not kept in the file, but for the number of shards.
    ///   - store: Where it lies.
    ///   - system: Where time comes from.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidConfiguration`, also if the table has another key, or `full`;
    ///   ``/FunctionHost/StoreError``, as `newerSchema` if a newer version has made tables in this file.
    public init(
        _ name: String, partitionKey: TableKeyAttribute, sortKey: TableKeyAttribute? = nil,
        changes: TableChangeView? = nil, configuration: Configuration = .init(), in store: SQLiteStore,
        system: HostSystem = .live
    ) async throws {
        arn = try configuration.arn(of: name)
        let schema = try TableSchema(partitionKey: partitionKey, sortKey: sortKey)
        try configuration.check()
        self.name = name
        self.store = store
        clock = system.clock
        hub = store.shared("stream \(StreamTables.name(ofTable: name))") { StreamHub() }
        let now = system.clock.wallTime
        try await store.welcome(StreamTables.self)
        try await store.welcome(ItemTables.self)
        let opened = try await store.change(ItemTables.self) { tables in
            do {
                let opened = try tables.open(name, schema, changes, shardCount: configuration.shardCount, now: now)
                return (number: opened.row.number, stream: opened.row.stream, began: opened.changesBegan)
            } catch let error as SourceError {
                throw TableError(.full, reason: error.reason)
            }
        }
        table = OpenTable(number: opened.number, schema: schema, configuration: configuration)
        guard let number = opened.stream, let began = opened.began else {
            stream = nil
            return
        }
        let streamARN = configuration.streamARN(of: arn, beganAt: began)
        stream = SQLiteTableChanges(
            reader: StreamReader(
                store: store, number: number, configuration: configuration.stream, clock: clock, hub: hub),
            arn: streamARN, writer: DynamoDBEventWriter(streamARN: streamARN, region: configuration.region))
    }

    /// What has changed, as a source that functions are mapped to.
    ///
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `noChangeStream` if the table kept none when it was opened.
    public var changes: SQLiteTableChanges {
        get throws(TableError) {
            guard let stream else { throw TableError(noChangesOf: name) }
            return stream
        }
    }

    // MARK: - Writing

    /// Puts an item in place of the one that has its key; it is safe when this returns.
    ///
    /// - Parameters:
    ///   - item: Its key's attributes and others, up to 400 KB as DynamoDB counts.
    ///   - condition: What must hold of the item that is there.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidValue`, `invalidKey`, `invalidExpression`, `conditionFailed` or
    ///   `full`; ``/FunctionHost/StoreError``, after which nothing of it is kept.
    /// - Source: DynamoDB API Reference, *PutItem*.
    @discardableResult
    public func put(_ item: AttributeMap, if condition: TableCondition? = nil) async throws -> TableWrite {
        try await write(.put(item, if: condition))
    }

    /// Changes attributes of the item of a key, or of one with the key alone that is made for it: all of them, or none.
    ///
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidValue`, `invalidKey`, `invalidExpression`, `conditionFailed` or
    ///   `full`; ``/FunctionHost/StoreError``, after which nothing of it is kept.
    /// - Source: DynamoDB API Reference, *UpdateItem*.
    @discardableResult
    public func update(
        _ key: AttributeMap, _ updates: [TableUpdate], if condition: TableCondition? = nil
    ) async throws -> TableWrite {
        try await write(.update(key, updates, if: condition))
    }

    /// Deletes the item of a key, if there is one.
    ///
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidKey`, `invalidExpression`, `conditionFailed`, or `full` if there
    ///   is no room for the record of the change; ``/FunctionHost/StoreError``, after which the item is there as before.
    /// - Source: DynamoDB API Reference, *DeleteItem*.
    @discardableResult
    public func delete(_ key: AttributeMap, if condition: TableCondition? = nil) async throws -> TableWrite {
        try await write(.delete(key, if: condition))
    }

    private func write(_ operation: TableOperation) async throws -> TableWrite {
        let prepared = try PreparedOperation(operation, table.schema)
        return try await change(bytes: prepared.size) { try $0.write(prepared, $1, now: $2) }.writes[0]
    }

    /// Writes several items: all of them, or none; they are safe when this returns.
    ///
    /// - Parameter operations: 1 to 100, no two of one item, of 4 MB together.
    /// - Returns: What became of each item, in the same order.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `transactionCancelled` with its `reasons` if a condition does not hold or an
    ///   update cannot be made; `invalidValue`, `invalidKey`, `invalidExpression` or `full`; ``/FunctionHost/StoreError``, after
    ///   which nothing of them is kept.
    /// - Source: DynamoDB API Reference, *TransactWriteItems*.
    @discardableResult
    public func transact(_ operations: [TableOperation]) async throws -> [TableWrite] {
        let prepared = try PreparedOperation.transaction(operations, table.schema)
        let bytes = prepared.reduce(0) { $0 + $1.size }
        return try await change(bytes: bytes) { try $0.transact(prepared, $1, now: $2) }.writes
    }

    /// Has something written in the next transaction of the store.
    func change(
        bytes: Int = 0,
        _ write: @escaping @Sendable (ItemTables, OpenTable, Timestamp) throws -> Result<ItemTables.Written, TableError>
    ) async throws -> ItemTables.Written {
        let (now, table) = (clock.wallTime, table)
        let result = try await store.change(ItemTables.self, bytes: bytes) { try write($0, table, now) }
        let written = try result.get()
        hub.put(written.places)
        return written
    }
}
