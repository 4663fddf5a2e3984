// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Carries a handler's result from its task to its caller's.
package final class OutputBox<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    package init() {}

    package func put(_ new: Value) { value.withLock { $0 = new } }

    /// What was put there: the handler has ended without an error, so something was.
    package func take() -> Value {
        guard let value = value.withLock({ $0 }) else { preconditionFailure("a handler ended without a result") }
        return value
    }
}

extension OutputBox where Value == [UInt8] {
    /// Appends to the bytes there are, with a separator after the first; returns how many there are then.
    package func append(_ bytes: [UInt8], separator: UInt8) -> Int {
        value.withLock { value in
            var all = value ?? []
            value = nil
            if all.count > 1 { all.append(separator) }
            all.append(contentsOf: bytes)
            defer { value = all }
            return all.count
        }
    }
}
