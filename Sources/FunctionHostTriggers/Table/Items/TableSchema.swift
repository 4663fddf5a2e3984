// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the key of a table's items is.
struct TableSchema: Sendable {
    let partitionKey: TableKeyAttribute
    let sortKey: TableKeyAttribute?

    static let partitionLimit = 2_048
    static let sortLimit = 1_024

    func isKey(_ name: String) -> Bool {
        TextOrder.isEqual(name, partitionKey.name) || sortKey.map { TextOrder.isEqual(name, $0.name) } ?? false
    }

    /// - Throws: ``TableError`` as `invalidConfiguration`.
    func check() throws(TableError) {
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
    func key(of item: AttributeMap) throws(TableError) -> ItemKey {
        let partition = try value(of: partitionKey, in: item, limit: Self.partitionLimit)
        guard let sortKey else { return ItemKey(partition: partition, sort: nil) }
        return ItemKey(partition: partition, sort: try value(of: sortKey, in: item, limit: Self.sortLimit))
    }

    /// The key that is meant by what has the key's attributes and no others.
    ///
    /// - Throws: ``TableError`` as `invalidKey`.
    func key(_ key: AttributeMap) throws(TableError) -> ItemKey {
        let itemKey = try self.key(of: key)
        guard key.count == (sortKey == nil ? 1 : 2) else {
            throw TableError(.invalidKey, reason: "a key has attributes that are not part of the table's key")
        }
        return itemKey
    }

    /// A partition's value.
    ///
    /// - Throws: ``TableError`` as `invalidKey`.
    func partition(_ value: AttributeValue) throws(TableError) -> AttributeValue {
        try self.value(of: partitionKey, in: [partitionKey.name: value], limit: Self.partitionLimit)
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
    func item(of key: ItemKey) -> AttributeMap {
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
