// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// One connection to a database file, used by one thread at a time.
package final class Connection {
    let handle: OpaquePointer
    private let patience: Patience
    private let log = LogLength()

    /// Opens a file, or makes it.
    ///
    /// - Parameter patience: How long to wait for a lock that somebody else holds, in nanoseconds.
    init(path: String, patience limit: Int64) throws(SQLiteFault) {
        var opened: OpaquePointer?
        // The owner's thread is the only one: SQLite's own locks would be taken for nothing.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            // A handle there is even for a file that cannot be opened: it holds the reason.
            let fault = SQLiteFault(on: opened)
            sqlite3_close_v2(opened)
            throw fault
        }
        handle = opened
        patience = Patience(limit: limit)
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_handler(
            handle, { context, round in Unmanaged<Patience>.fromOpaque(context!).takeUnretainedValue().wait(round) },
            Unmanaged.passUnretained(patience).toOpaque())
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                Unmanaged<LogLength>.fromOpaque(context!).takeUnretainedValue().pages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(log).toOpaque())
    }

    deinit {
        // Statements that still live keep the file open until they are gone.
        sqlite3_close_v2(handle)
    }

    /// Runs statements that give no rows.
    package func execute(_ sql: String) throws(SQLiteFault) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw SQLiteFault(on: handle) }
    }

    package func prepare(_ sql: String) throws(SQLiteFault) -> Statement { try Statement(sql, on: handle) }

    /// The first column of the first row as an integer; nil if there is none.
    package func integer(_ sql: String) throws(SQLiteFault) -> Int64? { try prepare(sql).integer() }

    /// The first column of the first row as text; nil if there is none.
    package func text(_ sql: String) throws(SQLiteFault) -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Whether the file may only be read.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// Whether a transaction has begun and not ended.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// How many pages the write-ahead log had after the last transaction, the ones written into the file since included.
    var logPages: Int { log.pages }

    /// How hard to try to write the log into the file.
    enum Checkpoint {
        /// As far as other connections let it.
        case passive
        /// Waiting for others, so that the log begins anew.
        case restarting
        /// Waiting for others, so that the log is empty.
        case truncating

        fileprivate var mode: Int32 {
            switch self {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restarting: SQLITE_CHECKPOINT_RESTART
            case .truncating: SQLITE_CHECKPOINT_TRUNCATE
            }
        }
    }

    /// Writes the log into the file.
    func checkpoint(_ kind: Checkpoint) throws(SQLiteFault) {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, kind.mode, nil, nil)
        log.pages = 0
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw SQLiteFault(on: handle) }
    }

    /// The texts of all statements that are prepared.
    var preparedStatements: [String] {
        var texts: [String] = []
        var statement = sqlite3_next_stmt(handle, nil)
        while let found = statement {
            if let text = sqlite3_sql(found) { texts.append(String(cString: text)) }
            statement = sqlite3_next_stmt(handle, found)
        }
        return texts
    }

    /// Undoes what the transaction has done, if one is left: some faults end it by themselves.
    func rollBack() {
        // If this fails too, the file is as it was before the transaction all the same: nothing has been committed.
        if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }
}

/// What the last transaction made of the write-ahead log.
private final class LogLength {
    var pages = 0
}
