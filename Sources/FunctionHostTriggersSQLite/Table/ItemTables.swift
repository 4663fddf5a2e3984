// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// What the file has of one table, but its items.
struct TableRow {
    let number: Int64
    let partitionKey: String
    let sortKey: String?
    var view: TableChangeView?
    var stream: Int64?
    var tally: TableTally
}

/// A table that somebody has opened.
struct OpenTable: Sendable {
    let number: Int64
    let schema: TableSchema
    let configuration: InMemoryTable.Configuration
}

/// The tables of a file: what is prepared for them on one connection.
final class ItemTables: StoreGuest {
    static let name = "tables"
    static var migrations: [String] { ItemSchema.migrations }

    /// For the records of changes, which are written with the items.
    let streams: StreamTables
    private let find: Statement
    private let make: Statement
    private let load: Statement
    private let keep: Statement
    let look: Statement
    let upsert: Statement
    let delete: Statement
    let forward: Statement
    let backward: Statement
    let through: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        streams = try StreamTables(on: connection)
        find = try connection.prepare("SELECT number FROM item_tables WHERE name = ?1")
        make = try connection.prepare("INSERT INTO item_tables VALUES (NULL, ?1, ?2, ?3, NULL, NULL, 0, 0)")
        load = try connection.prepare(
            "SELECT partition_key, sort_key, view, stream, items, bytes FROM item_tables WHERE number = ?1")
        keep = try connection.prepare(
            "UPDATE item_tables SET view = ?2, stream = ?3, items = ?4, bytes = ?5 WHERE number = ?1")
        look = try connection.prepare("SELECT size, json FROM items WHERE owner = ?1 AND part = ?2 AND sort = ?3")
        upsert = try connection.prepare("INSERT OR REPLACE INTO items VALUES (?1, ?2, ?3, ?4, ?5)")
        delete = try connection.prepare("DELETE FROM items WHERE owner = ?1 AND part = ?2 AND sort = ?3")
        forward = try connection.prepare(
            "SELECT size, json FROM items WHERE owner = ?1 AND part = ?2 AND sort >= ?3 AND sort < ?4 ORDER BY sort")
        backward = try connection.prepare(
            "SELECT size, json FROM items WHERE owner = ?1 AND part = ?2 AND sort >= ?3 AND sort < ?4 ORDER BY sort DESC"
        )
        through = try connection.prepare(
            "SELECT size, json FROM items WHERE owner = ?1 AND (part, sort) > (?2, ?3) ORDER BY part, sort")
    }

    func forget() { streams.forget() }

    /// The table of this name, made if it is not there, and when its changes began to be kept, if they are.
    func open(
        _ name: String, _ schema: TableSchema, _ view: TableChangeView?, shardCount: Int, now: Timestamp
    ) throws -> (row: TableRow, changesBegan: Timestamp?) {
        let (partitionKey, sortKey) = (schema.partitionKey.text, schema.sortKey?.text)
        var row = try row(try number(name, partitionKey, sortKey))
        // By their bytes, as attributes' names are.
        guard Array(row.partitionKey.utf8) == Array(partitionKey.utf8),
            row.sortKey.map({ Array($0.utf8) }) == sortKey.map({ Array($0.utf8) })
        else {
            throw TableError(
                .invalidConfiguration,
                reason: "the table \(name) is in the file with another key: open it with that one, or by another name")
        }
        if let view, row.view != view {
            row.view = view
            if row.stream == nil {
                row.stream = try streams.open(StreamTables.name(ofTable: name), shardCount: shardCount, now: now).number
            }
            try write(row)
        }
        return (row, try row.stream.map { stream throws(SQLiteFault) in try streams.row(stream).began })
    }

    private func number(_ name: String, _ partitionKey: String, _ sortKey: String?) throws(SQLiteFault) -> Int64 {
        find.bind(name, 1)
        if let known = try find.integer() { return known }
        make.bind(name, 1)
        make.bind(partitionKey, 2)
        make.bind(sortKey, 3)
        try make.run()
        find.bind(name, 1)
        guard let number = try find.integer() else { throw SQLiteFault(damage: "a table is not where it was made") }
        return number
    }

    func row(_ number: Int64) throws(SQLiteFault) -> TableRow {
        load.bind(number, 1)
        guard try load.step() else { throw SQLiteFault(damage: "the table of number \(number) is missing") }
        defer { load.reset() }
        return TableRow(
            number: number, partitionKey: load.text(0) ?? "", sortKey: load.isNull(1) ? nil : load.text(1),
            view: load.isNull(2) ? nil : load.text(2).flatMap { TableChangeView(rawValue: $0) },
            stream: load.isNull(3) ? nil : load.integer(3),
            tally: TableTally(items: load.int(4), bytes: load.int(5)))
    }

    func write(_ row: TableRow) throws(SQLiteFault) {
        keep.bind(row.number, 1)
        keep.bind(row.view?.rawValue, 2)
        keep.bind(row.stream, 3)
        keep.bind(row.tally.items, 4)
        keep.bind(row.tally.bytes, 5)
        try keep.run()
    }
}

extension TableKeyAttribute {
    /// As it is in the file.
    fileprivate var text: String { "\(kind.rawValue) \(name)" }
}
