// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Leads from hashes to the slots that keys may be in: eight bytes for an entry, and half as much room again at most twice.
///
/// Open addressing with linear probing. An entry has the upper 40 bits of a hash, by which it knows its place, and a slot's number
/// plus one in the lower 24. Equal entries stand for each other.
struct SlotIndex: Sendable {
    private static let slotBits: UInt64 = 24
    private static let slotMask: UInt64 = 1 << 24 - 1

    private var entries: [UInt64] = []
    private var count = 0
    /// The table has 2 to the power of this many places.
    private var bits: UInt64 = 0

    mutating func add(_ hash: UInt64, _ slot: Int) {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        insert(hash & ~Self.slotMask | UInt64(slot + 1))
        count += 1
    }

    mutating func remove(_ hash: UInt64, _ slot: Int) {
        guard !entries.isEmpty else { return }
        let wanted = hash & ~Self.slotMask | UInt64(slot + 1)
        var place = home(of: wanted)
        while entries[place] != wanted {
            if entries[place] == 0 { return }
            place = next(place)
        }
        close(place)
        count -= 1
    }

    /// The slots where a key with this hash may be.
    func candidates(_ hash: UInt64) -> Candidates { Candidates(index: self, hash: hash & ~Self.slotMask) }

    struct Candidates: Sequence, IteratorProtocol {
        private let index: SlotIndex
        private let hash: UInt64
        private var place: Int

        fileprivate init(index: SlotIndex, hash: UInt64) {
            (self.index, self.hash) = (index, hash)
            place = index.entries.isEmpty ? 0 : index.home(of: hash)
        }

        mutating func next() -> Int? {
            guard !index.entries.isEmpty else { return nil }
            while index.entries[place] != 0 {
                let entry = index.entries[place]
                place = index.next(place)
                if entry & ~SlotIndex.slotMask == hash { return Int(entry & SlotIndex.slotMask) - 1 }
            }
            return nil
        }
    }

    // MARK: - Inside

    private func home(of entry: UInt64) -> Int { Int(entry >> (64 - bits)) }

    private func next(_ place: Int) -> Int { (place + 1) & (entries.count - 1) }

    private mutating func insert(_ entry: UInt64) {
        var place = home(of: entry)
        while entries[place] != 0 { place = next(place) }
        entries[place] = entry
    }

    /// Moves back what stands behind a place that is empty now, where that is nearer to its home.
    private mutating func close(_ empty: Int) {
        var (empty, place) = (empty, next(empty))
        let mask = entries.count - 1
        while entries[place] != 0 {
            let home = home(of: entries[place])
            if (place - home) & mask >= (place - empty) & mask {
                entries[empty] = entries[place]
                empty = place
            }
            place = next(place)
        }
        entries[empty] = 0
    }

    private mutating func grow() {
        let old = entries
        bits = Swift.max(4, bits + 1)
        entries = [UInt64](repeating: 0, count: 1 << Int(bits))
        for entry in old where entry != 0 { insert(entry) }
    }
}
