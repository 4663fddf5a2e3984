// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost

/// By what a transaction can be told to be in the file.
enum Mark: Sendable {
    /// A number drawn at random, beside the counters.
    case stamp(Int64)
    /// Its last event, where it has only appended.
    case event(InvocationID)
}

/// Begins and ends transactions, and keeps the counters.
struct TransactionStatements {
    /// How many of the last events may be left uncounted.
    static let uncountedLimit: Int64 = 64

    let beginChanging: Statement
    let beginReading: Statement
    let end: Statement
    /// A number that changes when another connection has changed the file.
    let version: Statement
    let stamp: Statement
    private let readRow: Statement
    private let readUncounted: Statement
    private let writeRow: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        beginChanging = try connection.prepare("BEGIN IMMEDIATE")
        beginReading = try connection.prepare("BEGIN")
        end = try connection.prepare("COMMIT")
        version = try connection.prepare("PRAGMA data_version")
        stamp = try connection.prepare("SELECT stamp FROM counters")
        readRow = try connection.prepare(
            "SELECT seq, fence, died, ready, leased, delayed, behind, dead, bytes FROM counters")
        readUncounted = try connection.prepare("SELECT seq, state, size FROM events WHERE seq > ?1 ORDER BY seq")
        writeRow = try connection.prepare(
            """
            UPDATE counters SET seq = ?1, fence = ?2, died = ?3, ready = ?4, leased = ?5, delayed = ?6, behind = ?7,
                dead = ?8, bytes = ?9, stamp = ?10
            """)
    }

    func read() throws(SQLiteFault) -> Counters {
        guard try readRow.step() else { throw SQLiteFault(damage: "its counters are missing") }
        defer { readRow.reset() }
        var counters = Counters()
        counters.seq = readRow.integer(0)
        counters.fence = readRow.integer(1)
        counters.died = readRow.integer(2)
        counters.ready = readRow.int(3)
        counters.leased = readRow.int(4)
        counters.delayed = readRow.int(5)
        counters.behind = readRow.int(6)
        counters.dead = readRow.int(7)
        counters.bytes = readRow.int(8)
        return counters
    }

    /// Counts the events behind the last one that is counted.
    func addUncounted(to counters: inout Counters) throws(SQLiteFault) {
        readUncounted.bind(counters.seq, 1)
        while try readUncounted.step() {
            guard let state = EventState(rawValue: readUncounted.int(1)) else {
                throw SQLiteFault(damage: "event \(readUncounted.integer(0)) has no state")
            }
            counters.seq = readUncounted.integer(0)
            counters.count(state, 1)
            counters.bytes += readUncounted.int(2)
        }
    }

    /// Writes the counters, beside a new mark.
    func write(_ counters: Counters) throws(SQLiteFault) -> Int64 {
        var stamp: Int64 = 0
        sqlite3_randomness(8, &stamp)
        writeRow.bind(counters.seq, 1)
        writeRow.bind(counters.fence, 2)
        writeRow.bind(counters.died, 3)
        writeRow.bind(counters.ready, 4)
        writeRow.bind(counters.leased, 5)
        writeRow.bind(counters.delayed, 6)
        writeRow.bind(counters.behind, 7)
        writeRow.bind(counters.dead, 8)
        writeRow.bind(counters.bytes, 9)
        writeRow.bind(stamp, 10)
        try writeRow.run()
        return stamp
    }
}
