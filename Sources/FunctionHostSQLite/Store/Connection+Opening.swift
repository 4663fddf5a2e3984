// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost

extension Connection {
    /// Opens a store's file, or makes it, and brings its schema up to date.
    static func open(
        path: String, configuration: SQLiteStore.Configuration, migrations: [String] = Schema.migrations
    ) throws(StoreFault) -> Connection {
        let connection = try lift { () throws(SQLiteFault) in
            try Connection(path: path, patience: configuration.busyTimeout.wholeNanoseconds)
        }
        guard !connection.isReadOnly else { throw .readOnly }
        try lift { () throws(SQLiteFault) in
            try connection.checkIdentity()
            try connection.configure(configuration)
        }
        try connection.migrate(migrations)
        return connection
    }

    /// Reads the file's first page, before anything in it is changed.
    private func checkIdentity() throws(SQLiteFault) {
        let identity = try integer("PRAGMA application_id") ?? 0
        let tables = try integer("SELECT count(*) FROM sqlite_schema") ?? 0
        guard identity == Schema.applicationID || (identity == 0 && tables == 0) else {
            throw SQLiteFault(code: SQLITE_NOTADB, text: "it is a database of something else")
        }
    }

    private func configure(_ configuration: SQLiteStore.Configuration) throws(SQLiteFault) {
        let mode = try text("PRAGMA journal_mode = WAL") ?? "none"
        guard mode == "wal" else {
            throw SQLiteFault(code: SQLITE_CANTOPEN, text: "it allows no write-ahead log (its journal mode is \(mode))")
        }
        try execute("PRAGMA synchronous = \(configuration.durability.pragma)")
        #if canImport(Darwin)
            // There, a plain `fsync` leaves the data in the drive's own memory.
            try execute("PRAGMA fullfsync = \(configuration.durability == .power ? 1 : 0)")
            try execute("PRAGMA checkpoint_fullfsync = 1")
        #endif
        try execute("PRAGMA cache_size = -\(max(1, configuration.cacheBytes / 1_024))")
        try execute("PRAGMA journal_size_limit = \(4 * configuration.logBytes)")
        try execute("PRAGMA trusted_schema = OFF")
        if let pages = configuration.maximumPages { try execute("PRAGMA max_page_count = \(pages)") }
    }

    /// Brings the schema up to date, each version in a transaction of its own.
    private func migrate(_ migrations: [String]) throws(StoreFault) {
        while true {
            let version = try schemaVersion()
            guard version <= migrations.count else { throw .newerSchema(version, known: migrations.count) }
            if version == migrations.count { return }
            try lift { () throws(SQLiteFault) in
                do throws(SQLiteFault) {
                    try execute("BEGIN IMMEDIATE")
                    // Another process may have been quicker.
                    if try integer("PRAGMA user_version") ?? 0 == Int64(version) {
                        try execute(migrations[version])
                        try execute("PRAGMA user_version = \(version + 1)")
                        try execute("PRAGMA application_id = \(Schema.applicationID)")
                    }
                    try execute("COMMIT")
                } catch {
                    rollBack()
                    throw error
                }
            }
        }
    }

    private func schemaVersion() throws(StoreFault) -> Int {
        let version = try lift { () throws(SQLiteFault) in try integer("PRAGMA user_version") ?? 0 }
        guard version >= 0 else { throw .sqlite(SQLiteFault(code: SQLITE_CORRUPT, text: "its version is \(version)")) }
        return Int(version)
    }
}

private func lift<Result>(_ body: () throws(SQLiteFault) -> Result) throws(StoreFault) -> Result {
    do throws(SQLiteFault) { return try body() } catch { throw .sqlite(error) }
}
