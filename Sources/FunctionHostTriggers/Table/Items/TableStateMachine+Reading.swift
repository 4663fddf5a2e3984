// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension TableStateMachine {
    /// Items of a partition from a key on, in order or backwards.
    func query(
        _ partition: ItemKey, _ range: SortKeyRange, isDescending: Bool, limit: Int, after start: ItemKey?
    ) -> TablePage {
        // All of a partition is next to each other: what is before the partition is before what is wanted.
        func isBefore(_ key: ItemKey) -> Bool {
            key.isInPartition(of: partition) ? range.isBefore(key.sort) : key < partition
        }
        func isBehind(_ key: ItemKey) -> Bool {
            key.isInPartition(of: partition) ? range.isBehind(key.sort) : partition < key
        }
        guard isDescending else {
            let first = items.first { key in isBefore(key) || start.map { key <= $0 } ?? false }
            return page(limit: limit, isBehind: isBehind) { place in
                place.map { items.after($0) } ?? first
            }
        }
        let end = items.first { key in !isBehind(key) && start.map { key < $0 } ?? true }
        return page(limit: limit, isBehind: isBefore) { place in
            items.before(place ?? end)
        }
    }

    /// Items in the order of their keys' hashes from a key on.
    func scan(limit: Int, after start: ItemKey?) -> TablePage {
        let first = start.map { start in items.first { $0 <= start } } ?? items.start
        return page(limit: limit, isBehind: { _ in false }) { place in place.map { items.after($0) } ?? first }
    }

    /// - Parameter next: The place after one, or the first for nil.
    private func page(
        limit: Int, isBehind: (ItemKey) -> Bool, next: (ItemTree.Place?) -> ItemTree.Place?
    ) -> TablePage {
        var found: [AttributeMap] = []
        var (bytes, last): (Int, ItemKey?) = (0, nil)
        var place = next(nil)
        while let here = place, here != items.end {
            let kept = items[here]
            if isBehind(kept.key) { break }
            if found.count == limit || !found.isEmpty && bytes + kept.size > TablePage.byteLimit {
                return TablePage(items: found, next: last.map(schema.item))
            }
            found.append(kept.item)
            bytes += kept.size
            last = kept.key
            place = next(here)
        }
        return TablePage(items: found, next: nil)
    }
}
