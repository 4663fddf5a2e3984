// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the key of a table's items is.
package struct TableSchema: Sendable, Hashable {
    package let partitionKey: TableKeyAttribute
    package let sortKey: TableKeyAttribute?

    static let partitionLimit = 2_048
    static let sortLimit = 1_024

    package init(partitionKey: TableKeyAttribute, sortKey: TableKeyAttribute?) throws(TableError) {
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        try check()
    }

    func isKey(_ name: String) -> Bool {
        TextOrder.isEqual(name, partitionKey.name) || sortKey.map { TextOrder.isEqual(name, $0.name) } ?? false
    }

    /// - Throws: ``TableError`` as `invalidConfiguration`.
    private func check() throws(TableError) {
        for attribute in [partitionKey] + (sortKey.map { [$0] } ?? []) {
            guard (1...255).contains(attribute.name.utf8.count) else {
                throw TableError(.invalidConfiguration, reason: "a key attribute's name has 1 to 255 bytes")
            }
        }
        guard sortKey.map({ !TextOrder.isEqual($0.name, partitionKey.name) }) ?? true else {
            throw TableError(.invalidConfiguration, reason: "partition key and sort key are one attribute")
        }
    }

    /// The key of an item.
    ///
    /// - Throws: ``TableError`` as `invalidKey`.
    package func key(of item: AttributeMap) throws(TableError) -> ItemKey {
        let partition = try value(of: partitionKey, in: item, limit: Self.partitionLimit)
        guard let sortKey else { return ItemKey(partition: partition, sort: nil) }
        return ItemKey(partition: partition, sort: try value(of: sortKey, in: item, limit: Self.sortLimit))
    }

    /// The key that is meant by what has the key's attributes and no others.
    ///
    /// - Throws: ``TableError`` as `invalidKey`.
    package func key(_ key: AttributeMap) throws(TableError) -> ItemKey {
        let itemKey = try self.key(of: key)
        guard key.count == (sortKey == nil ? 1 : 2) else {
            throw TableError(.invalidKey, reason: "a key has attributes that are not part of the table's key")
        }
        return itemKey
    }

    /// A partition's value.
    ///
    /// - Throws: ``TableError`` as `invalidKey`.
    package func partition(_ value: AttributeValue) throws(TableError) -> AttributeValue {
        try self.value(of: partitionKey, in: [partitionKey.name: value], limit: Self.partitionLimit)
    }

    /// Where a page begins, and how much it may have.
    ///
    /// - Throws: ``TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1.
    package func page(limit: Int?, after start: AttributeMap?) throws(TableError) -> (limit: Int, start: ItemKey?) {
        guard limit.map({ $0 >= 1 }) ?? true else {
            throw TableError(.invalidExpression, reason: "a limit of \(limit ?? 0) items: at least 1")
        }
        guard let start else { return (limit ?? .max, nil) }
        return (limit ?? .max, try key(start))
    }

    /// Where a page of a partition begins, and how much it may have.
    ///
    /// - Throws: ``TableError`` as `invalidKey`, or `invalidExpression` if the limit is less than 1.
    package func page(
        of partition: AttributeValue, _ range: SortKeyRange, limit: Int?, after start: AttributeMap?
    ) throws(TableError) -> (partition: ItemKey, limit: Int, start: ItemKey?) {
        let partition = ItemKey(partition: try self.partition(partition), sort: nil)
        try range.check(sortKey)
        let (limit, start) = try page(limit: limit, after: start)
        guard start?.isInPartition(of: partition) ?? true else {
            throw TableError(.invalidKey, reason: "the key to start after is of another partition")
        }
        return (partition, limit, start)
    }

    private func value(
        of attribute: TableKeyAttribute, in item: AttributeMap, limit: Int
    ) throws(TableError) -> AttributeValue {
        guard let value = item[attribute.name], value.kind == attribute.kind else {
            throw TableError(
                .invalidKey,
                reason: "the key attribute “\(attribute.name)” must be there, of type \(attribute.kind.rawValue)")
        }
        guard (1...limit).contains(value.keySize) else {
            throw TableError(
                .invalidKey,
                reason: "the key attribute “\(attribute.name)” has \(value.keySize) bytes: from 1 to \(limit)")
        }
        return value
    }

    /// A key's attributes.
    package func item(of key: ItemKey) -> AttributeMap {
        var item: AttributeMap = [partitionKey.name: key.partition]
        if let sortKey, let sort = key.sort { item[sortKey.name] = sort }
        return item
    }
}

extension AttributeValue {
    fileprivate var keySize: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        case .number(let number): number.size
        case .bool, .null, .map, .list, .stringSet, .numberSet, .binarySet: 0
        }
    }
}
