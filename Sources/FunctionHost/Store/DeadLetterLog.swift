// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The dead letters of a queue in the order in which they died, each with a number that it keeps.
package struct DeadLetterLog: Sendable {
    private struct Entry {
        let position: Int64
        /// Its slot; -1 once it is gone.
        var slot: Int32
    }

    private var entries: ContiguousArray<Entry> = []
    private var position: Int64 = 0
    /// The first entry that is not gone.
    private var start = 0

    /// How many there are.
    package private(set) var count = 0

    package init() {}

    /// Adds a letter; returns its number.
    package mutating func append(_ slot: Int) -> Int64 {
        position += 1
        count += 1
        entries.append(Entry(position: position, slot: Int32(slot)))
        return position
    }

    /// Takes out a letter that is here by its number.
    package mutating func remove(_ position: Int64) {
        entries[index(after: position - 1)].slot = -1
        count -= 1
        while start < entries.count, entries[start].slot < 0 { start += 1 }
        // Half of them gone: it is worth while to close the gaps.
        if entries.count > 2 * count {
            entries.removeAll { $0.slot < 0 }
            start = 0
        }
    }

    /// The first letter after a number.
    package func first(after position: Int64) -> (position: Int64, slot: Int)? {
        var index = index(after: position)
        while index < entries.count {
            if entries[index].slot >= 0 { return (entries[index].position, Int(entries[index].slot)) }
            index += 1
        }
        return nil
    }

    private func index(after position: Int64) -> Int {
        var (low, high) = (start, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].position > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
