// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
public import FunctionHostTriggers

extension SQLiteTable {
    /// The item of a key; nil if there is none.
    ///
    /// - Parameter key: The key's attributes and no others.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidKey`; ``/FunctionHost/StoreError``.
    /// - Source: DynamoDB API Reference, *GetItem*, with `ConsistentRead`.
    public func get(_ key: AttributeMap) async throws -> AttributeMap? {
        let (key, number) = (try table.schema.key(key), table.number)
        return try await store.look(ItemTables.self) { try $0.get(key, number) }.map(item)
    }

    /// Items of a partition, in the order of their sort keys.
    ///
    /// - Parameters:
    ///   - partition: The value of the partition key.
    ///   - range: Which sort keys are wanted.
    ///   - isDescending: Whether the last come first.
    ///   - limit: How many are wanted at most; nil for as many as a page has room for.
    ///   - start: ``/FunctionHostTriggers/TablePage/next`` of the page before.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1;
    ///   ``/FunctionHost/StoreError``.
    /// - Complexity: O(log *n*) to find the first of *n* items, and O(1) for each that is read.
    /// - Source: DynamoDB API Reference, *Query*.
    public func query(
        _ partition: AttributeValue, sortKey range: SortKeyRange = .all, isDescending: Bool = false, limit: Int? = nil,
        startingAfter start: AttributeMap? = nil
    ) async throws -> TablePage {
        let (partition, limit, start) = try table.schema.page(of: partition, range, limit: limit, after: start)
        let number = table.number
        return try page(
            try await store.look(ItemTables.self) { tables in
                try tables.query(partition, range, isDescending: isDescending, limit: limit, after: start, number)
            })
    }

    /// Items of all partitions, page by page, in an order that stays the same.
    ///
    /// Each item that is there from the first page to the last is in one of them.
    ///
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1;
    ///   ``/FunctionHost/StoreError``.
    /// - Source: DynamoDB API Reference, *Scan*.
    public func scan(limit: Int? = nil, startingAfter start: AttributeMap? = nil) async throws -> TablePage {
        let (limit, start) = try table.schema.page(limit: limit, after: start)
        let number = table.number
        return try page(
            try await store.look(ItemTables.self) { try $0.scan(limit: limit, after: start, number) })
    }

    private func page(_ found: ItemTables.Found) throws -> TablePage {
        let items = try found.items.map(item)
        guard found.hasMore, let last = items.last else { return TablePage(items: items, next: nil) }
        return TablePage(items: items, next: table.schema.item(of: try table.schema.key(of: last)))
    }

    private func item(_ json: [UInt8]) throws -> AttributeMap {
        do throws(SQLiteFault) { return try AttributeMap(kept: json) } catch {
            throw StoreError(error, path: store.path)
        }
    }

    /// How much there is.
    ///
    /// - Throws: ``/FunctionHost/StoreError``.
    /// - Complexity: O(log *n*) for *n* records of changes.
    public var figures: Figures {
        get async throws {
            let (now, table) = (clock.wallTime, table)
            return try await store.look(ItemTables.self) { try $0.figures(table, now: now) }
        }
    }

    /// Puts a value as an item, its properties as attributes: objects are maps, arrays lists, numbers exact.
    ///
    /// - Throws: As ``put(_:if:)``; what the value's own encoding throws.
    @discardableResult
    public func put(encoding value: some Encodable, if condition: TableCondition? = nil) async throws -> TableWrite {
        try await put(AttributeMap(plainJSON: JSONPayloadCoder().encode(value)), if: condition)
    }

    /// The value that was put as the item of a key; nil if there is none.
    ///
    /// - Throws: As ``get(_:)``; ``/FunctionHost/PayloadFault`` if the item is not what the type takes.
    public func get<Value: Decodable>(_ key: AttributeMap, as type: Value.Type) async throws -> Value? {
        try await get(key).map { try JSONPayloadCoder().decode(type, from: $0.plainJSON) }
    }
}
