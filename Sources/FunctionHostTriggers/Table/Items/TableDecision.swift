// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a write will do to an item: a pure function of the item that is there, wherever it is kept.
package struct TableDecision: Sendable {
    package let key: ItemKey
    package let old: KeptItem?
    package let new: KeptItem?

    package var isChange: Bool { old?.item != new?.item }
    package var write: TableWrite { TableWrite(old: old?.item, new: new?.item) }

    /// - Throws: ``TableError`` as `conditionFailed`, `invalidValue` or `invalidExpression`.
    package init(_ operation: PreparedOperation, old: KeptItem?, _ schema: TableSchema) throws(TableError) {
        key = operation.key
        self.old = old
        if let condition = operation.condition, !condition.holds(of: old?.item ?? AttributeMap()) {
            throw TableError(
                .conditionFailed, reason: "the condition does not hold of the item; nothing was written",
                item: old?.item)
        }
        switch operation.action {
        case .put(let item, let size): new = KeptItem(key: key, item: item, size: size)
        case .update(let updates):
            let (item, size) = try updates.applied(to: old?.item ?? schema.item(of: key)).surveyed()
            new = KeptItem(key: key, item: item, size: size)
        case .delete: new = nil
        case .check: new = old
        }
    }

    /// What a transaction will do: all of its writes, or none.
    ///
    /// - Parameter olds: The item that is there for each operation.
    /// - Throws: ``TableError`` as `transactionCancelled`.
    package static func all(
        _ operations: [PreparedOperation], olds: [KeptItem?], _ schema: TableSchema
    ) throws(TableError) -> [Self] {
        var decisions: [Self] = []
        var reasons: [TableError?] = []
        for (operation, old) in zip(operations, olds) {
            do throws(TableError) {
                decisions.append(try Self(operation, old: old, schema))
                reasons.append(nil)
            } catch {
                reasons.append(error)
            }
        }
        guard decisions.count == operations.count else {
            let codes = reasons.map { $0?.code.description ?? "none" }.joined(separator: ", ")
            throw TableError(
                .transactionCancelled, reason: "nothing was written; what each write failed at: \(codes)",
                reasons: reasons)
        }
        return decisions
    }

    /// The record of the change.
    package func record(_ writer: ChangeRecordWriter, _ schema: TableSchema, isExpiry: Bool) -> RecordEntry {
        let keys = schema.item(of: key)
        let json = keys.dynamoDBJSON
        let kind: TableChange.Kind = old == nil ? .insert : new == nil ? .remove : .modify
        let size = writer.size(keys: keys.size, new: new?.size, old: old?.size)
        let data = writer.data(
            of: TableChange(kind, keys: keys, newImage: new?.item, oldImage: old?.item, isExpiry: isExpiry),
            keys: json, size: size)
        return RecordEntry(
            partitionKey: String(decoding: json, as: UTF8.self), explicitHashKey: key.hash, data: data)
    }
}

extension AttributeMap {
    /// What it counts for, as DynamoDB counts; it must have been surveyed before.
    fileprivate var size: Int {
        var survey = ValueSurvey()
        // What is kept can be kept.
        try? survey.add(self)
        return survey.size
    }
}

/// How much there is in a table.
package struct TableTally: Sendable {
    package var items: Int
    /// Of all items, as DynamoDB counts.
    package var bytes: Int

    package init(items: Int, bytes: Int) {
        self.items = items
        self.bytes = bytes
    }

    /// How much there is once decisions are carried out.
    ///
    /// - Throws: ``TableError`` as `full` if there is more then, and more than may be.
    package func after(
        _ decisions: [TableDecision], within configuration: InMemoryTable.Configuration
    ) throws(TableError) -> Self {
        var next = self
        for decision in decisions {
            next.items += (decision.new == nil ? 0 : 1) - (decision.old == nil ? 0 : 1)
            next.bytes += (decision.new?.size ?? 0) - (decision.old?.size ?? 0)
        }
        guard
            next.items > items && next.items > configuration.itemLimit
                || next.bytes > bytes && next.bytes > configuration.byteLimit
        else { return next }
        throw TableError(
            .full,
            reason: "no room in the table: there are \(items) of \(configuration.itemLimit) items, \(bytes) of "
                + "\(configuration.byteLimit) bytes; delete some, or allow more")
    }
}

extension TableError {
    /// There is no room for the record of a change.
    package init(noRoomForRecord error: SourceError) {
        self.init(.full, reason: "no room for the record of a change, so nothing was written: \(error.reason)")
    }

    /// A table has no changes to follow.
    package init(noChangesOf name: String) {
        self.init(
            .noChangeStream, reason: "the table \(name) keeps no changes: make it with changes: .newAndOldImages")
    }
}
