// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What runs at this moment, in a slab: entering and leaving cost the same however much runs.
struct RunningTable: Sendable {
    struct Key: Sendable { fileprivate let index: Int32 }

    /// Not retained. Safe, because whoever runs an attempt holds it from before `insert` until after `remove`, and both, like
    /// `all`, happen under the host's lock.
    private var attempts: ContiguousArray<Unmanaged<Attempt>?> = []
    private var free: ContiguousArray<Int32> = []

    /// Everything that runs, in no order.
    var all: [Attempt] { attempts.compactMap { $0?.takeUnretainedValue() } }

    mutating func insert(_ attempt: Attempt) -> Key {
        if let index = free.popLast() {
            attempts[Int(index)] = .passUnretained(attempt)
            return Key(index: index)
        }
        attempts.append(.passUnretained(attempt))
        return Key(index: Int32(attempts.count - 1))
    }

    mutating func remove(_ key: Key) {
        attempts[Int(key.index)] = nil
        free.append(key.index)
    }
}
