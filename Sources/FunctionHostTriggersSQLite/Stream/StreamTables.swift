// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// The streams of a file: what is prepared for them on one connection.
final class StreamTables: StoreGuest {
    static let name = "streams"
    static var migrations: [String] { StreamSchema.migrations }

    private let find: Statement
    private let make: Statement
    private let load: Statement
    private let keep: Statement
    let look: Statement
    let insert: Statement
    let delete: Statement
    let readAlone: Statement
    let readShard: Statement
    let listShards: Statement
    let makeShard: Statement
    let closeShard: Statement
    let forgetShards: Statement
    /// The shards of each stream, as long as nobody changes them.
    var shardLists: [Int64: ShardList] = [:]

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT number FROM streams WHERE name = ?1")
        make = try connection.prepare("INSERT INTO streams VALUES (NULL, ?1, ?2, 0, 0, ?2, 1, 0, 1, 0, 0, 0)")
        load = try connection.prepare(
            """
            SELECT began, last, total, arrived, first, dropped, floor, overflown, shards, generation,
                substr(name, 1, 6) = 'table/' FROM streams
            WHERE number = ?1
            """)
        keep = try connection.prepare(
            """
            UPDATE streams SET last = ?2, total = ?3, arrived = ?4, first = ?5, dropped = ?6, floor = ?7,
                overflown = ?8, shards = ?9, generation = ?10 WHERE number = ?1
            """)
        look = try connection.prepare("SELECT arrived, total FROM stream_records WHERE place = ?1")
        insert = try connection.prepare(
            "INSERT INTO stream_records (place, shard, arrived, total, key, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        delete = try connection.prepare("DELETE FROM stream_records WHERE place >= ?1 AND place < ?2")
        readAlone = try connection.prepare(
            """
            SELECT place, arrived, key, data FROM stream_records WHERE place >= ?1 AND place <= ?2
            ORDER BY place LIMIT ?3
            """)
        readShard = try connection.prepare(
            """
            SELECT place, arrived, key, data FROM stream_records WHERE shard = ?4 AND place >= ?1 AND place <= ?2
            ORDER BY place LIMIT ?3
            """)
        listShards = try connection.prepare(
            """
            SELECT number, first_key, last_key, parent, adjacent, began, ended, closed_at FROM stream_shards
            WHERE stream = ?1 ORDER BY number
            """)
        makeShard = try connection.prepare(
            "INSERT INTO stream_shards VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL)")
        closeShard = try connection.prepare(
            "UPDATE stream_shards SET ended = ?3, closed_at = ?4 WHERE stream = ?1 AND number = ?2")
        forgetShards = try connection.prepare(
            "DELETE FROM stream_shards WHERE stream = ?1 AND closed_at <= ?2 AND ended < ?3")
    }

    func forget() { shardLists = [:] }

    /// The stream of this name; made with so many shards if it is not there.
    func open(_ name: String, shardCount: Int, now: Timestamp) throws -> (number: Int64, openShards: Int) {
        find.bind(name, 1)
        if let known = try find.integer() { return (known, try shardList(try row(known)).open.count) }
        make.bind(name, 1)
        make.bind(now, 2)
        try make.run()
        find.bind(name, 1)
        guard let stream = try find.integer(), stream < 1 << (63 - RecordPlace46.bits) else {
            throw SourceError(.full, reason: "there are too many streams in one file")
        }
        var row = try row(stream)
        for keys in HashKeys.shares(shardCount) { _ = try add(keys, parents: [], to: &row) }
        try write(row)
        return (stream, shardCount)
    }

    func row(_ stream: Int64) throws(SQLiteFault) -> StreamRow {
        load.bind(stream, 1)
        guard try load.step() else { throw SQLiteFault(damage: "the stream of number \(stream) is missing") }
        defer { load.reset() }
        return StreamRow(
            stream: stream, isOfTable: load.integer(10) == 1, began: load.time(0), last: load.integer(1),
            total: load.integer(2), arrived: load.time(3), first: load.integer(4), dropped: load.integer(5),
            floor: load.integer(6), overflown: load.integer(7), shards: load.integer(8), generation: load.integer(9))
    }

    func write(_ row: StreamRow) throws(SQLiteFault) {
        keep.bind(row.stream, 1)
        keep.bind(row.last, 2)
        keep.bind(row.total, 3)
        keep.bind(row.arrived, 4)
        keep.bind(row.first, 5)
        keep.bind(row.dropped, 6)
        keep.bind(row.floor, 7)
        keep.bind(row.overflown, 8)
        keep.bind(row.shards, 9)
        keep.bind(row.generation, 10)
        try keep.run()
    }

    /// What the stream of a table's changes is named: as none that somebody opens by its name.
    static func name(ofTable name: String) -> String { "table/\(name)" }

    /// Where a record lies in the table of all streams.
    static func place(_ number: Int64, of stream: Int64) -> Int64 { stream << RecordPlace46.bits + number }
}
