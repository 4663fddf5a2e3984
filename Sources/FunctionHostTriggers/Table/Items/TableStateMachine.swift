// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The items of a table that lives in memory, and the stream of their changes.
///
/// A write decides on everything first, and fails without a trace: what is wrong with the item, its condition, room for it, room
/// for the record. Then the stream takes the records, which is the last that can fail, and the items are changed. Whoever looks
/// from outside of the lock sees both or neither.
struct TableStateMachine: Sendable {
    let schema: TableSchema
    let configuration: InMemoryTable.Configuration
    private(set) var items = ItemTree()
    /// Of all items, as DynamoDB counts.
    private(set) var bytes = 0
    /// nil if no changes are kept.
    var stream: StreamStateMachine?
    let writer: ChangeRecordWriter?

    /// What a write will do to an item.
    private struct Decision {
        let key: ItemKey
        let old: KeptItem?
        let new: KeptItem?

        var isChange: Bool { old?.item != new?.item }
    }

    init(
        schema: TableSchema, changes: TableChangeView?, configuration: InMemoryTable.Configuration, wallTime: Timestamp
    ) {
        self.schema = schema
        self.configuration = configuration
        writer = changes.map { ChangeRecordWriter(view: $0) }
        stream = changes.map { _ in
            StreamStateMachine(
                shardCount: configuration.shardCount, configuration: configuration.stream, wallTime: wallTime,
                base: Self.base(at: wallTime))
        }
    }

    /// 34 digits: 16 of microseconds since 1970, so that numbers of an earlier life are lower, and 18 zeros to count in.
    private static func base(at wallTime: Timestamp) -> SequenceNumber {
        SequenceNumber(low: UInt128(max(0, wallTime.nanoseconds) / 1_000) * 1_000_000_000_000_000_000)
    }

    // MARK: - Writing

    /// Does one write.
    mutating func write(
        _ operation: PreparedOperation, now: Timestamp, wallTime: Timestamp, isExpiry: Bool = false
    ) throws(TableError) -> (TableWrite, [RecordPlace]) {
        let decision = try decide(operation)
        let places = try carryOut([decision], isExpiry: isExpiry, now, wallTime)
        return (TableWrite(old: decision.old?.item, new: decision.new?.item), places)
    }

    /// Does several writes, of different items: all of them, or none.
    mutating func transact(
        _ operations: [PreparedOperation], now: Timestamp, wallTime: Timestamp
    ) throws(TableError) -> ([TableWrite], [RecordPlace]) {
        var decisions: [Decision] = []
        var reasons: [TableError?] = []
        for operation in operations {
            do throws(TableError) {
                decisions.append(try decide(operation))
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
        let places = try carryOut(decisions, isExpiry: false, now, wallTime)
        return (decisions.map { TableWrite(old: $0.old?.item, new: $0.new?.item) }, places)
    }

    private func decide(_ operation: PreparedOperation) throws(TableError) -> Decision {
        let (key, old) = (operation.key, items[operation.key])
        if let condition = operation.condition, !condition.holds(of: old?.item ?? AttributeMap()) {
            throw TableError(
                .conditionFailed, reason: "the condition does not hold of the item; nothing was written",
                item: old?.item)
        }
        switch operation.action {
        case .put(let item, let size):
            return Decision(key: key, old: old, new: KeptItem(key: key, item: item, size: size))
        case .update(let updates):
            let (item, size) = try updates.applied(to: old?.item ?? schema.item(of: key)).surveyed()
            return Decision(key: key, old: old, new: KeptItem(key: key, item: item, size: size))
        case .delete: return Decision(key: key, old: old, new: nil)
        case .check: return Decision(key: key, old: old, new: old)
        }
    }

    private mutating func carryOut(
        _ decisions: [Decision], isExpiry: Bool, _ now: Timestamp, _ wallTime: Timestamp
    ) throws(TableError) -> [RecordPlace] {
        var (moreItems, moreBytes) = (0, 0)
        for decision in decisions {
            moreItems += (decision.new == nil ? 0 : 1) - (decision.old == nil ? 0 : 1)
            moreBytes += (decision.new?.size ?? 0) - (decision.old?.size ?? 0)
        }
        try checkRoom(items: moreItems, bytes: moreBytes)
        let changes = decisions.filter(\.isChange)
        guard !changes.isEmpty else { return [] }
        let places = try record(changes, isExpiry: isExpiry, now, wallTime)
        for change in changes {
            if let new = change.new { items.put(new) } else { items.remove(change.key) }
        }
        bytes += moreBytes
        return places
    }

    private func checkRoom(items more: Int, bytes moreBytes: Int) throws(TableError) {
        guard
            more > 0 && items.count + more > configuration.itemLimit
                || moreBytes > 0 && bytes + moreBytes > configuration.byteLimit
        else { return }
        throw TableError(
            .full,
            reason: "no room in the table: there are \(items.count) of \(configuration.itemLimit) items, \(bytes) of "
                + "\(configuration.byteLimit) bytes; delete some, or allow more")
    }

    /// Puts the records of changes into the stream: all of them, or none.
    private mutating func record(
        _ changes: [Decision], isExpiry: Bool, _ now: Timestamp, _ wallTime: Timestamp
    ) throws(TableError) -> [RecordPlace] {
        guard let writer else { return [] }
        let records = changes.map { change in (Self.entry(change, schema, writer, isExpiry), Optional(change.key.hash))
        }
        do throws(SourceError) {
            return try stream?.put(records, now: now, wallTime: wallTime) ?? []
        } catch {
            throw TableError(
                .full, reason: "no room for the record of a change, so nothing was written: \(error.reason)")
        }
    }

    private static func entry(
        _ change: Decision, _ schema: TableSchema, _ writer: ChangeRecordWriter, _ isExpiry: Bool
    ) -> RecordEntry {
        let keys = schema.item(of: change.key)
        let json = keys.dynamoDBJSON
        let kind: TableChange.Kind = change.old == nil ? .insert : change.new == nil ? .remove : .modify
        let size = writer.size(keys: keys.size, new: change.new?.size, old: change.old?.size)
        let data = writer.data(
            of: TableChange(
                kind, keys: keys, newImage: change.new?.item, oldImage: change.old?.item, isExpiry: isExpiry),
            keys: json, size: size)
        return RecordEntry(
            partitionKey: String(decoding: json, as: UTF8.self), explicitHashKey: change.key.hash, data: data)
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
