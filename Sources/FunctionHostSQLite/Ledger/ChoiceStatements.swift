// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Finds events that may be lent.
struct ChoiceStatements {
    let promote: Statement
    let nextLane: Statement
    let inLane: Statement
    let nextExpiring: Statement
    let expired: Statement
    let firstDue: Statement
    let nextDelayedFunction: Statement
    let firstDueOf: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        promote = try connection.prepare(
            """
            UPDATE events SET state = 0
            WHERE seq IN (SELECT seq FROM events WHERE state = 2 AND due <= ?1 ORDER BY due LIMIT ?2)
            """)
        nextLane = try connection.prepare("SELECT lane FROM events WHERE state = 0 AND lane > ?1 ORDER BY lane LIMIT 1")
        inLane = try connection.prepare(
            "SELECT seq, due FROM events WHERE state = 0 AND lane = ?1 AND due <= ?2 ORDER BY due, seq LIMIT ?3")
        nextExpiring = try connection.prepare(
            """
            SELECT function FROM events WHERE lane & 16 AND died IS NULL AND function > ?1
            ORDER BY function LIMIT 1
            """)
        expired = try connection.prepare(
            """
            SELECT seq, expires FROM events
            WHERE lane & 16 AND died IS NULL AND function = ?1 AND expires <= ?2 AND state IN (0, 2)
                AND (?3 OR NOT lane & 8)
            ORDER BY expires LIMIT ?4
            """)
        firstDue = try connection.prepare("SELECT due, function FROM events WHERE state = 2 ORDER BY due LIMIT 1")
        nextDelayedFunction = try connection.prepare(
            "SELECT function FROM events WHERE state = 2 AND function > ?1 ORDER BY function LIMIT 1")
        firstDueOf = try connection.prepare(
            "SELECT due FROM events WHERE state = 2 AND function = ?1 ORDER BY due LIMIT 1")
    }
}
