// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What runs at this moment, in a slab: entering and leaving cost the same however much runs.
struct RunningTable: Sendable {
    struct Key: Sendable { fileprivate let index: Int32 }

    private struct Entry {
        /// Not retained. Safe, because whoever runs an attempt holds it from before `insert` until after `remove`, and both,
        /// like all looks at it, happen under the host's lock.
        var attempt: Unmanaged<Attempt>?
        /// When it is to be told that its time is up; the distant future if it has been, or if somebody else tells it.
        var deadline: Timestamp
    }

    private var entries: ContiguousArray<Entry> = []
    private var free: ContiguousArray<Int32> = []

    /// Everything that runs, in no order.
    var all: [Attempt] { entries.compactMap { $0.attempt?.takeUnretainedValue() } }

    mutating func insert(_ attempt: Attempt, deadline: Timestamp = .distantFuture) -> Key {
        let entry = Entry(attempt: .passUnretained(attempt), deadline: deadline)
        if let index = free.popLast() {
            entries[Int(index)] = entry
            return Key(index: index)
        }
        entries.append(entry)
        return Key(index: Int32(entries.count - 1))
    }

    mutating func remove(_ key: Key) {
        entries[Int(key.index)] = Entry(attempt: nil, deadline: .distantFuture)
        free.append(key.index)
    }

    /// Whose deadlines have passed, each once, and when the next one passes; the distant future if none will.
    mutating func takePassed(now: Timestamp) -> (passed: [Attempt], next: Timestamp) {
        var passed: [Attempt] = []
        var next = Timestamp.distantFuture
        for index in entries.indices {
            let deadline = entries[index].deadline
            if deadline > now {
                next = min(next, deadline)
            } else if let attempt = entries[index].attempt {
                passed.append(attempt.takeUnretainedValue())
                entries[index].deadline = .distantFuture
            }
        }
        return (passed, next)
    }
}
