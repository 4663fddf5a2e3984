// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost

/// A connection with everything prepared: the only code that touches the database, on the store's thread.
///
/// What it does it does within a transaction, between ``begin(changing:onlyAppending:)`` and ``commit()``.
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
    let progress: ProgressStatements

    /// As they will be when the transaction ends.
    var counters = Counters()

    /// The function that had the last turn.
    var lastTurn = 0
    /// How many bytes of payload one transaction lends.
    let lendingLimit: Int

    private let transactions: TransactionStatements
    let guests: GuestRoom
    private var changesBefore: Int32 = 0
    /// Whether the transaction does nothing but append.
    private var onlyAppends = false
    /// The last event that the row of counters counts.
    private var countedSeq: Int64 = 0
    /// The counters after this connection's last transaction, for as long as no other one writes; nil if they have to be read.
    private var known: (version: Int64, counters: Counters, countedSeq: Int64)?
    private var version: Int64 = 0
    /// The last event appended in this transaction.
    var lastID: InvocationID?

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
        progress = try ProgressStatements(on: connection)
        transactions = try TransactionStatements(on: connection)
        guests = try GuestRoom(on: connection)
    }

    // MARK: - Transactions

    /// Begins a transaction, alone in the file if it changes something.
    func begin(changing: Bool, onlyAppending: Bool) throws(SQLiteFault) {
        try (changing ? transactions.beginChanging : transactions.beginReading).run()
        onlyAppends = onlyAppending
        lastID = nil
        version = try transactions.version.integer() ?? 0
        if let known, known.version == version {
            (counters, countedSeq) = (known.counters, known.countedSeq)
        } else {
            counters = try transactions.read()
            countedSeq = counters.seq
            try transactions.addUncounted(to: &counters)
        }
        changesBefore = sqlite3_total_changes(connection.handle)
    }

    /// Writes down the counters, where that has to be done now; returns the mark by which the transaction can be told, nil if
    /// nothing has changed.
    ///
    /// Events that have only been appended are not counted yet: whoever reads the counters adds the few events behind the last
    /// counted one. A single caller that appends saves a page in each transaction.
    func seal() throws(SQLiteFault) -> Mark? {
        guard sqlite3_total_changes(connection.handle) != changesBefore else { return nil }
        if onlyAppends, let lastID, counters.seq - countedSeq <= TransactionStatements.uncountedLimit {
            return .event(lastID)
        }
        countedSeq = counters.seq
        return .stamp(try transactions.write(counters))
    }

    func commit() throws(SQLiteFault) {
        known = nil
        try transactions.end.run()
        known = (version, counters, countedSeq)
    }

    /// Undoes what the transaction has done.
    func rollBack() {
        connection.rollBack()
        functions.forget()
        guests.forget()
        known = nil
    }

    /// Whether a transaction is in the file, as its last one that counts.
    func has(_ mark: Mark) throws(SQLiteFault) -> Bool {
        switch mark {
        case .stamp(let stamp): try transactions.stamp.integer() == stamp
        case .event(let id): try row(id: id) != nil
        }
    }

    /// Writes over what a failed transaction may have left in the log.
    func writeOver() throws(SQLiteFault) { try connection.execute("UPDATE counters SET stamp = stamp + 1") }
}
