// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Ends attempts, or notices that they have ended.
struct SettleStatements {
    let extend: Statement
    let rescueReady: Statement
    let rescueDelayed: Statement
    let nextEnd: Statement
    let waitAgain: Statement
    let history: Statement
    let writeHistory: Statement
    let die: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        extend = try connection.prepare("UPDATE events SET lease_until = max(lease_until, ?2) WHERE seq = ?1")
        rescueReady = try connection.prepare(
            """
            UPDATE events SET state = 0, deaths = deaths + 1, lane = lane | 8, lease_until = NULL
            WHERE state = 1 AND lease_until <= ?1 AND due <= ?1
            """)
        rescueDelayed = try connection.prepare(
            """
            UPDATE events SET state = 2, deaths = deaths + 1, lane = lane | 8, lease_until = NULL
            WHERE state = 1 AND lease_until <= ?1 AND due > ?1
            """)
        nextEnd = try connection.prepare(
            "SELECT lease_until FROM events WHERE state = 1 ORDER BY lease_until LIMIT 1")
        waitAgain = try connection.prepare(
            "UPDATE events SET state = ?2, due = ?3, attempts = ?4, lane = ?5, lease_until = NULL WHERE seq = ?1")
        history = try connection.prepare("SELECT history FROM events WHERE seq = ?1")
        writeHistory = try connection.prepare("UPDATE events SET history = ?2, extras = extras | 2 WHERE seq = ?1")
        die = try connection.prepare(
            """
            UPDATE events SET state = 4, died = ?2, died_at = ?3, cause = ?4, attempts = max(0, attempts - ?5),
                lease_until = NULL, extras = extras & ~8
            WHERE seq = ?1
            """)
    }
}

extension Ledger {
    /// Ends an attempt and appends what follows; false if the lease is over.
    func settle(_ settlement: Settlement, now: Timestamp) throws(SQLiteFault) -> Bool {
        guard let row = try leasedRow(settlement.token) else { return false }
        switch settlement.end {
        case .completed, .cancelled, .dead(_, isKept: false): try remove(row, now: now)
        case .retry(let time): try waitAgain(row, at: time, attempts: row.attempts, settlement.attempt, now: now)
        case .released(let time):
            try waitAgain(row, at: time, attempts: max(0, row.attempts - 1), settlement.attempt, now: now)
        case .dead(let cause, isKept: true):
            try note(settlement.attempt, for: row)
            // Without anything to say of it the handler did not begin.
            try die(row, cause, uncounted: settlement.attempt == nil ? 1 : 0, now: now)
        }
        for event in settlement.followUps { _ = try insert(event, now: now) }
        return true
    }

    private func waitAgain(
        _ row: Row, at time: Timestamp, attempts: Int, _ attempt: AttemptRecord?, now: Timestamp
    ) throws(SQLiteFault) {
        try note(attempt, for: row)
        let state: EventState = time <= now ? .ready : .delayed
        settling.waitAgain.bind(row.seq, 1)
        settling.waitAgain.bind(state.rawValue, 2)
        settling.waitAgain.bind(time, 3)
        settling.waitAgain.bind(attempts, 4)
        settling.waitAgain.bind(try lane(of: row, dueAt: time, expiresAt: row.expiresAt).number, 5)
        try settling.waitAgain.run()
        counters.count(.leased, -1)
        counters.count(state, 1)
    }

    /// An event's lane when its times have changed.
    func lane(of row: Row, dueAt due: Timestamp, expiresAt expires: Timestamp) throws(SQLiteFault) -> Lane {
        var lane = row.lane
        lane.isAgedByRule = try functions.entry(of: lane.function).rules(due: due, expires: expires)
        return lane
    }

    /// Makes a dead letter of an event that waits or is leased.
    ///
    /// - Parameter uncounted: How many leases are not to count as attempts.
    func die(
        _ row: Row, _ cause: DeadLetterCause, uncounted: Int = 0, now: Timestamp
    ) throws(SQLiteFault) {
        counters.died += 1
        settling.die.bind(row.seq, 1)
        settling.die.bind(counters.died, 2)
        settling.die.bind(now, 3)
        settling.die.bind(cause.description, 4)
        settling.die.bind(uncounted, 5)
        try settling.die.run()
        counters.count(row.state, -1)
        counters.count(.dead, 1)
        if row.extras.contains(.details) { try letGo(try holdings(of: row), of: row, now: now) }
    }

    /// Adds an attempt to an event's history.
    private func note(_ attempt: AttemptRecord?, for row: Row) throws(SQLiteFault) {
        guard let attempt else { return }
        var history: [AttemptRecord] = []
        if row.extras.contains(.history) {
            settling.history.bind(row.seq, 1)
            guard try settling.history.step() else { throw SQLiteFault(damage: "event \(row.seq) is missing") }
            defer { settling.history.reset() }
            history = try RowJSON.attempts(settling.history.text(0))
        }
        settling.writeHistory.bind(row.seq, 1)
        settling.writeHistory.bind(RowJSON.array(AttemptRecord.appending(attempt, to: history)), 2)
        try settling.writeHistory.run()
    }
}
