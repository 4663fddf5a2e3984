// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A queue ordered by time, threaded through ``OrderedLinks``: nothing is allocated for who joins it.
package struct OrderedQueue: Sendable {
    /// Those who came in order.
    fileprivate var head = OrderedLinks.none
    fileprivate var tail = OrderedLinks.none
    /// The earliest of those who came out of order.
    fileprivate var heap = OrderedLinks.none

    package init() {}

    package var isEmpty: Bool { head < 0 && heap < 0 }
}

/// The links of queues that are ordered by time, and of equal times by acceptance.
///
/// Most who join a queue come after all who are in it: a list takes them, and joining, leaving from anywhere and being first
/// cost the same at any length. Who comes out of order is put into a pairing heap beside the list, where joining costs the
/// same too, and leaving the logarithm of how many did so.
///
/// Source: Fredman, Sedgewick, Sleator and Tarjan, *The pairing heap: a new form of self-adjusting heap*, Algorithmica 1986.
package struct OrderedLinks: Sendable {
    /// No place.
    package static let none: Int32 = -1
    /// What `child` says of a place in a list.
    private static let listed: Int32 = -2

    private struct Entry {
        var time = Timestamp(nanoseconds: 0)
        var order: UInt32 = 0
        /// In a list the one before; in a heap the sibling before, or the parent of the first child.
        var previous = OrderedLinks.none
        var next = OrderedLinks.none
        var child = OrderedLinks.none
    }

    private var entries: ContiguousArray<Entry> = []

    package init() {}

    /// What a place takes.
    static var bytesPerPlace: Int { MemoryLayout<Entry>.stride }

    /// Makes places, up to this number.
    package mutating func grow(to count: Int) {
        while entries.count < count { entries.append(Entry()) }
    }

    /// The time that a place was put into its queue with.
    package func time(_ place: Int32) -> Timestamp { entries[Int(place)].time }

    /// The number in the order of acceptance that a place was put into its queue with.
    package func order(_ place: Int32) -> UInt32 { entries[Int(place)].order }

    /// Whether one goes before another.
    package func isBefore(_ left: Int32, _ right: Int32) -> Bool {
        let (leftTime, rightTime) = (entries[Int(left)].time, entries[Int(right)].time)
        guard leftTime == rightTime else { return leftTime < rightTime }
        // The numbers go round; of two that wait at once neither is two thousand million ahead.
        return Int32(bitPattern: entries[Int(left)].order &- entries[Int(right)].order) < 0
    }

    /// The place that goes first, or `none`.
    package func first(of queue: OrderedQueue) -> Int32 {
        guard queue.heap >= 0 else { return queue.head }
        guard queue.head >= 0 else { return queue.heap }
        return isBefore(queue.head, queue.heap) ? queue.head : queue.heap
    }

    /// Puts a place that is in no queue into one.
    package mutating func insert(_ place: Int32, time: Timestamp, order: UInt32, into queue: inout OrderedQueue) {
        entries[Int(place)] = Entry(time: time, order: order)
        if queue.tail >= 0, isBefore(place, queue.tail) {
            queue.heap = queue.heap < 0 ? place : meld(queue.heap, place)
            return
        }
        entries[Int(place)].child = Self.listed
        entries[Int(place)].previous = queue.tail
        if queue.tail >= 0 { entries[Int(queue.tail)].next = place } else { queue.head = place }
        queue.tail = place
    }

    /// Takes a place out of the queue it is in.
    package mutating func remove(_ place: Int32, from queue: inout OrderedQueue) {
        let entry = entries[Int(place)]
        guard entry.child == Self.listed else { return removeFromHeap(place, entry, &queue) }
        if entry.previous >= 0 { entries[Int(entry.previous)].next = entry.next } else { queue.head = entry.next }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous } else { queue.tail = entry.previous }
    }

    /// Takes a place out of a queue that is being emptied, those who came in order first; nil once it is empty.
    package mutating func takeAny(from queue: inout OrderedQueue) -> Int32? {
        if queue.head >= 0 {
            let place = queue.head
            remove(place, from: &queue)
            return place
        }
        guard queue.heap >= 0 else { return nil }
        // The heap is not one any more: its places are strung together, those below before those beside.
        let place = queue.heap
        let (child, next) = (entries[Int(place)].child, entries[Int(place)].next)
        queue.heap = child < 0 ? next : child
        guard child >= 0 else { return place }
        var last = child
        while entries[Int(last)].next >= 0 { last = entries[Int(last)].next }
        entries[Int(last)].next = next
        return place
    }

    // MARK: - The heap

    private mutating func removeFromHeap(_ place: Int32, _ entry: Entry, _ queue: inout OrderedQueue) {
        let below = entry.child < 0 ? Self.none : combine(entry.child)
        guard place != queue.heap else {
            queue.heap = below
            return
        }
        if entries[Int(entry.previous)].child == place {
            entries[Int(entry.previous)].child = entry.next
        } else {
            entries[Int(entry.previous)].next = entry.next
        }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
        if below >= 0 { queue.heap = meld(queue.heap, below) }
    }

    /// Makes the later of two roots the first child of the earlier, which is returned.
    private mutating func meld(_ left: Int32, _ right: Int32) -> Int32 {
        let (root, below) = isBefore(right, left) ? (right, left) : (left, right)
        let sibling = entries[Int(root)].child
        entries[Int(below)].next = sibling
        entries[Int(below)].previous = root
        if sibling >= 0 { entries[Int(sibling)].previous = below }
        entries[Int(root)].child = below
        return root
    }

    /// Makes one heap of siblings: in pairs from the first to the last, then the pairs from the last to the first.
    private mutating func combine(_ first: Int32) -> Int32 {
        var pairs = Self.none
        var rest = first
        while rest >= 0 {
            let second = entries[Int(rest)].next
            let following = second < 0 ? Self.none : entries[Int(second)].next
            let pair = second < 0 ? rest : meld(rest, second)
            entries[Int(pair)].next = pairs
            pairs = pair
            rest = following
        }
        var root = pairs
        rest = entries[Int(root)].next
        while rest >= 0 {
            let following = entries[Int(rest)].next
            root = meld(root, rest)
            rest = following
        }
        entries[Int(root)].next = Self.none
        entries[Int(root)].previous = Self.none
        return root
    }
}
