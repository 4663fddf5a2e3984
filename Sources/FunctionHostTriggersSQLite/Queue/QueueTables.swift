// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// The queues of a file: what is prepared for them on one connection.
final class QueueTables: StoreGuest {
    static let name = "queues"
    static var migrations: [String] { QueueSchema.migrations }

    private let find: Statement
    private let make: Statement
    private let load: Statement
    private let keep: Statement
    let messages: MessageStatements
    let groups: GroupStatements
    let keys: DeduplicationStatements

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT number FROM queues WHERE name = ?1")
        make = try connection.prepare("INSERT INTO queues VALUES (NULL, ?1, ?2, ?3, 0, 0, 0, 0, 0, 0)")
        load = try connection.prepare(
            "SELECT began, seed, last, fence, count, bytes, keys, expired FROM queues WHERE number = ?1")
        keep = try connection.prepare(
            """
            UPDATE queues SET last = ?2, fence = ?3, count = ?4, bytes = ?5, keys = ?6, expired = ?7
            WHERE number = ?1
            """)
        messages = try MessageStatements(on: connection)
        groups = try GroupStatements(on: connection)
        keys = try DeduplicationStatements(on: connection)
    }

    func forget() {}

    /// The queue of this name; made if it is not there.
    func open(_ name: String, seed: UInt64, now: Timestamp) throws -> Int64 {
        find.bind(name, 1)
        if let known = try find.integer() { return known }
        make.bind(name, 1)
        make.bind(now, 2)
        make.bind(Int64(bitPattern: seed), 3)
        try make.run()
        find.bind(name, 1)
        guard let queue = try find.integer(), queue < 1 << (63 - MessagePlace.bits) else {
            throw SourceError(.full, reason: "there are too many queues in one file")
        }
        return queue
    }

    func row(_ queue: Int64) throws(SQLiteFault) -> QueueRow {
        load.bind(queue, 1)
        guard try load.step() else { throw SQLiteFault(damage: "the queue of number \(queue) is missing") }
        defer { load.reset() }
        return QueueRow(
            queue: queue, began: load.time(0), seed: UInt64(bitPattern: load.integer(1)), last: load.integer(2),
            fence: load.integer(3), count: load.integer(4), bytes: load.integer(5), keys: load.integer(6),
            expired: load.integer(7))
    }

    func write(_ row: QueueRow) throws(SQLiteFault) {
        keep.bind(row.queue, 1)
        keep.bind(row.last, 2)
        keep.bind(row.fence, 3)
        keep.bind(row.count, 4)
        keep.bind(row.bytes, 5)
        keep.bind(row.keys, 6)
        keep.bind(row.expired, 7)
        try keep.run()
    }
}

/// Finds, makes, changes and deletes messages.
struct MessageStatements {
    let find: Statement
    let insert: Statement
    let insertBody: Statement
    let delete: Statement
    let deleteBody: Statement
    let visible: Statement
    let visibleInLine: Statement
    let content: Statement
    let take: Statement
    let setDue: Statement
    let old: Statement
    let oldest: Statement
    let nextDue: Statement
    let count: Statement
    let countInLines: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        let row = MessageRow.columns
        find = try connection.prepare("SELECT \(row) FROM queue_messages WHERE place = ?1")
        insert = try connection.prepare(
            """
            INSERT INTO queue_messages
                (place, queue, id, due, held, born, sent, size, receives, fence, line, key, source, attributes, body)
            VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, 0, 0, ?8, ?9, ?10, ?11, ?12)
            """)
        insertBody = try connection.prepare("INSERT INTO queue_bodies (place, body) VALUES (?1, ?2)")
        delete = try connection.prepare("DELETE FROM queue_messages WHERE place = ?1")
        deleteBody = try connection.prepare("DELETE FROM queue_bodies WHERE place = ?1")
        visible = try connection.prepare(
            """
            SELECT \(row) FROM queue_messages WHERE queue = ?1 AND line IS NULL AND due <= ?2
            ORDER BY due, fence LIMIT ?3
            """)
        visibleInLine = try connection.prepare(
            "SELECT \(row) FROM queue_messages WHERE line = ?1 AND due <= ?2 ORDER BY place LIMIT ?3")
        content = try connection.prepare(
            """
            SELECT id, coalesce(m.body, b.body), sent, received, key, source, attributes, g.name
            FROM queue_messages m LEFT JOIN queue_bodies b ON b.place = m.place
                LEFT JOIN queue_groups g ON g.number = m.line
            WHERE m.place = ?1
            """)
        take = try connection.prepare(
            """
            UPDATE queue_messages SET due = ?2, held = 1, fence = ?3, receives = ?4, received = coalesce(received, ?5)
            WHERE place = ?1
            """)
        setDue = try connection.prepare("UPDATE queue_messages SET due = ?2, held = 1 WHERE place = ?1")
        old = try connection.prepare(
            "SELECT \(row) FROM queue_messages WHERE queue = ?1 AND born <= ?2 ORDER BY born LIMIT ?3")
        oldest = try connection.prepare("SELECT min(born) FROM queue_messages WHERE queue = ?1")
        nextDue = try connection.prepare(
            """
            SELECT due FROM queue_messages WHERE queue = ?1 AND line IS NULL AND due > ?2 ORDER BY due LIMIT 1
            """)
        count = try connection.prepare(
            """
            SELECT count(*), coalesce(sum(fence > 0), 0) FROM queue_messages
            WHERE queue = ?1 AND line IS NULL AND due > ?2
            """)
        countInLines = try connection.prepare(
            """
            SELECT (SELECT count(*) FROM queue_groups g CROSS JOIN queue_messages m
                    WHERE g.queue = ?1 AND m.line = g.number AND m.held = 0 AND m.due > ?2),
                (SELECT count(*) FROM queue_groups g CROSS JOIN queue_messages m
                    WHERE g.queue = ?1 AND m.line = g.number AND m.held = 1 AND m.due > ?2)
            """)
    }
}

/// Finds, makes and changes the groups of FIFO queues.
struct GroupStatements {
    let find: Statement
    let insert: Statement
    let ready: Statement
    let delete: Statement
    let inLine: Statement
    let nextReady: Statement
    let held: Statement
    let earliest: Statement
    let setReady: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT number FROM queue_groups WHERE queue = ?1 AND name = ?2")
        insert = try connection.prepare("INSERT INTO queue_groups (queue, name, ready, turn) VALUES (?1, ?2, ?3, 0)")
        ready = try connection.prepare("SELECT ready FROM queue_groups WHERE number = ?1")
        delete = try connection.prepare("DELETE FROM queue_groups WHERE number = ?1")
        inLine = try connection.prepare(
            "SELECT number FROM queue_groups WHERE queue = ?1 AND ready <= ?2 ORDER BY ready, turn LIMIT ?3")
        nextReady = try connection.prepare(
            "SELECT ready FROM queue_groups WHERE queue = ?1 AND ready > ?2 ORDER BY ready LIMIT 1")
        held = try connection.prepare("SELECT max(due) FROM queue_messages WHERE line = ?1 AND held = 1")
        earliest = try connection.prepare("SELECT min(due) FROM queue_messages WHERE line = ?1 AND held = ?2")
        setReady = try connection.prepare("UPDATE queue_groups SET ready = ?2, turn = ?3 WHERE number = ?1")
    }
}

/// Remembers deduplication ids.
struct DeduplicationStatements {
    /// How long an id is remembered, though its message be gone.
    static let window = Duration.seconds(300)

    let find: Statement
    let insert: Statement
    let purge: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare(
            "SELECT id, number, until FROM queue_keys WHERE queue = ?1 AND key = ?2")
        insert = try connection.prepare(
            """
            INSERT INTO queue_keys (queue, key, id, number, until) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (queue, key) DO UPDATE SET id = excluded.id, number = excluded.number, until = excluded.until
            """)
        purge = try connection.prepare(
            """
            DELETE FROM queue_keys WHERE (queue, key) IN
                (SELECT queue, key FROM queue_keys WHERE queue = ?1 AND until <= ?2 ORDER BY until LIMIT ?3)
            """)
    }
}
