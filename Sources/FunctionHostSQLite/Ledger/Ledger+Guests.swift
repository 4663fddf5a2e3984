// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension Ledger {
    func guest<Guest: StoreGuest>(_ kind: Guest.Type) throws(SQLiteFault) -> Guest {
        try guests.guest(kind, on: connection)
    }

    /// Does something by itself: what fails undoes what it has done, and nothing else.
    func apart<Answer>(_ body: () throws -> Answer) throws(SQLiteFault) -> Result<Answer, any Error> {
        try guests.apart(on: connection, body)
    }

    /// Brings the tables of a guest up to date.
    func welcome<Guest: StoreGuest>(_ kind: Guest.Type, path: String) throws {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS guests (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
        let find = try connection.prepare("SELECT version FROM guests WHERE name = ?1")
        find.bind(Guest.name, 1)
        let version = Int(try find.integer() ?? 0)
        let known = Guest.migrations.count
        guard (0...known).contains(version) else {
            throw StoreError(StoreFault.newerSchema(version, known: known), path: "what \(path) has of \(Guest.name)")
        }
        guard version < known else { return }
        for migration in Guest.migrations[version...] { try connection.execute(migration) }
        let keep = try connection.prepare("INSERT OR REPLACE INTO guests (name, version) VALUES (?1, ?2)")
        keep.bind(Guest.name, 1)
        keep.bind(known, 2)
        try keep.run()
    }
}
