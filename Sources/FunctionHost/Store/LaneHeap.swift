// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The lanes whose events wait for a time, the one with the earliest first; of equal ones the lower number.
package struct LaneHeap: Sendable {
    private struct Entry {
        var time: Timestamp
        var lane: Int32
    }

    private var heap: ContiguousArray<Entry> = []
    /// Where each lane is in the heap; -1 if it is not there.
    private var places: ContiguousArray<Int32> = []

    package init() {}

    /// The first lane, and its time.
    package var first: (lane: Int, time: Timestamp)? { heap.first.map { (Int($0.lane), $0.time) } }

    /// The earliest time of the lanes that are wanted; costs a look at those before it.
    package func earliest(where isWanted: (Int) -> Bool) -> Timestamp? {
        guard let first = heap.first else { return nil }
        if isWanted(Int(first.lane)) { return first.time }
        var earliest: Timestamp?
        var open = [0]
        while let place = open.popLast() {
            let entry = heap[place]
            if let earliest, earliest <= entry.time { continue }
            if isWanted(Int(entry.lane)) {
                earliest = entry.time
            } else {
                open.append(contentsOf: children(of: place))
            }
        }
        return earliest
    }

    /// Sets a lane's time; nil takes it out.
    package mutating func set(_ lane: Int, to time: Timestamp?) {
        while places.count <= lane { places.append(-1) }
        let place = Int(places[lane])
        guard let time else {
            if place >= 0 { remove(at: place) }
            return
        }
        guard place >= 0 else {
            heap.append(Entry(time: time, lane: Int32(lane)))
            moveUp(heap.count - 1)
            return
        }
        guard heap[place].time != time else { return }
        heap[place].time = time
        moveUp(place)
        moveDown(Int(places[lane]))
    }

    private mutating func remove(at place: Int) {
        places[Int(heap[place].lane)] = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        moveUp(place)
        moveDown(Int(places[Int(last.lane)]))
    }

    private func children(of place: Int) -> Range<Int> {
        let first = min(place * 4 + 1, heap.count)
        return first..<min(first + 4, heap.count)
    }

    private func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.time == right.time ? left.lane < right.lane : left.time < right.time
    }

    private mutating func moveUp(_ start: Int) {
        var place = start
        let entry = heap[place]
        while place > 0 {
            let parent = (place - 1) / 4
            guard isBefore(entry, heap[parent]) else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    private mutating func moveDown(_ start: Int) {
        var place = start
        let entry = heap[place]
        while true {
            let below = children(of: place)
            guard var child = below.first else { break }
            for other in below.dropFirst() where isBefore(heap[other], heap[child]) { child = other }
            guard isBefore(heap[child], entry) else { break }
            put(heap[child], at: place)
            place = child
        }
        put(entry, at: place)
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        places[Int(entry.lane)] = Int32(place)
    }
}
