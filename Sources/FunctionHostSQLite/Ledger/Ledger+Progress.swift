// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Keeps how far pollers and schedules have come.
struct ProgressStatements {
    let all: Statement
    let keep: Statement
    let forget: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        all = try connection.prepare("SELECT key, value FROM progress WHERE owner = ?1")
        keep = try connection.prepare(
            """
            INSERT INTO progress (owner, key, value) VALUES (?1, ?2, ?3)
            ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value
            """)
        forget = try connection.prepare("DELETE FROM progress WHERE owner = ?1")
    }
}

extension Ledger {
    func progress(of owner: String) throws(SQLiteFault) -> [String: String] {
        progress.all.bind(owner, 1)
        var found: [String: String] = [:]
        while try progress.all.step() {
            if let key = progress.all.text(0), let value = progress.all.text(1) { found[key] = value }
        }
        return found
    }

    func keep(_ text: String, for key: String, of owner: String) throws(SQLiteFault) {
        progress.keep.bind(owner, 1)
        progress.keep.bind(key, 2)
        progress.keep.bind(text, 3)
        try progress.keep.run()
    }

    func forgetProgress(of owner: String) throws(SQLiteFault) {
        progress.forget.bind(owner, 1)
        try progress.forget.run()
    }
}
