// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The events that follow others of the same function with the same ordering key, each chain in the order of acceptance.
///
/// The first of a chain is not here, but waits or is leased as any other; that there is a chain says that there is a first.
/// Besides, all that follow lie in one queue by the time at which they are due, so that it is known how many are.
struct OrderingChains: Sendable {
    private var chains: [LaneKey: OrderedQueue] = [:]
    private var later = OrderedQueue()
    private var due = OrderedQueue()

    /// How many are due.
    private(set) var dueCount = 0

    /// Joins a chain; false if there was none, and the event is the first.
    mutating func join(_ key: LaneKey, _ slot: Int, _ order: UInt32, _ slab: inout EventSlab) -> Bool {
        guard var chain = chains[key] else {
            chains[key] = OrderedQueue()
            return false
        }
        slab.links.insert(EventSlab.place(slot), time: Self.noTime, order: order, into: &chain)
        chains[key] = chain
        slab.nodes[slot].marks.remove(.isDueBehind)
        slab.links.insert(EventSlab.agePlace(slot), time: slab.nodes[slot].dueAt, order: order, into: &later)
        return true
    }

    /// Takes out an event that follows another.
    mutating func leave(_ slot: Int, _ slab: inout EventSlab) {
        guard let key = key(of: slot, slab), var chain = chains[key] else { return }
        slab.links.remove(EventSlab.place(slot), from: &chain)
        chains[key] = chain
        forgetTime(slot, &slab)
    }

    /// Takes out the event that follows one which has ended; nil, and the chain is gone, if there is none.
    mutating func next(after slot: Int, _ slab: inout EventSlab) -> Int? {
        guard let key = key(of: slot, slab), var chain = chains[key] else { return nil }
        let place = slab.links.first(of: chain)
        guard place >= 0 else {
            chains[key] = nil
            return nil
        }
        slab.links.remove(place, from: &chain)
        chains[key] = chain
        forgetTime(EventSlab.slot(place), &slab)
        return EventSlab.slot(place)
    }

    /// Takes note of those that are due; when the first of them was.
    mutating func advance(to now: Timestamp, _ slab: inout EventSlab) -> Timestamp? {
        while case let place = slab.links.first(of: later), place >= 0, slab.links.time(place) <= now {
            let (time, order) = (slab.links.time(place), slab.links.order(place))
            slab.links.remove(place, from: &later)
            slab.links.insert(place, time: time, order: order, into: &due)
            slab.nodes[EventSlab.slot(place)].marks.insert(.isDueBehind)
            dueCount += 1
        }
        let first = slab.links.first(of: due)
        return first < 0 ? nil : slab.links.time(first)
    }

    /// In a chain only the order of acceptance counts.
    private static let noTime = Timestamp(nanoseconds: 0)

    private func key(of slot: Int, _ slab: borrowing EventSlab) -> LaneKey? {
        slab.nodes[slot].details?.details.orderingKey.map { LaneKey(Int(slab.nodes[slot].lane), $0) }
    }

    private mutating func forgetTime(_ slot: Int, _ slab: inout EventSlab) {
        if slab.nodes[slot].marks.contains(.isDueBehind) {
            slab.links.remove(EventSlab.agePlace(slot), from: &due)
            dueCount -= 1
        } else {
            slab.links.remove(EventSlab.agePlace(slot), from: &later)
        }
    }
}
