// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
package import FunctionHost

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension StoreError {
    /// What a caller is told of something that SQLite reported.
    package init(_ fault: SQLiteFault, path: String) {
        let said = "SQLite: \(fault.text), code \(fault.code)"
        switch fault.kind {
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(
                .locked,
                reason: "another process holds the lock of \(path) for longer than `busyTimeout` (\(said)); try again, "
                    + "and look for a transaction that somebody has left open, such as in a database browser",
                isPassing: true)
        case SQLITE_FULL:
            self.init(
                .diskFull, reason: "there is no room on the disk for \(path) (\(said)); free some, and try again",
                isPassing: true)
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: self.init(readOnly: path)
        case SQLITE_NOTADB:
            self.init(
                .corrupt,
                reason: "\(path) is no store (\(said)); give another path, or move the file away and a new one is made")
        case SQLITE_CORRUPT:
            self.init(
                .corrupt,
                reason: "\(path) is damaged (\(said)); stop every process that uses it, keep a copy of it and of its "
                    + "-wal file, and restore a backup or try `sqlite3 \(path) .recover`")
        case SQLITE_CANTOPEN: self.init(cannotOpen: path, said)
        case SQLITE_IOERR, SQLITE_PROTOCOL:
            self.init(
                .inputOutput,
                reason:
                    "the system failed to read or write \(path) (\(said)); look at its disk, and at the system's log",
                isPassing: true)
        default: self.init(.other, reason: "\(path): \(said)")
        }
    }

    /// What a caller is told of a file that cannot be opened as a store.
    init(_ fault: StoreFault, path: String) {
        switch fault {
        case .sqlite(let fault): self.init(fault, path: path)
        case .readOnly: self.init(readOnly: path)
        case .newerSchema(let version, let known):
            self.init(
                .newerSchema,
                reason: "\(path) has schema \(version), and this version of FunctionHostSQLite knows \(known) at most; "
                    + "use the version that made it, or a newer one")
        }
    }

    private init(readOnly path: String) {
        self.init(
            .readOnly,
            reason: "\(path) may not be written to; let this process's user write the file and its directory, where "
                + "files ending in -wal and -shm are made beside it")
    }

    /// SQLite does not say why; the system does.
    private init(cannotOpen path: String, _ said: String) {
        let directory = Self.directory(of: path)
        if access(directory, F_OK) != 0 || access(directory, X_OK) != 0 {
            self.init(
                .missingDirectory,
                reason: "\(directory), the directory of \(path), is not there or may not be entered; make it, or give "
                    + "another path")
        } else if access(directory, W_OK) != 0 || (access(path, F_OK) == 0 && access(path, W_OK) != 0) {
            self.init(readOnly: path)
        } else {
            self.init(
                .inputOutput,
                reason: "\(path) cannot be opened (\(said)); it must be a file on a local disk, not a directory or a "
                    + "network share", isPassing: false)
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    init(overloaded maximum: Int, _ path: String) {
        self.init(
            .overloaded,
            reason: "\(maximum) callers wait for room in the mailbox of \(path) already; try again a little later, or "
                + "accept less at a time", isPassing: true)
    }

    static func closed(_ path: String) -> Self {
        Self(.closed, reason: "the store of \(path) has been closed; make another one")
    }
}
