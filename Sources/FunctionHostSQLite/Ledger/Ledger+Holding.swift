// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What an event holds against others: its place in a line, and a key.
struct Holdings {
    var orderingKey: String?
    var idempotencyKey: String?
    /// The column `deduplication`.
    var deduplication: Int64?
}

/// Lines of events with the same ordering key.
struct LineStatements {
    let holdings: Statement
    let first: Statement
    let move: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        holdings = try connection.prepare(
            "SELECT ordering_key, idempotency_key, deduplication FROM events WHERE seq = ?1")
        first = try connection.prepare(
            """
            SELECT seq, state, due FROM events
            WHERE function = ?1 AND ordering_key = ?2 AND ordering_key IS NOT NULL AND died IS NULL
            ORDER BY seq LIMIT 1
            """)
        move = try connection.prepare("UPDATE events SET state = ?2 WHERE seq = ?1")
    }
}

/// Idempotency keys.
struct KeyStatements {
    let holder: Statement
    let take: Statement
    let giveBack: Statement
    let forget: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        holder = try connection.prepare(
            "SELECT id FROM keys WHERE function = ?1 AND key = ?2 AND (until IS NULL OR until > ?3)")
        take = try connection.prepare(
            """
            INSERT INTO keys (function, key, id, until) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (function, key) DO UPDATE SET id = ?3, until = ?4
            """)
        giveBack = try connection.prepare(
            "DELETE FROM keys WHERE function = ?1 AND key = ?2 AND id = ?3 AND until IS NULL")
        forget = try connection.prepare(
            """
            DELETE FROM keys WHERE (function, key) IN
                (SELECT function, key FROM keys WHERE until IS NOT NULL AND until <= ?1 ORDER BY until LIMIT 4)
            """)
    }
}

extension Ledger {
    func holdings(of row: Row) throws(SQLiteFault) -> Holdings {
        lines.holdings.bind(row.seq, 1)
        guard try lines.holdings.step() else { return Holdings() }
        defer { lines.holdings.reset() }
        return Holdings(
            orderingKey: lines.holdings.text(0), idempotencyKey: lines.holdings.text(1),
            deduplication: lines.holdings.isNull(2) ? nil : lines.holdings.integer(2))
    }

    /// The event has ended: its key is free, and the next one in its line comes forward.
    func letGo(_ held: Holdings, of row: Row, now: Timestamp) throws(SQLiteFault) {
        if let key = held.idempotencyKey { try giveBack(key, function: row.lane.function, id: row.id) }
        // Only the first holds up others.
        if let key = held.orderingKey, row.state != .behind { try callNext(key, function: row.lane.function, now: now) }
    }

    // MARK: - Ordering keys

    /// Whether events with this key are under way already.
    func hasLine(_ key: String, function: Int) throws(SQLiteFault) -> Bool {
        lines.first.bind(function, 1)
        lines.first.bind(key, 2)
        return try lines.first.integer() != nil
    }

    private func callNext(_ key: String, function: Int, now: Timestamp) throws(SQLiteFault) {
        lines.first.bind(function, 1)
        lines.first.bind(key, 2)
        guard try lines.first.step() else { return }
        let (seq, state, due) = (lines.first.integer(0), lines.first.int(1), lines.first.time(2))
        lines.first.reset()
        guard state == EventState.behind.rawValue else { return }
        let next: EventState = due <= now ? .ready : .delayed
        lines.move.bind(seq, 1)
        lines.move.bind(next.rawValue, 2)
        try lines.move.run()
        counters.count(.behind, -1)
        counters.count(next, 1)
    }

    // MARK: - Idempotency keys

    /// Who holds a key.
    func holder(of key: String, function: Int, now: Timestamp) throws(SQLiteFault) -> InvocationID? {
        keys.holder.bind(function, 1)
        keys.holder.bind(key, 2)
        keys.holder.bind(now, 3)
        guard try keys.holder.step() else { return nil }
        defer { keys.holder.reset() }
        return keys.holder.id(0)
    }

    func take(_ key: String, function: Int, id: InvocationID, until: Timestamp?, now: Timestamp) throws(SQLiteFault) {
        keys.take.bind(function, 1)
        keys.take.bind(key, 2)
        keys.take.bind(id, 3)
        keys.take.bind(until?.nanoseconds, 4)
        try keys.take.run()
        // Each key that comes takes some with it whose time is over, so that they do not pile up.
        keys.forget.bind(now, 1)
        try keys.forget.run()
    }

    func giveBack(_ key: String, function: Int, id: InvocationID) throws(SQLiteFault) {
        keys.giveBack.bind(function, 1)
        keys.giveBack.bind(key, 2)
        keys.giveBack.bind(id, 3)
        try keys.giveBack.run()
    }
}
