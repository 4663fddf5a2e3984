// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What runs at this moment, in a slab: entering and leaving cost the same however much runs.
struct RunningTable: Sendable {
    struct Key: Sendable { fileprivate let index: Int32 }

    private var attempts: ContiguousArray<Attempt?> = []
    private var free: ContiguousArray<Int32> = []

    /// Everything that runs, in no order.
    var all: [Attempt] { attempts.compactMap { $0 } }

    mutating func insert(_ attempt: Attempt) -> Key {
        if let index = free.popLast() {
            attempts[Int(index)] = attempt
            return Key(index: index)
        }
        attempts.append(attempt)
        return Key(index: Int32(attempts.count - 1))
    }

    mutating func remove(_ key: Key) {
        attempts[Int(key.index)] = nil
        free.append(key.index)
    }
}
