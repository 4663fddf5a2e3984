// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Somebody else's connection to a store's file.
final class RawConnection {
    private let handle: OpaquePointer

    init(_ path: String) {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else { preconditionFailure("cannot open \(path)") }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements; returns SQLite's result code.
    @discardableResult
    func run(_ sql: String) -> Int32 { sqlite3_exec(handle, sql, nil, nil, nil) }

    /// Everything that a statement gives, as text.
    func rows(_ sql: String) -> [[String]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            return [[String(cString: sqlite3_errmsg(handle))]]
        }
        defer { sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "NULL"
                })
        }
        return rows
    }
}
