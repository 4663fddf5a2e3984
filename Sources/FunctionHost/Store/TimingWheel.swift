// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Places that wait for a time, the earliest known exactly.
///
/// ```
///  near ◀── 64 slots of 1 ms ◀── 64 of 67 ms ◀── 64 of 4.3 s ◀── 64 of 4.6 min ◀── 64 of 4.9 h ◀── …
/// ```
///
/// A place lies in the level in whose digit, to the base of 64, its tick first differs from the tick reached so far; when that
/// comes to its slot, it falls to a lower level, and in the end to `near`. Eight levels reach as far as a ``Timestamp`` does.
/// Each slot is an ``OrderedQueue``, so that the earliest of all is the first in the first slot that is not empty. As long as
/// there are few, all are `near` and there are no slots.
///
/// Source: Varghese and Lauck, *Hashed and hierarchical timing wheels*, SOSP 1987.
package struct TimingWheel: Sendable {
    /// With more than so many there are slots.
    package static let few = 64

    /// How many wait.
    package private(set) var count = 0
    private var near = OrderedQueue()
    /// The tick reached so far: whoever is due in it or before is `near`.
    private var base: UInt64 = 0
    private var slots: ContiguousArray<OrderedQueue> = []
    /// For each level, which slots are not empty.
    private var occupied: ContiguousArray<UInt64> = []
    /// Which levels are not empty.
    private var levels: UInt64 = 0
    private var isSpread = false

    package init() {}

    /// When the first is due.
    package func earliest(_ links: borrowing OrderedLinks) -> Timestamp? {
        guard count > 0 else { return nil }
        guard near.isEmpty else { return links.time(links.first(of: near)) }
        let level = levels.trailingZeroBitCount
        let digit = occupied[level].trailingZeroBitCount
        return links.time(links.first(of: slots[level << 6 | digit]))
    }

    /// Adds a place that is in no queue.
    package mutating func insert(
        _ place: Int32, time: Timestamp, order: UInt32, now: Timestamp, _ links: inout OrderedLinks
    ) {
        count += 1
        if !isSpread, count > Self.few {
            isSpread = true
            base = max(base, Self.tick(now))
            respread(&links)
        }
        put(place, time: time, order: order, &links)
    }

    /// Takes out a place that is here.
    package mutating func remove(_ place: Int32, _ links: inout OrderedLinks) {
        if let index = index(links.time(place)) {
            links.remove(place, from: &slots[index])
            if slots[index].isEmpty { setEmpty(index) }
        } else {
            links.remove(place, from: &near)
        }
        leave()
    }

    /// Takes out the first place if it is due; those of one instant come in the order of acceptance.
    package mutating func takeDue(now: Timestamp, _ links: inout OrderedLinks) -> Int32? {
        if isSpread { advance(to: Self.tick(now), &links) }
        let first = links.first(of: near)
        guard first >= 0, links.time(first) <= now else { return nil }
        links.remove(first, from: &near)
        leave()
        return first
    }

    private mutating func leave() {
        count -= 1
        guard count == 0, isSpread else { return }
        isSpread = false
        slots = []
        occupied = []
    }

    // MARK: - Slots

    /// The ticks of 2²⁰ nanoseconds from the earliest time that there is.
    private static func tick(_ time: Timestamp) -> UInt64 { UInt64(bitPattern: time.nanoseconds ^ Int64.min) >> 20 }

    /// The slot for a time; nil if it is near.
    private func index(_ time: Timestamp) -> Int? {
        let tick = Self.tick(time)
        guard isSpread, tick > base else { return nil }
        let level = (63 - (tick ^ base).leadingZeroBitCount) / 6
        return level << 6 | Int(truncatingIfNeeded: tick >> UInt64(level * 6)) & 63
    }

    private mutating func put(_ place: Int32, time: Timestamp, order: UInt32, _ links: inout OrderedLinks) {
        guard let index = index(time) else { return links.insert(place, time: time, order: order, into: &near) }
        while slots.count <= index {
            occupied.append(0)
            slots.append(contentsOf: repeatElement(OrderedQueue(), count: 64))
        }
        links.insert(place, time: time, order: order, into: &slots[index])
        occupied[index >> 6] |= 1 << UInt64(index & 63)
        levels |= 1 << UInt64(index >> 6)
    }

    private mutating func setEmpty(_ index: Int) {
        occupied[index >> 6] &= ~(1 << UInt64(index & 63))
        if occupied[index >> 6] == 0 { levels &= ~(1 << UInt64(index >> 6)) }
    }

    /// Lets fall whatever lies in slots that begin at `tick` or before.
    private mutating func advance(to tick: UInt64, _ links: inout OrderedLinks) {
        guard tick > base else { return }
        while levels != 0 {
            let level = levels.trailingZeroBitCount
            let digit = occupied[level].trailingZeroBitCount
            let shift = UInt64(level * 6)
            let start = (base >> (shift + 6)) << (shift + 6) | UInt64(digit) << shift
            guard start <= tick else { break }
            base = start
            let index = level << 6 | digit
            var falling = slots[index]
            slots[index] = OrderedQueue()
            setEmpty(index)
            while let place = links.takeAny(from: &falling) {
                put(place, time: links.time(place), order: links.order(place), &links)
            }
        }
        base = tick
    }

    /// Puts all that are near where they belong.
    private mutating func respread(_ links: inout OrderedLinks) {
        var all = near
        near = OrderedQueue()
        while let place = links.takeAny(from: &all) {
            put(place, time: links.time(place), order: links.order(place), &links)
        }
    }
}
