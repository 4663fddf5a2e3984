// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where each event lies, by its id: a table with open addressing of eight bytes an entry.
///
/// The ids' bits are random, so that one multiplication is hash enough; 32 of its bits lie in the table, so that an event is
/// looked at only where it is almost certainly the right one. Leaving closes the gap: there are no tombstones.
struct IDIndex: Sendable {
    private struct Entry {
        var tag: UInt32 = 0
        var slot: Int32 = -1
    }

    private var entries = ContiguousArray(repeating: Entry(), count: 16)
    private(set) var count = 0

    /// The slot of an event; nil if it is not here.
    func find(_ id: InvocationID, in nodes: borrowing ContiguousArray<EventNode>) -> Int? {
        let tag = Self.tag(id)
        var place = home(tag)
        while entries[place].slot >= 0 {
            let slot = Int(entries[place].slot)
            if entries[place].tag == tag, nodes[slot].id == id { return slot }
            place = following(place)
        }
        return nil
    }

    /// Adds an event that is not here.
    mutating func insert(_ id: InvocationID, slot: Int) {
        if count >= entries.count / 4 * 3 { resize(to: entries.count * 2) }
        count += 1
        put(Entry(tag: Self.tag(id), slot: Int32(slot)))
    }

    /// Takes out an event that is here.
    mutating func remove(_ id: InvocationID, slot: Int) {
        var gap = home(Self.tag(id))
        while entries[gap].slot != Int32(truncatingIfNeeded: slot) { gap = following(gap) }
        count -= 1
        // Whoever lies behind the gap and could not come nearer to its home because of it moves into it.
        var place = following(gap)
        while entries[place].slot >= 0 {
            let mask = entries.count - 1
            if (place &- home(entries[place].tag)) & mask >= (place &- gap) & mask {
                entries[gap] = entries[place]
                gap = place
            }
            place = following(place)
        }
        entries[gap] = Entry()
    }

    private static func tag(_ id: InvocationID) -> UInt32 {
        UInt32(truncatingIfNeeded: ((id.low ^ id.high) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }

    private func home(_ tag: UInt32) -> Int { Int(truncatingIfNeeded: tag) & (entries.count - 1) }

    private func following(_ place: Int) -> Int { (place + 1) & (entries.count - 1) }

    private mutating func put(_ entry: Entry) {
        var place = home(entry.tag)
        while entries[place].slot >= 0 { place = following(place) }
        entries[place] = entry
    }

    private mutating func resize(to capacity: Int) {
        let old = entries
        entries = ContiguousArray(repeating: Entry(), count: capacity)
        for entry in old where entry.slot >= 0 { put(entry) }
    }
}
