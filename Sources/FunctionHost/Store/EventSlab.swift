// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The events of a queue: slots that are used again, the links of each slot, and where each id lies.
///
/// Each slot has two places among the links: the first for the queue in which it waits, is leased or follows, the second for
/// the one in which it grows old.
package struct EventSlab: Sendable {
    /// Slots that are kept when none is used.
    private static let keptSlots = 4_096
    /// How many events leave the index together: each waits for memory, and all of them wait at once.
    private static let leavingAtOnce = 32

    var nodes: ContiguousArray<EventNode> = []
    var links = OrderedLinks()
    private var index = IDIndex()
    /// The first free slot; its `lane` is the next one.
    private var free: Int32 = -1
    /// Slots of events that are gone and still in the index; until they have left it they are not used again.
    private var leaving: ContiguousArray<Int32> = []

    package init() {}

    /// How many events there are.
    package var count: Int { index.count - leaving.count }

    /// The place of a slot in the queue in which it waits, is leased or follows.
    static func place(_ slot: Int) -> Int32 { Int32(truncatingIfNeeded: slot) << 1 }
    /// The place of a slot in the queue in which it grows old.
    static func agePlace(_ slot: Int) -> Int32 { place(slot) | 1 }
    /// The slot of a place; negative if there is none.
    static func slot(_ place: Int32) -> Int { Int(place >> 1) }

    /// The number of an event in the order of acceptance.
    func order(_ slot: Int) -> UInt32 { links.order(Self.place(slot)) }

    /// The slot of an event; nil if it is not here.
    package func find(_ id: InvocationID) -> Int? { index.find(id, in: nodes) }

    /// The slot of an event that somebody believes to be there; looks for it elsewhere if it is not.
    func find(_ id: InvocationID, hint: Int) -> Int? {
        if nodes.indices.contains(hint), nodes[hint].id == id, nodes[hint].state != .free { return hint }
        return find(id)
    }

    /// Keeps an event that is not here.
    package mutating func insert(_ event: borrowing QueuedEvent, lane: Int) -> Int {
        if index.isFull { finishLeaving() }
        let slot = free >= 0 ? Int(free) : nodes.count
        // First, as it may look at all who are there.
        index.insert(event.id, slot: slot, in: nodes)
        if free >= 0 {
            free = nodes[slot].lane
            nodes[slot] = Self.node(event, lane)
        } else {
            nodes.append(Self.node(event, lane))
            links.grow(to: nodes.count * 2)
        }
        return slot
    }

    private static func node(_ event: borrowing QueuedEvent, _ lane: Int) -> EventNode {
        EventNode(
            id: event.id, payload: event.payload, details: event.box, enqueuedAt: event.enqueuedAt, dueAt: event.dueAt,
            expiresAt: event.expiresAt, lane: Int32(truncatingIfNeeded: lane),
            level: event.box.map { UInt8(2 - $0.details.priority.level) } ?? 2)
    }

    /// Lets go of an event that is in no queue; its payload is given back, so that no lock is held while it ends.
    package mutating func remove(_ slot: Int) -> EventPayload {
        let payload = nodes[slot].clear()
        leaving.append(Int32(truncatingIfNeeded: slot))
        if leaving.count == Self.leavingAtOnce { finishLeaving() }
        if count == 0, nodes.count > Self.keptSlots { self = Self() }
        return payload
    }

    private mutating func finishLeaving() {
        for slot in leaving {
            index.remove(nodes[Int(slot)].id, slot: Int(slot))
            nodes[Int(slot)].lane = free
            free = slot
        }
        leaving.removeAll(keepingCapacity: true)
    }
}
