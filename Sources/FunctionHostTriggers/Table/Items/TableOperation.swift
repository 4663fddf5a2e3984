// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One of the writes of a transaction.
public struct TableOperation: Sendable {
    enum Action: Sendable {
        case put(AttributeMap)
        case update(AttributeMap, [TableUpdate])
        case delete(AttributeMap)
        case check(AttributeMap)
    }

    let action: Action
    let condition: TableCondition?

    /// Puts an item in place of the one that has its key.
    public static func put(_ item: AttributeMap, if condition: TableCondition? = nil) -> Self {
        Self(action: .put(item), condition: condition)
    }

    /// Changes attributes of the item of a key, or of one that is made for it.
    public static func update(
        _ key: AttributeMap, _ updates: [TableUpdate], if condition: TableCondition? = nil
    ) -> Self {
        Self(action: .update(key, updates), condition: condition)
    }

    /// Deletes the item of a key, if there is one.
    public static func delete(_ key: AttributeMap, if condition: TableCondition? = nil) -> Self {
        Self(action: .delete(key), condition: condition)
    }

    /// Changes nothing, but must hold.
    public static func check(_ key: AttributeMap, _ condition: TableCondition) -> Self {
        Self(action: .check(key), condition: condition)
    }
}

/// What became of the item that was written.
public struct TableWrite: Sendable, Hashable {
    /// As it was before; nil if there was none.
    public let old: AttributeMap?
    /// As it is now; nil if there is none.
    public let new: AttributeMap?

    package init(old: AttributeMap?, new: AttributeMap?) {
        self.old = old
        self.new = new
    }

    /// Whether it is another one than before; otherwise there is no record of it either.
    public var isChange: Bool { old != new }
}

/// An operation that has been looked over, as far as that can be done without the table.
package struct PreparedOperation: Sendable {
    enum Action: Sendable {
        case put(AttributeMap, size: Int)
        case update([TableUpdate])
        case delete
        case check
    }

    package let key: ItemKey
    let action: Action
    let condition: TableCondition?

    /// - Throws: ``TableError`` as `invalidValue`, `invalidKey` or `invalidExpression`.
    package init(_ operation: TableOperation, _ schema: TableSchema) throws(TableError) {
        if let condition = operation.condition { try condition.check() }
        condition = operation.condition
        switch operation.action {
        case .put(let item):
            let (item, size) = try item.surveyed()
            key = try schema.key(of: item)
            action = .put(item, size: size)
        case .update(let key, let updates):
            self.key = try schema.key(key)
            try updates.check(isKey: schema.isKey)
            action = .update(updates)
        case .delete(let key):
            self.key = try schema.key(key)
            action = .delete
        case .check(let key):
            self.key = try schema.key(key)
            action = .check
        }
    }

    /// The deletion of an item, whatever it is.
    package init(deleting key: ItemKey) {
        self.key = key
        action = .delete
        condition = nil
    }

    /// How many writes a transaction may have.
    package static let transactionLimit = 100

    /// The writes of a transaction.
    ///
    /// - Throws: ``TableError`` as `invalidValue`, `invalidKey` or `invalidExpression`.
    package static func transaction(
        _ operations: [TableOperation], _ schema: TableSchema
    ) throws(TableError) -> [Self] {
        guard (1...transactionLimit).contains(operations.count) else {
            throw TableError(
                .invalidExpression, reason: "a transaction of \(operations.count) writes: from 1 to \(transactionLimit)"
            )
        }
        let prepared = try operations.map { operation throws(TableError) in try Self(operation, schema) }
        let keys = prepared.map(\.key).sorted()
        guard zip(keys, keys.dropFirst()).allSatisfy({ $0 != $1 }) else {
            throw TableError(.invalidExpression, reason: "a transaction has two writes of one item")
        }
        let size = prepared.reduce(0) { $0 + $1.size }
        guard size <= 4 << 20 else {
            throw TableError(.invalidValue, reason: "a transaction of \(size) bytes: up to \(4 << 20)")
        }
        return prepared
    }

    /// What it puts counts for, as DynamoDB counts.
    package var size: Int { if case .put(_, let size) = action { size } else { 0 } }
}
