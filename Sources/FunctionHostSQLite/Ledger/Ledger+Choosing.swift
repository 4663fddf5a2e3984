// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Which events are lent next.
///
/// Functions take turns. The index of ready events begins with the lane, so that going from function to function, and from
/// priority to priority within one, takes one search each, however many events there are.
extension Ledger {
    /// One function that has ready events, and where they are.
    private struct Turn {
        let function: Int
        var lanes: [Lane]
    }

    private struct Candidate {
        let seq: Int64
        let rank: Timestamp
    }

    /// How many events whose time has come one transaction moves to the ready ones.
    private static let promotionLimit = 4_096

    /// Moves events whose time has come to the ready ones.
    func promote(now: Timestamp) throws(SQLiteFault) {
        leasing.promote.bind(now, 1)
        leasing.promote.bind(Self.promotionLimit, 2)
        let count = try leasing.promote.change()
        counters.ready += count
        counters.delayed -= count
    }

    /// Up to `count` events, in the order in which they are to be lent.
    func choose(_ count: Int, _ filter: LeaseFilter, now: Timestamp) throws(SQLiteFault) -> [Int64] {
        if filter.onlyExpired { return try chooseExpired(count, filter, now: now) }
        let turns = try turns(atMost: count, filter)
        guard !turns.isEmpty else { return [] }
        // At first an equal share for each; then more of those that have more, if that leaves some over.
        let share = (count + turns.count - 1) / turns.count
        var queues = [[Candidate]]()
        for turn in turns { queues.append(try candidates(of: turn, atMost: share, now: now)) }
        if share < count, queues.reduce(0, { $0 + $1.count }) < count {
            for (index, turn) in turns.enumerated() where queues[index].count == share {
                queues[index] = try candidates(of: turn, atMost: count, now: now)
            }
        }
        return interleave(queues, turns, count)
    }

    /// One event of each function, then the next one of each, and so on.
    private func interleave(_ queues: [[Candidate]], _ turns: [Turn], _ count: Int) -> [Int64] {
        var chosen: [Int64] = []
        var place = 0
        while true {
            let before = chosen.count
            for (index, queue) in queues.enumerated() where place < queue.count {
                chosen.append(queue[place].seq)
                lastTurn = turns[index].function
                if chosen.count == count { return chosen }
            }
            if chosen.count == before { return chosen }
            place += 1
        }
    }

    /// The functions whose turn it is, beginning behind the one that had the last turn.
    private func turns(atMost count: Int, _ filter: LeaseFilter) throws(SQLiteFault) -> [Turn] {
        var turns: [Turn] = []
        switch filter.functions {
        case .none: break
        case .only(let function):
            try visitLanes(from: Lane.last(of: function - 1), through: function, filter, &turns, atMost: 1)
        case .allBut:
            try visitLanes(from: Lane.last(of: lastTurn), through: nil, filter, &turns, atMost: count)
            if turns.count < count { try visitLanes(from: -1, through: lastTurn, filter, &turns, atMost: count) }
        }
        return turns
    }

    private func visitLanes(
        from start: Int, through last: Int?, _ filter: LeaseFilter, _ turns: inout [Turn], atMost count: Int
    ) throws(SQLiteFault) {
        var place = start
        while true {
            leasing.nextLane.bind(place, 1)
            guard let number = try leasing.nextLane.integer() else { return }
            let lane = Lane(number: Int(number))
            if let last, lane.function > last { return }
            guard filter.admits(lane) else {
                // Suspects come behind the others of their function.
                place = Lane.last(of: lane.function)
                continue
            }
            if turns.last?.function == lane.function {
                turns[turns.count - 1].lanes.append(lane)
            } else if turns.count == count {
                return
            } else {
                turns.append(Turn(function: lane.function, lanes: [lane]))
            }
            place = lane.number
        }
    }

    private func candidates(of turn: Turn, atMost count: Int, now: Timestamp) throws(SQLiteFault) -> [Candidate] {
        var found: [Candidate] = []
        for lane in turn.lanes {
            leasing.inLane.bind(lane.number, 1)
            leasing.inLane.bind(now, 2)
            leasing.inLane.bind(count, 3)
            let priority = lane.priority
            while try leasing.inLane.step() {
                let due = leasing.inLane.time(1)
                found.append(Candidate(seq: leasing.inLane.integer(0), rank: priority.rank(dueAt: due)))
            }
        }
        if turn.lanes.count > 1 {
            found.sort { ($0.rank, $0.seq) < ($1.rank, $1.seq) }
            found.removeLast(max(0, found.count - count))
        }
        return found
    }

    private func chooseExpired(_ count: Int, _ filter: LeaseFilter, now: Timestamp) throws(SQLiteFault) -> [Int64] {
        var chosen: [Int64] = []
        var function = 0
        while chosen.count < count {
            leasing.nextFunction.bind(function, 1)
            guard let next = try leasing.nextFunction.integer() else { break }
            function = Int(next)
            guard filter.admits(function) else { continue }
            leasing.expiredOf.bind(function, 1)
            leasing.expiredOf.bind(now, 2)
            leasing.expiredOf.bind(filter.takesSuspects ? 1 : 0, 3)
            leasing.expiredOf.bind(count - chosen.count, 4)
            while try leasing.expiredOf.step() { chosen.append(leasing.expiredOf.integer(0)) }
        }
        return chosen
    }

    // MARK: - What is left

    /// Whether more could be lent at this moment.
    func hasMore(_ filter: LeaseFilter, now: Timestamp) throws(SQLiteFault) -> Bool {
        if filter.onlyExpired { return try !chooseExpired(1, filter, now: now).isEmpty }
        var place = -1
        if case .only(let function) = filter.functions { place = Lane.last(of: function - 1) }
        while true {
            leasing.nextLane.bind(place, 1)
            guard let number = try leasing.nextLane.integer() else { return false }
            let lane = Lane(number: Int(number))
            if filter.admits(lane) {
                leasing.isDueInLane.bind(lane.number, 1)
                leasing.isDueInLane.bind(now, 2)
                if try leasing.isDueInLane.integer() != nil { return true }
                place = lane.number
            } else {
                if case .only(let function) = filter.functions, lane.function > function { return false }
                place = Lane.last(of: lane.function)
            }
        }
    }

    /// When the next event is due that waits for a time.
    func nextDue(_ filter: LeaseFilter) throws(SQLiteFault) -> Timestamp? {
        if case .only(let function) = filter.functions { return try firstDue(of: function) }
        guard try leasing.firstDue.step() else { return nil }
        let (due, function) = (leasing.firstDue.time(0), leasing.firstDue.int(1))
        leasing.firstDue.reset()
        if filter.admits(function) { return due }
        var earliest: Timestamp?
        var place = 0
        while true {
            leasing.nextDelayedFunction.bind(place, 1)
            guard let next = try leasing.nextDelayedFunction.integer() else { return earliest }
            place = Int(next)
            guard filter.admits(place), let due = try firstDue(of: place) else { continue }
            earliest = min(earliest ?? due, due)
        }
    }

    private func firstDue(of function: Int) throws(SQLiteFault) -> Timestamp? {
        leasing.firstDueOf.bind(function, 1)
        return try leasing.firstDueOf.integer().map { Timestamp(nanoseconds: $0) }
    }
}
