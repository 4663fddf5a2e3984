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

    init(
        schema: TableSchema, changes: TableChangeView?, configuration: InMemoryTable.Configuration, wallTime: Timestamp
    ) {
        self.schema = schema
        self.configuration = configuration
        writer = changes.map { ChangeRecordWriter(view: $0) }
        stream = changes.map { _ in
            StreamStateMachine(
                shardCount: configuration.shardCount, configuration: configuration.stream, wallTime: wallTime,
                base: StreamNumbers(tableBeganAt: wallTime).base)
        }
    }

    // MARK: - Writing

    /// Does one write.
    mutating func write(
        _ operation: PreparedOperation, now: Timestamp, wallTime: Timestamp, isExpiry: Bool = false
    ) throws(TableError) -> (TableWrite, [RecordPlace]) {
        let decision = try TableDecision(operation, old: items[operation.key], schema)
        let places = try carryOut([decision], isExpiry: isExpiry, now, wallTime)
        return (decision.write, places)
    }

    /// Does several writes, of different items: all of them, or none.
    mutating func transact(
        _ operations: [PreparedOperation], now: Timestamp, wallTime: Timestamp
    ) throws(TableError) -> ([TableWrite], [RecordPlace]) {
        let decisions = try TableDecision.all(operations, olds: operations.map { items[$0.key] }, schema)
        let places = try carryOut(decisions, isExpiry: false, now, wallTime)
        return (decisions.map(\.write), places)
    }

    private mutating func carryOut(
        _ decisions: [TableDecision], isExpiry: Bool, _ now: Timestamp, _ wallTime: Timestamp
    ) throws(TableError) -> [RecordPlace] {
        let tally = try TableTally(items: items.count, bytes: bytes).after(decisions, within: configuration)
        let changes = decisions.filter(\.isChange)
        guard !changes.isEmpty else { return [] }
        let places = try record(changes, isExpiry: isExpiry, now, wallTime)
        for change in changes {
            if let new = change.new { items.put(new) } else { items.remove(change.key) }
        }
        bytes = tally.bytes
        return places
    }

    /// Puts the records of changes into the stream: all of them, or none.
    private mutating func record(
        _ changes: [TableDecision], isExpiry: Bool, _ now: Timestamp, _ wallTime: Timestamp
    ) throws(TableError) -> [RecordPlace] {
        guard let writer else { return [] }
        let records = changes.map { ($0.record(writer, schema, isExpiry: isExpiry), Optional($0.key.hash)) }
        do throws(SourceError) {
            return try stream?.put(records, now: now, wallTime: wallTime) ?? []
        } catch {
            throw TableError(noRoomForRecord: error)
        }
    }
}
