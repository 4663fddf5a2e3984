// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension ItemTables {
    /// What became of items, and where the records of their changes are.
    struct Written: Sendable {
        var writes: [TableWrite]
        var places: [RecordPlace] = []
    }

    /// Does one write.
    ///
    /// - Returns: A fault that was found before anything was done: nothing is to be undone then.
    func write(
        _ operation: PreparedOperation, _ table: OpenTable, now: Timestamp
    ) throws -> Result<Written, TableError> {
        let old = try item(operation.key, table.number)
        return try decide(table, now) { () throws(TableError) in
            [try TableDecision(operation, old: old, table.schema)]
        }
    }

    /// Does several writes, of different items: all of them, or none.
    func transact(
        _ operations: [PreparedOperation], _ table: OpenTable, now: Timestamp
    ) throws -> Result<Written, TableError> {
        let olds = try operations.map { try item($0.key, table.number) }
        return try decide(table, now) { () throws(TableError) in
            try TableDecision.all(operations, olds: olds, table.schema)
        }
    }

    /// Deletes those items whose time is over: all of them, or none.
    func expire(
        _ keys: [ItemKey], _ rule: TableExpiryRule, _ table: OpenTable, now: Timestamp
    ) throws -> Result<Written, TableError> {
        // Meanwhile somebody may have given them more time.
        let olds = try keys.compactMap { try item($0, table.number) }.filter { rule.isOver($0.item) }
        return try decide(table, isExpiry: true, now) { () throws(TableError) in
            try olds.map { old throws(TableError) in
                try TableDecision(PreparedOperation(deleting: old.key), old: old, table.schema)
            }
        }
    }

    private func decide(
        _ table: OpenTable, isExpiry: Bool = false, _ now: Timestamp,
        _ decide: () throws(TableError) -> [TableDecision]
    ) throws -> Result<Written, TableError> {
        var row = try row(table.number)
        let decisions: [TableDecision]
        let tally: TableTally
        do throws(TableError) {
            decisions = try decide()
            tally = try row.tally.after(decisions, within: table.configuration)
        } catch {
            return .failure(error)
        }
        var written = Written(writes: decisions.map(\.write))
        let changes = decisions.filter(\.isChange)
        guard !changes.isEmpty else { return .success(written) }
        written.places = try record(changes, row, table, isExpiry: isExpiry, now)
        for change in changes { try carryOut(change, table.number) }
        if tally.items != row.tally.items || tally.bytes != row.tally.bytes {
            row.tally = tally
            try write(row)
        }
        return .success(written)
    }

    private func record(
        _ changes: [TableDecision], _ row: TableRow, _ table: OpenTable, isExpiry: Bool, _ now: Timestamp
    ) throws -> [RecordPlace] {
        // By what the file says: another process may have begun to keep them after this one had opened the table.
        guard let stream = row.stream, let view = row.view else { return [] }
        let writer = ChangeRecordWriter(view: view)
        let records = changes.map { change in
            (change.record(writer, table.schema, isExpiry: isExpiry), Optional(change.key.hash))
        }
        do {
            return try streams.put(records, into: stream, table.configuration.stream, now: now)
        } catch let error as SourceError {
            throw TableError(noRoomForRecord: error)
        }
    }

    private func carryOut(_ change: TableDecision, _ owner: Int64) throws(SQLiteFault) {
        guard let new = change.new else {
            bind(change.key, owner, to: delete)
            return try delete.run()
        }
        bind(new.key, owner, to: upsert)
        upsert.bind(new.size, 4)
        try new.item.dynamoDBJSON.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
            upsert.bind(bytes, 5)
            try upsert.run()
        }
    }

    func bind(_ key: ItemKey, _ owner: Int64, to statement: Statement) {
        statement.bind(owner, 1)
        statement.bindCopy(key.partitionBytes, 2)
        statement.bindCopy(key.sortBytes, 3)
    }
}
