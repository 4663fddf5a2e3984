// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What runs at this moment, in a slab: entering and leaving cost the same however much runs.
struct RunningTable: Sendable {
    struct Key: Sendable { fileprivate let index: Int32 }

    struct Entry: Sendable {
        let attempt: Attempt
        let environment: Environment
        let snapshot: FunctionSnapshot
        let isCold: Bool
        let startedAt: Timestamp

        /// A context to tell others of it, by the function's own timeout.
        var context: InvocationContext {
            InvocationContext(
                storage: InvocationContext.Storage(
                    id: attempt.id, snapshot: snapshot, environment: environment, services: attempt,
                    startedAt: startedAt,
                    deadline: snapshot.deadline(from: startedAt), attempt: 1, isColdStart: isCold,
                    details: nil))
        }
    }

    private var entries: ContiguousArray<Entry?> = []
    private var free: ContiguousArray<Int32> = []

    /// Everything that runs, in no order.
    var all: [Entry] { entries.compactMap { $0 } }

    mutating func insert(_ entry: Entry) -> Key {
        if let index = free.popLast() {
            entries[Int(index)] = entry
            return Key(index: index)
        }
        entries.append(entry)
        return Key(index: Int32(entries.count - 1))
    }

    mutating func remove(_ key: Key) {
        entries[Int(key.index)] = nil
        free.append(key.index)
    }
}
