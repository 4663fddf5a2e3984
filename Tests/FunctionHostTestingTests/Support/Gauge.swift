// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

/// Counts who is inside something, and fails the test in the moment in which there are more than allowed.
final class Gauge: Sendable {
    private struct State {
        var inside = 0
        var most = 0
        var entries = 0
    }

    private let name: String
    private let limit: Int
    private let state = Mutex(State())

    init(_ name: String, limit: Int = .max) {
        self.name = name
        self.limit = limit
    }

    var inside: Int { state.withLock { $0.inside } }
    var most: Int { state.withLock { $0.most } }
    var entries: Int { state.withLock { $0.entries } }

    /// Counts the caller in until `body` ends; `body` hears how many there are then.
    func within<Value>(_ body: (Int) async throws -> Value) async rethrows -> Value {
        let inside = enter()
        defer { leave() }
        return try await body(inside)
    }

    @discardableResult
    func enter() -> Int {
        let inside = state.withLock { state in
            state.inside += 1
            state.entries += 1
            state.most = max(state.most, state.inside)
            return state.inside
        }
        if inside > limit { Issue.record("\(inside) inside \(name), which allows \(limit)") }
        return inside
    }

    func leave() {
        let inside = state.withLock { state in
            state.inside -= 1
            return state.inside
        }
        if inside < 0 { Issue.record("more have left \(name) than were inside") }
    }
}
