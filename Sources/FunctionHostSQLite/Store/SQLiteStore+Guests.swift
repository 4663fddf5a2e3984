// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

extension SQLiteStore {
    /// Makes room for a guest: its tables are there, and up to date, when this returns.
    ///
    /// - Throws: ``/FunctionHost/StoreError``, as `newerSchema` if a newer version has made them.
    package func welcome<Guest: StoreGuest>(_ kind: Guest.Type) async throws {
        try await visit(changing: true, load: Load(events: 1)) { [path] ledger in
            try ledger.welcome(Guest.self, path: path)
        }
    }

    /// Lets a guest change something in the next transaction, together with all others who come at the same time.
    ///
    /// - Parameters:
    ///   - bytes: How much of the mailbox it takes.
    ///   - body: What throws undoes what it has done, and leaves the others' work alone.
    /// - Throws: What `body` throws; ``/FunctionHost/StoreError``.
    package func change<Guest: StoreGuest, Answer: Sendable>(
        _ kind: Guest.Type, bytes: Int = 0, _ body: @escaping @Sendable (Guest) throws -> Answer
    ) async throws -> Answer {
        try await visit(changing: true, load: Load(events: 1, bytes: bytes)) { ledger in
            try body(ledger.guest(Guest.self))
        }
    }

    /// Lets a guest look at something.
    ///
    /// - Throws: What `body` throws; ``/FunctionHost/StoreError``.
    package func look<Guest: StoreGuest, Answer: Sendable>(
        _ kind: Guest.Type, _ body: @escaping @Sendable (Guest) throws -> Answer
    ) async throws -> Answer {
        try await visit(changing: false, load: Load(events: 1)) { ledger in try body(ledger.guest(Guest.self)) }
    }

    private func visit<Answer: Sendable>(
        changing: Bool, load: Load, _ body: @escaping @Sendable (Ledger) throws -> Answer
    ) async throws -> Answer {
        try await hand { [path] continuation in
            .other(Visit(changes: changing, load: load, path: path, body: body, continuation: continuation))
        }
    }

    /// What several guests of one store share in this process, such as who is told of changes; made by who asks first.
    package func shared<Value: AnyObject & Sendable>(_ key: String, _ make: () -> Value) -> Value {
        shelf.withLock { shelf in
            if let known = shelf[key] as? Value { return known }
            let value = make()
            shelf[key] = value
            return value
        }
    }
}

/// A guest's call.
private struct Visit<Answer: Sendable>: OtherCall {
    let changes: Bool
    let load: Load
    let path: String
    let body: @Sendable (Ledger) throws -> Answer
    let continuation: CheckedContinuation<Answer, any Error>

    func perform(on ledger: Ledger) throws(SQLiteFault) -> @Sendable () -> Void {
        let result = try ledger.apart { try body(ledger) }
        return { [continuation, path] in
            switch result {
            case .success(let answer): continuation.resume(returning: answer)
            case .failure(let fault as SQLiteFault): continuation.resume(throwing: StoreError(fault, path: path))
            case .failure(let error): continuation.resume(throwing: error)
            }
        }
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
