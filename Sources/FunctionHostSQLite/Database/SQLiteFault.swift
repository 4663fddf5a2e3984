// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// What SQLite reported, before it is known what that means for a caller.
package struct SQLiteFault: Error {
    /// SQLite's extended result code.
    let code: Int32
    /// SQLite's own words.
    let text: String

    init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    /// The file holds what no store has written.
    package init(damage text: String) { self.init(code: SQLITE_CORRUPT, text: text) }

    /// What went wrong last on a connection.
    init(on connection: OpaquePointer?) {
        guard let connection else {
            self.init(code: SQLITE_NOMEM, text: "out of memory")
            return
        }
        self.init(code: sqlite3_extended_errcode(connection), text: String(cString: sqlite3_errmsg(connection)))
    }

    /// The result code without its extension.
    var kind: Int32 { code & 0xFF }

    /// Whether there is no room on the disk.
    var isOutOfRoom: Bool { kind == SQLITE_FULL }

    /// Whether the connection can no longer be trusted to know what the file holds.
    var endsConnection: Bool {
        switch kind {
        case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_PROTOCOL: true
        default: false
        }
    }
}
