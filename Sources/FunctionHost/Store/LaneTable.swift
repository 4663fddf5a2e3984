// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One function's events in a queue.
struct Lane: Sendable {
    var name = ""
    /// What keeps it: events, and idempotency keys that outlive theirs.
    var holds = 0
    /// Its events that wait for a time.
    var wheel = TimingWheel()
    /// Which of its queues of ready events are not empty, a bit for each.
    fileprivate(set) var occupied: UInt16 = 0
    /// The request that it was last excluded from.
    fileprivate var exclusion: UInt64 = 0
    fileprivate var previous: Int32 = -1
    fileprivate var next: Int32 = -1
}

/// The functions of a queue, and the line in which those with ready events stand to take turns.
///
/// A function joins the line at its end when it has ready events and goes to its end when one of them was leased. Who is not
/// wanted keeps its place: it costs a look at each function that a request excludes, and no more.
package struct LaneTable: Sendable {
    /// The queues of each lane: five of ready events by priority, five of suspects, two by age.
    private static let queueCount = 12
    private static let suspectMask: UInt16 = 0b11_1110_0000

    var lanes: ContiguousArray<Lane> = []
    var queues: ContiguousArray<OrderedQueue> = []
    private var numbers: [String: Int] = [:]
    private var latest = 0
    private var free: [Int] = []
    /// With so many lanes it is time to look for those that nothing keeps.
    private var sweepCount = 64
    private var exclusion: UInt64 = 0
    private var head: Int32 = -1
    private var tail: Int32 = -1

    package init() {}

    /// How many lanes there are, those to be used again included.
    package var count: Int { lanes.count }

    /// The lane of a function that has one.
    mutating func find(_ name: String) -> Int? {
        // Many events of one function come in a row.
        if latest < lanes.count, lanes[latest].name == name { return latest }
        guard let lane = numbers[name] else { return nil }
        latest = lane
        return lane
    }

    /// The lane of a function.
    package mutating func lane(_ name: String) -> Int {
        if let lane = find(name) { return lane }
        if free.isEmpty, lanes.count >= sweepCount { sweep() }
        let lane = free.popLast() ?? lanes.count
        if lane == lanes.count {
            lanes.append(Lane())
            queues.append(contentsOf: repeatElement(OrderedQueue(), count: Self.queueCount))
        }
        lanes[lane].name = name
        numbers[name] = lane
        latest = lane
        return lane
    }

    /// The number of the queue of ready events of a level.
    static func readyQueue(_ key: EventNode.Key) -> Int {
        key.lane * queueCount + key.level + (key.isSuspect ? 5 : 0)
    }

    /// The number of the queue by age.
    static func ageQueue(_ lane: Int, isSuspect: Bool) -> Int { lane * queueCount + (isSuspect ? 11 : 10) }

    /// The same for an event.
    static func ageQueue(_ key: EventNode.Key) -> Int { ageQueue(key.lane, isSuspect: key.isSuspect) }

    /// Forgets lanes that nothing keeps: names that were used once must not stay for ever.
    private mutating func sweep() {
        for lane in lanes.indices where lanes[lane].holds == 0 {
            numbers[lanes[lane].name] = nil
            lanes[lane] = Lane()
            free.append(lane)
        }
        // As many again may come, so that sweeping costs each of them the same.
        sweepCount = max(64, (lanes.count - free.count) * 2)
    }

    // MARK: - The line

    /// Takes note of whether a queue of ready events is empty.
    mutating func noteReady(_ lane: Int, queue: Int) {
        let bit: UInt16 = 1 << UInt16(queue - lane * Self.queueCount)
        let was = lanes[lane].occupied
        let new = queues[queue].isEmpty ? was & ~bit : was | bit
        guard new != was else { return }
        lanes[lane].occupied = new
        if was == 0 { join(lane) } else if new == 0 { leave(lane) }
    }

    /// Sends a lane that had its turn to the end of the line.
    mutating func hadTurn(_ lane: Int) {
        guard tail != Int32(truncatingIfNeeded: lane), lanes[lane].occupied != 0 else { return }
        leave(lane)
        join(lane)
    }

    /// Marks functions that the next request does not want; what is returned tells them apart.
    mutating func exclude(_ names: Set<String>) -> UInt64 {
        guard !names.isEmpty else { return .max }
        exclusion += 1
        for name in names {
            if let lane = numbers[name] { lanes[lane].exclusion = exclusion }
        }
        return exclusion
    }

    /// Whether a request wants a function.
    func isWanted(_ lane: Int, _ exclusion: UInt64) -> Bool { lanes[lane].exclusion != exclusion }

    /// Which of a lane's queues of ready events have any.
    func readyQueues(_ lane: Int, takesSuspects: Bool) -> UInt16 {
        takesSuspects ? lanes[lane].occupied : lanes[lane].occupied & ~Self.suspectMask
    }

    /// The first in the line with events that a request takes.
    func firstInLine(_ exclusion: UInt64, takesSuspects: Bool) -> Int? {
        var lane = head
        while lane >= 0 {
            let number = Int(lane)
            if readyQueues(number, takesSuspects: takesSuspects) != 0, isWanted(number, exclusion) { return number }
            lane = lanes[number].next
        }
        return nil
    }

    /// The earliest of the heads of all queues of ready events.
    func earliestReady(_ time: (_ place: Int32) -> Timestamp, _ links: borrowing OrderedLinks) -> Timestamp? {
        var earliest: Timestamp?
        var lane = head
        while lane >= 0 {
            var mask = lanes[Int(lane)].occupied
            while mask != 0 {
                let queue = queues[Int(lane) * Self.queueCount + mask.trailingZeroBitCount]
                mask &= mask - 1
                let other = time(links.first(of: queue))
                earliest = min(earliest ?? other, other)
            }
            lane = lanes[Int(lane)].next
        }
        return earliest
    }

    /// The place that goes first in a lane: of the heads of its queues the one with the earliest rank.
    func first(of lane: Int, takesSuspects: Bool, _ links: borrowing OrderedLinks) -> (place: Int32, queue: Int)? {
        var mask = readyQueues(lane, takesSuspects: takesSuspects)
        var best: (place: Int32, queue: Int)?
        while mask != 0 {
            let queue = lane * Self.queueCount + mask.trailingZeroBitCount
            mask &= mask - 1
            let place = links.first(of: queues[queue])
            if let best, !links.isBefore(place, best.place) { continue }
            best = (place, queue)
        }
        return best
    }

    private mutating func join(_ lane: Int) {
        lanes[lane].previous = tail
        lanes[lane].next = -1
        if tail >= 0 { lanes[Int(tail)].next = Int32(lane) } else { head = Int32(lane) }
        tail = Int32(lane)
    }

    private mutating func leave(_ lane: Int) {
        let (previous, next) = (lanes[lane].previous, lanes[lane].next)
        if previous >= 0 { lanes[Int(previous)].next = next } else { head = next }
        if next >= 0 { lanes[Int(next)].previous = previous } else { tail = previous }
    }
}
