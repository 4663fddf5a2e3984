// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What somebody waits for, given once: room under a limit, an environment that is being made, an answer.
package final class OneShot<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case empty
        case waited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.empty)

    package init() {}

    /// Gives the value; false if one was given before, which stays.
    @discardableResult
    package func give(_ value: Value) -> Bool {
        let (isFirst, continuation): (Bool, CheckedContinuation<Value, Never>?) = state.withLock { state in
            switch state {
            case .given: return (false, nil)
            case .empty:
                state = .given(value)
                return (true, nil)
            case .waited(let continuation):
                state = .given(value)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }

    /// Waits for the value; once only.
    package func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let value: Value? = state.withLock { state in
                if case .given(let value) = state { return value }
                state = .waited(continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
