// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where each event lies, by its id: a hash table of five bytes an entry.
///
/// Entries lie in groups of eight. Seven bits of each one's id stand together in a word, which tells at once where an id may be
/// and, nearly always, that it is not there; the slots stand beside it. A group that was never full sends nobody to another one,
/// so that leaving it leaves no trace.
///
/// Events of one host come one after another and mostly leave so, and their ids count: two of them to a group, and the next two
/// to the next one. Memory is then gone through from end to end, which costs an event among a million no more than one among a
/// thousand. Where a group is full, other bits of the id say how far the next one is, so that ids that would all begin in one
/// group part ways at once.
///
/// Source: Abseil, *Swiss Tables Design Notes*; the words are looked at as in Warren, *Hacker's Delight*, chapter 6.
struct IDIndex: Sendable {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    /// What stands where an entry has left a full group.
    private static let left: UInt64 = 1

    /// The words of a group: a byte for each of its entries, then their slots, two in a word.
    private static let wordCount = 5

    /// A byte is 0 where there is no entry; else it has the high bit and seven of the hash.
    private var words = ContiguousArray<UInt64>(repeating: 0, count: 2 * wordCount)
    private var groupCount = 2
    /// How many places are taken by entries that have left.
    private var leftCount = 0
    private(set) var count = 0

    /// The slot of an event; nil if it is not here.
    func find(_ id: InvocationID, in nodes: borrowing ContiguousArray<EventNode>) -> Int? {
        let tag = Self.tag(id)
        var group = home(id)
        while true {
            let bytes = words[group]
            var matches = Self.zeros(bytes ^ (tag &* Self.ones))
            while matches != 0 {
                let slot = slot(group, matches.trailingZeroBitCount >> 3)
                if nodes[slot].id == id, nodes[slot].state != .free { return slot }
                matches &= matches - 1
            }
            if Self.zeros(bytes) != 0 { return nil }
            group = following(group, id)
        }
    }

    /// Whether the next one to come makes the table anew; at five eighths few groups are full.
    var isFull: Bool { count + leftCount >= groupCount * 5 }

    /// Adds an event that is not here; `nodes` are all there are.
    mutating func insert(_ id: InvocationID, slot: Int, in nodes: borrowing ContiguousArray<EventNode>) {
        if isFull { renew(nodes) }
        count += 1
        put(id, slot)
    }

    /// Takes out an event that is here.
    mutating func remove(_ id: InvocationID, slot: Int) {
        let tag = Self.tag(id)
        var group = home(id)
        while true {
            var matches = Self.zeros(words[group] ^ (tag &* Self.ones))
            while matches != 0 {
                let place = matches.trailingZeroBitCount >> 3
                if self.slot(group, place) == slot { return leave(group, place) }
                matches &= matches - 1
            }
            precondition(Self.zeros(words[group]) == 0, "an event is to be removed that is not there")
            group = following(group, id)
        }
    }

    private mutating func leave(_ group: Int, _ place: Int) {
        let (bytes, shift) = (words[group], UInt64(place << 3))
        count -= 1
        words[group] = bytes & ~(0xFF << shift)
        guard Self.zeros(bytes) == 0 else { return }
        words[group] |= Self.left << shift
        leftCount += 1
    }

    private static func tag(_ id: InvocationID) -> UInt64 { id.high >> 57 | 0x80 }

    /// The high bit of each byte that is 0; maybe of one that is 1 above it too.
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// The first word of the group where an entry is looked for first.
    private func home(_ id: InvocationID) -> Int {
        (Int(truncatingIfNeeded: id.number >> 1) & (groupCount - 1)) * Self.wordCount
    }

    /// The first word of the group to look in after a full one; all groups have their turn, as there are a power of two of them
    /// and the way between them is odd.
    private func following(_ group: Int, _ id: InvocationID) -> Int {
        let way = Int(truncatingIfNeeded: id.high &* 0x9E37_79B9_7F4A_7C15 >> 32) | 1
        return ((group / Self.wordCount + way) & (groupCount - 1)) * Self.wordCount
    }

    private func slot(_ group: Int, _ place: Int) -> Int {
        Int(words[group + 1 + place >> 1] >> UInt64((place & 1) << 5) & 0xFFFF_FFFF)
    }

    /// Makes the table anew, twice as large if most of it is taken by those who are here.
    private mutating func renew(_ nodes: borrowing ContiguousArray<EventNode>) {
        if count >= groupCount * 9 / 2 { groupCount *= 2 }
        words = ContiguousArray(repeating: 0, count: groupCount * Self.wordCount)
        leftCount = 0
        // In the order of the slots, which lie one after the other.
        for slot in nodes.indices where nodes[slot].state != .free { put(nodes[slot].id, slot) }
    }

    private mutating func put(_ id: InvocationID, _ slot: Int) {
        var group = home(id)
        while case let free = ~words[group] & Self.highs, free == 0 { group = following(group, id) }
        let bytes = words[group]
        let place = (~bytes & Self.highs).trailingZeroBitCount >> 3
        let (shift, half) = (UInt64(place << 3), UInt64((place & 1) << 5))
        if bytes >> shift & 0xFF == Self.left { leftCount -= 1 }
        words[group] = bytes & ~(0xFF << shift) | Self.tag(id) << shift
        let word = words[group + 1 + place >> 1]
        words[group + 1 + place >> 1] = word & ~(0xFFFF_FFFF << half) | UInt64(truncatingIfNeeded: slot) << half
    }
}
