// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost

/// A connection with everything prepared: the only code that touches the database, on the store's thread.
///
/// What it does it does within a transaction, between ``begin(changing:)`` and ``commit()``.
final class Ledger {
    let connection: Connection
    let functions: FunctionTable
    let rows: RowStatements
    let lines: LineStatements
    let keys: KeyStatements
    let choosing: ChoiceStatements
    let leasing: LeaseStatements
    let settling: SettleStatements
    let letters: LetterStatements
    let looking: LookStatements

    /// As they will be when the transaction ends.
    var counters = Counters()
    private var changesBefore: Int32 = 0

    /// The function that had the last turn.
    var lastTurn = 0
    /// How many bytes of payload one transaction lends.
    let lendingLimit: Int

    private let beginChanging: Statement
    private let beginReading: Statement
    private let end: Statement
    private let readCounters: Statement
    private let writeCounters: Statement

    init(_ connection: Connection, lendingLimit: Int) throws(SQLiteFault) {
        self.connection = connection
        self.lendingLimit = lendingLimit
        functions = try FunctionTable(on: connection)
        rows = try RowStatements(on: connection)
        lines = try LineStatements(on: connection)
        keys = try KeyStatements(on: connection)
        choosing = try ChoiceStatements(on: connection)
        leasing = try LeaseStatements(on: connection)
        settling = try SettleStatements(on: connection)
        letters = try LetterStatements(on: connection)
        looking = try LookStatements(on: connection)
        beginChanging = try connection.prepare("BEGIN IMMEDIATE")
        beginReading = try connection.prepare("BEGIN")
        end = try connection.prepare("COMMIT")
        readCounters = try connection.prepare(
            "SELECT seq, fence, died, ready, leased, delayed, behind, dead, bytes FROM counters")
        writeCounters = try connection.prepare(
            """
            UPDATE counters SET seq = ?1, fence = ?2, died = ?3, ready = ?4, leased = ?5, delayed = ?6, behind = ?7,
                dead = ?8, bytes = ?9, stamp = ?10
            """)
    }

    /// Begins a transaction, alone in the file if it changes something.
    func begin(changing: Bool) throws(SQLiteFault) {
        try (changing ? beginChanging : beginReading).run()
        guard try readCounters.step() else { throw SQLiteFault(damage: "its counters are missing") }
        counters.seq = readCounters.integer(0)
        counters.fence = readCounters.integer(1)
        counters.died = readCounters.integer(2)
        counters.ready = readCounters.int(3)
        counters.leased = readCounters.int(4)
        counters.delayed = readCounters.int(5)
        counters.behind = readCounters.int(6)
        counters.dead = readCounters.int(7)
        counters.bytes = readCounters.int(8)
        readCounters.reset()
        changesBefore = sqlite3_total_changes(connection.handle)
    }

    /// Writes down the counters, beside a mark by which the transaction can be told; nil if nothing has changed.
    func seal() throws(SQLiteFault) -> Int64? {
        guard sqlite3_total_changes(connection.handle) != changesBefore else { return nil }
        var stamp: Int64 = 0
        sqlite3_randomness(8, &stamp)
        writeCounters.bind(counters.seq, 1)
        writeCounters.bind(counters.fence, 2)
        writeCounters.bind(counters.died, 3)
        writeCounters.bind(counters.ready, 4)
        writeCounters.bind(counters.leased, 5)
        writeCounters.bind(counters.delayed, 6)
        writeCounters.bind(counters.behind, 7)
        writeCounters.bind(counters.dead, 8)
        writeCounters.bind(counters.bytes, 9)
        writeCounters.bind(stamp, 10)
        try writeCounters.run()
        return stamp
    }

    func commit() throws(SQLiteFault) { try end.run() }

    /// Undoes what the transaction has done.
    func rollBack() {
        connection.rollBack()
        functions.forget()
    }
}

extension SQLiteFault {
    /// The file holds what no store has written.
    init(damage text: String) { self.init(code: SQLITE_CORRUPT, text: text) }
}
