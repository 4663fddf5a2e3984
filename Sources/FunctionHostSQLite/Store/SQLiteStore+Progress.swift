// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// How far pollers and schedules have come lies in the same file, and is as safe as events are.
extension SQLiteStore: ProgressStore {
    /// Everything that is kept for an owner.
    public func progress(of owner: String) async throws -> [String: String] {
        try await look { ledger throws(SQLiteFault) in try ledger.progress(of: owner) }
    }

    /// Keeps a text in place of the one before.
    public func keep(_ text: String, for key: String, of owner: String) async throws {
        try await change { ledger throws(SQLiteFault) in try ledger.keep(text, for: key, of: owner) }
    }

    /// Forgets everything that is kept for an owner.
    public func forgetProgress(of owner: String) async throws {
        try await change { ledger throws(SQLiteFault) in try ledger.forgetProgress(of: owner) }
    }
}
