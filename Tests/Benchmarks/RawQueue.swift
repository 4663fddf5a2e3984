// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// The least that a queue in SQLite can do, by hand: one table, one index, no checks.
///
/// `@unchecked Sendable`: one operation at a time uses it.
final class RawQueue: @unchecked Sendable {
    private let connection: OpaquePointer
    private let begin: OpaquePointer
    private let commit: OpaquePointer
    private let insert: OpaquePointer
    private let claim: OpaquePointer
    private let delete: OpaquePointer
    private let body = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
    private var due: Int64 = 1_800_000_000_000_000_000

    /// Opens a file with the settings of a store.
    init(path: String) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &opened, flags, nil) == SQLITE_OK, let opened else {
            preconditionFailure("cannot open \(path)")
        }
        connection = opened
        let settings = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = 4096;
            CREATE TABLE queue (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, due INTEGER NOT NULL, body BLOB);
            CREATE INDEX due ON queue (state, due)
            """
        precondition(sqlite3_exec(connection, settings, nil, nil, nil) == SQLITE_OK)
        func prepare(_ sql: String) -> OpaquePointer {
            var statement: OpaquePointer?
            precondition(sqlite3_prepare_v2(opened, sql, -1, &statement, nil) == SQLITE_OK)
            return statement!
        }
        begin = prepare("BEGIN IMMEDIATE")
        commit = prepare("COMMIT")
        insert = prepare("INSERT INTO queue (state, due, body) VALUES (0, ?1, ?2)")
        claim = prepare(
            """
            UPDATE queue SET state = 1 WHERE id IN (SELECT id FROM queue WHERE state = 0 ORDER BY due LIMIT ?1)
            RETURNING id, body
            """)
        delete = prepare("DELETE FROM queue WHERE id = ?1")
    }

    deinit {
        for statement in [begin, commit, insert, claim, delete] { sqlite3_finalize(statement) }
        sqlite3_close_v2(connection)
    }

    /// Rows inserted in one transaction.
    func append(_ count: Int) {
        run(begin)
        for _ in 0..<count {
            due += 1
            sqlite3_bind_int64(insert, 1, due)
            body.withUnsafeBufferPointer { bytes in
                _ = sqlite3_bind_blob(insert, 2, bytes.baseAddress, Int32(bytes.count), nil)
                run(insert)
            }
        }
        run(commit)
    }

    /// Rows inserted, claimed and deleted, in three transactions.
    func cycle(_ count: Int) {
        append(count)
        run(begin)
        sqlite3_bind_int64(claim, 1, Int64(count))
        var claimed: [Int64] = []
        while sqlite3_step(claim) == SQLITE_ROW { claimed.append(sqlite3_column_int64(claim, 0)) }
        sqlite3_reset(claim)
        run(commit)
        run(begin)
        for id in claimed {
            sqlite3_bind_int64(delete, 1, id)
            run(delete)
        }
        run(commit)
    }

    private func run(_ statement: OpaquePointer) {
        precondition(sqlite3_step(statement) == SQLITE_DONE, "a raw statement failed")
        sqlite3_reset(statement)
    }
}
