// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What decides about an event, without its payload.
struct Row {
    let seq: Int64
    let id: InvocationID
    let state: EventState
    let lane: Lane
    let due: Timestamp
    let attempts: Int
    let deaths: Int
    let enqueuedAt: Timestamp
    let expiresAt: Timestamp
    let size: Int
    let extras: Extras
    let fence: Int64

    /// In the order in which ``init(_:)`` reads them.
    static let columns = "seq, id, state, lane, due, attempts, deaths, enqueued, expires, size, extras, fence"

    init(_ statement: Statement) throws(SQLiteFault) {
        guard let id = statement.id(1), let state = EventState(rawValue: statement.int(2)) else {
            throw SQLiteFault(damage: "event \(statement.integer(0)) has no id, or no state")
        }
        seq = statement.integer(0)
        self.id = id
        self.state = state
        lane = Lane(number: statement.int(3))
        due = statement.time(4)
        attempts = statement.int(5)
        deaths = statement.int(6)
        enqueuedAt = statement.time(7)
        expiresAt = statement.time(8)
        size = statement.int(9)
        extras = Extras(rawValue: statement.int(10))
        fence = statement.integer(11)
    }
}

/// Finds, makes and deletes the rows of events.
struct RowStatements {
    let find: Statement
    let findByID: Statement
    let insert: Statement
    let insertDetailed: Statement
    let insertPayload: Statement
    let delete: Statement
    let deletePayload: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT \(Row.columns) FROM events WHERE seq = ?1")
        findByID = try connection.prepare("SELECT \(Row.columns) FROM events WHERE id = ?1")
        insert = try connection.prepare(
            """
            INSERT INTO events
                (seq, id, state, lane, due, function, enqueued, expires, size, extras, payload, attempts, deaths)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0)
            ON CONFLICT (id) DO NOTHING
            """)
        insertDetailed = try connection.prepare(
            """
            INSERT INTO events
                (seq, id, state, lane, due, function, enqueued, expires, size, extras, payload, attempts, deaths, kind,
                ordering_key, idempotency_key, deduplication, tags, trace, lineage, origin, redrives)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
            ON CONFLICT (id) DO NOTHING
            """)
        insertPayload = try connection.prepare("INSERT INTO payloads (seq, body) VALUES (?1, ?2)")
        delete = try connection.prepare("DELETE FROM events WHERE seq = ?1")
        deletePayload = try connection.prepare("DELETE FROM payloads WHERE seq = ?1")
    }
}

extension Ledger {
    func row(seq: Int64) throws(SQLiteFault) -> Row? {
        rows.find.bind(seq, 1)
        return try row(rows.find)
    }

    func row(id: InvocationID) throws(SQLiteFault) -> Row? {
        rows.findByID.bind(id, 1)
        return try row(rows.findByID)
    }

    private func row(_ statement: Statement) throws(SQLiteFault) -> Row? {
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return try Row(statement)
    }

    /// The row of an event on which a token's lease holds, or held until its time was over and nobody has noticed yet.
    func leasedRow(_ token: LeaseToken) throws(SQLiteFault) -> Row? {
        var found = try row(seq: Int64(token.hint))
        if found?.id != token.id { found = try row(id: token.id) }
        guard let found, found.state == .leased, found.fence == Int64(bitPattern: token.fence) else { return nil }
        return found
    }

    /// Deletes an event that has ended, and lets go what it held.
    func remove(_ row: Row, now: Timestamp) throws(SQLiteFault) {
        let held = row.extras.contains(.details) ? try holdings(of: row) : nil
        rows.delete.bind(row.seq, 1)
        try rows.delete.run()
        if row.extras.contains(.payloadApart) {
            rows.deletePayload.bind(row.seq, 1)
            try rows.deletePayload.run()
        }
        counters.count(row.state, -1)
        counters.bytes -= row.size
        // A dead letter has let go before.
        if let held, row.state != .dead { try letGo(held, of: row, now: now) }
    }
}
