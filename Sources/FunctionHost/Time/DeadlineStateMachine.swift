// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which deadline, until it has passed or is removed.
package struct DeadlineID: Hashable, Sendable {
    fileprivate let slot: Int32
    fileprivate let generation: UInt32
}

/// The deadlines of a host, earliest first: a heap of four children a node whose entries know their place.
///
/// Adding a deadline later than all others, which is what a stream of invocations with one timeout does, costs one
/// comparison; removing one that has not passed costs nothing that lasts, so a finished call leaves nothing behind.
/// Deadlines at the same instant pass in the order in which they were added.
package struct DeadlineStateMachine<Target: Sendable>: Sendable {
    private struct Entry {
        var time: Timestamp
        var order: UInt64
        var slot: Int32
    }

    private struct Slot {
        var target: Target?
        var place: Int32
        var generation: UInt32
    }

    private var heap: ContiguousArray<Entry> = []
    private var slots: ContiguousArray<Slot> = []
    private var freeSlots: ContiguousArray<Int32> = []
    private var order: UInt64 = 0

    package init() {}

    /// How many deadlines are still to pass.
    package var count: Int { heap.count }

    /// The next deadline to pass.
    package var earliest: Timestamp? { heap.first?.time }

    /// Adds a deadline; `isEarliest` says that the alarm has to be set for it.
    package mutating func add(_ target: Target, at time: Timestamp) -> (id: DeadlineID, isEarliest: Bool) {
        order &+= 1
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            slots[Int(slot)].target = target
        } else {
            slot = Int32(slots.count)
            slots.append(Slot(target: target, place: 0, generation: 0))
        }
        heap.append(Entry(time: time, order: order, slot: slot))
        moveUp(heap.count - 1)
        let id = DeadlineID(slot: slot, generation: slots[Int(slot)].generation)
        return (id, slots[Int(slot)].place == 0)
    }

    /// Removes a deadline; nil if it has passed or was removed before.
    @discardableResult
    package mutating func remove(_ id: DeadlineID) -> Target? {
        guard Int(id.slot) < slots.count, slots[Int(id.slot)].generation == id.generation else { return nil }
        return remove(at: Int(slots[Int(id.slot)].place))
    }

    /// Takes the earliest deadline if it has passed at `now`.
    package mutating func takePassed(now: Timestamp) -> Target? {
        guard let first = heap.first, first.time <= now else { return nil }
        return remove(at: 0)
    }

    private mutating func remove(at place: Int) -> Target? {
        let slot = Int(heap[place].slot)
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            slots[Int(last.slot)].place = Int32(place)
            moveUp(place)
            moveDown(Int(slots[Int(last.slot)].place))
        }
        let target = slots[slot].target
        slots[slot].target = nil
        slots[slot].generation &+= 1
        freeSlots.append(Int32(slot))
        return target
    }

    private func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.time == right.time ? left.order < right.order : left.time < right.time
    }

    private mutating func moveUp(_ start: Int) {
        var place = start
        let entry = heap[place]
        while place > 0 {
            let parent = (place - 1) / 4
            guard isBefore(entry, heap[parent]) else { break }
            heap[place] = heap[parent]
            slots[Int(heap[place].slot)].place = Int32(place)
            place = parent
        }
        heap[place] = entry
        slots[Int(entry.slot)].place = Int32(place)
    }

    private mutating func moveDown(_ start: Int) {
        var place = start
        let entry = heap[place]
        while true {
            let first = place * 4 + 1
            guard first < heap.count else { break }
            var child = first
            for other in first + 1..<min(first + 4, heap.count) where isBefore(heap[other], heap[child]) {
                child = other
            }
            guard isBefore(heap[child], entry) else { break }
            heap[place] = heap[child]
            slots[Int(heap[place].slot)].place = Int32(place)
            place = child
        }
        heap[place] = entry
        slots[Int(entry.slot)].place = Int32(place)
    }
}
