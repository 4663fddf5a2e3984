// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Keeps how far pollers and schedules have come, so that whoever goes on knows where.
///
/// Small texts by key, each of some owner: a mapping's shards, a schedule. What a call has kept is safe when it returns, and calls
/// of one owner come one after another.
public protocol ProgressStore: Sendable {
    /// Everything that is kept for an owner.
    func progress(of owner: String) async throws -> [String: String]

    /// Keeps a text in place of the one before.
    func keep(_ text: String, for key: String, of owner: String) async throws

    /// Forgets everything that is kept for an owner.
    func forgetProgress(of owner: String) async throws
}
