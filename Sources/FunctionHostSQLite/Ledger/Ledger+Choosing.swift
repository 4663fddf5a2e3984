// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// An event that may be lent next, and what its place among those of its function depends on.
private struct Candidate {
    let seq: Int64
    let rank: Timestamp

    static func isBefore(_ left: Self, _ right: Self) -> Bool { (left.rank, left.seq) < (right.rank, right.seq) }
}

/// One function that has ready events, and where they are.
private struct Turn {
    let function: Int
    var lanes: [Lane]
}

/// Which events are lent next.
///
/// Functions take turns. The index of ready events begins with the lane, so that going from function to function, and from
/// priority to priority within one, takes one search each, however many events there are.
extension Ledger {
    /// How many events whose time has come one transaction moves to the ready ones.
    private static let promotionLimit = 4_096

    /// Moves events whose time has come to the ready ones.
    func promote(now: Timestamp) throws(SQLiteFault) {
        choosing.promote.bind(now, 1)
        choosing.promote.bind(Self.promotionLimit, 2)
        let count = try choosing.promote.change()
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
        var queues: [[Candidate]] = []
        for turn in turns { queues.append(try candidates(of: turn, atMost: share)) }
        if share < count, queues.reduce(0, { $0 + $1.count }) < count {
            for (index, turn) in turns.enumerated() where queues[index].count == share {
                queues[index] = try candidates(of: turn, atMost: count)
            }
        }
        return interleave(queues, turns.map(\.function), count)
    }

    /// One event of each function, then the next one of each, and so on.
    private func interleave(_ queues: [[Candidate]], _ functions: [Int], _ count: Int) -> [Int64] {
        var chosen: [Int64] = []
        var place = 0
        while true {
            let before = chosen.count
            for (index, queue) in queues.enumerated() where place < queue.count {
                chosen.append(queue[place].seq)
                lastTurn = functions[index]
                if chosen.count == count { return chosen }
            }
            if chosen.count == before { return chosen }
            place += 1
        }
    }

    // MARK: - Turns

    /// The functions whose turn it is, beginning behind the one that had the last turn.
    private func turns(atMost count: Int, _ filter: LeaseFilter) throws(SQLiteFault) -> [Turn] {
        var turns: [Turn] = []
        switch filter.functions {
        case .none: break
        case .only(let function):
            try visitLanes(after: Lane.last(of: function - 1), through: function, filter, &turns, atMost: 1)
        case .allBut:
            try visitLanes(after: Lane.last(of: lastTurn), through: nil, filter, &turns, atMost: count)
            if turns.count < count { try visitLanes(after: -1, through: lastTurn, filter, &turns, atMost: count) }
        }
        return turns
    }

    private func visitLanes(
        after start: Int, through last: Int?, _ filter: LeaseFilter, _ turns: inout [Turn], atMost count: Int
    ) throws(SQLiteFault) {
        var place = start
        while let lane = try nextLane(after: place) {
            if let last, lane.function > last { return }
            if !filter.admits(lane.function) {
                place = Lane.last(of: lane.function)
            } else if lane.isSuspect, !filter.takesSuspects {
                place = lane.lastOfSamePast
            } else {
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
    }

    private func nextLane(after place: Int) throws(SQLiteFault) -> Lane? {
        choosing.nextLane.bind(place, 1)
        return try choosing.nextLane.integer().map { Lane(number: Int($0)) }
    }

    private func candidates(of turn: Turn, atMost count: Int) throws(SQLiteFault) -> [Candidate] {
        var found: [Candidate] = []
        for lane in turn.lanes {
            // What was due stays so, though the clock be set back: it would wait for that long.
            try eachDue(in: lane, by: .distantFuture, atMost: count) { seq, due in
                found.append(Candidate(seq: seq, rank: lane.priority.rank(dueAt: due)))
            }
        }
        if turn.lanes.count > 1 {
            found.sort(by: Candidate.isBefore)
            found.removeLast(max(0, found.count - count))
        }
        return found
    }

    private func eachDue(
        in lane: Lane, by time: Timestamp, atMost count: Int, _ body: (Int64, Timestamp) -> Void
    ) throws(SQLiteFault) {
        choosing.inLane.bind(lane.number, 1)
        choosing.inLane.bind(time, 2)
        choosing.inLane.bind(count, 3)
        while try choosing.inLane.step() { body(choosing.inLane.integer(0), choosing.inLane.time(1)) }
    }

    // MARK: - What is too old

    private func chooseExpired(_ count: Int, _ filter: LeaseFilter, now: Timestamp) throws(SQLiteFault) -> [Int64] {
        var found: [Int: [Candidate]] = [:]
        try visitRuled(filter, now: now, atMost: count) { found[$0, default: []].append($1) }
        try visitOthers(filter, now: now, atMost: count) { found[$0, default: []].append($1) }
        let functions = found.keys.sorted()
        let turns = functions.filter { $0 > lastTurn } + functions.filter { $0 <= lastTurn }
        return interleave(turns.map { found[$0, default: []].sorted(by: Candidate.isBefore) }, turns, count)
    }

    /// Visits what is too old by its function's rule: what has been due for that long.
    private func visitRuled(
        _ filter: LeaseFilter, now: Timestamp, atMost count: Int, _ visit: (Int, Candidate) -> Void
    ) throws(SQLiteFault) {
        var place = filter.firstPlace
        while let lane = try nextLane(after: place), filter.reaches(lane.function) {
            place = lane.number
            guard filter.admits(lane), lane.isAgedByRule else { continue }
            let age = try functions.entry(of: lane.function).age
            try eachDue(in: lane, by: now.advanced(byNanoseconds: -age), atMost: count) { seq, due in
                visit(lane.function, Candidate(seq: seq, rank: due.advanced(byNanoseconds: age)))
            }
        }
    }

    private func visitOthers(
        _ filter: LeaseFilter, now: Timestamp, atMost count: Int, _ visit: (Int, Candidate) -> Void
    ) throws(SQLiteFault) {
        var function = filter.firstPlace >> 5
        while true {
            choosing.nextExpiring.bind(function, 1)
            guard let next = try choosing.nextExpiring.integer(), filter.reaches(Int(next)) else { return }
            function = Int(next)
            guard filter.admits(function) else { continue }
            choosing.expired.bind(function, 1)
            choosing.expired.bind(now, 2)
            choosing.expired.bind(filter.takesSuspects ? 1 : 0, 3)
            choosing.expired.bind(count, 4)
            while try choosing.expired.step() {
                visit(function, Candidate(seq: choosing.expired.integer(0), rank: choosing.expired.time(1)))
            }
        }
    }

    // MARK: - What is left

    /// Whether more could be lent at this moment.
    func hasMore(_ filter: LeaseFilter, now: Timestamp) throws(SQLiteFault) -> Bool {
        if filter.onlyExpired {
            let turn = lastTurn
            defer { lastTurn = turn }
            return try !chooseExpired(1, filter, now: now).isEmpty
        }
        var place = filter.firstPlace
        while let lane = try nextLane(after: place), filter.reaches(lane.function) {
            if filter.admits(lane) { return true }
            place = filter.admits(lane.function) ? lane.number : Lane.last(of: lane.function)
        }
        return false
    }

    /// When the next event is due that waits for a time.
    func nextDue(_ filter: LeaseFilter) throws(SQLiteFault) -> Timestamp? {
        if case .only(let function) = filter.functions { return try firstDue(of: function) }
        guard try choosing.firstDue.step() else { return nil }
        let (due, function) = (choosing.firstDue.time(0), choosing.firstDue.int(1))
        choosing.firstDue.reset()
        if filter.admits(function) { return due }
        var earliest: Timestamp?
        var place = 0
        while true {
            choosing.nextDelayedFunction.bind(place, 1)
            guard let next = try choosing.nextDelayedFunction.integer() else { return earliest }
            place = Int(next)
            guard filter.admits(place), let due = try firstDue(of: place) else { continue }
            earliest = min(earliest ?? due, due)
        }
    }

    private func firstDue(of function: Int) throws(SQLiteFault) -> Timestamp? {
        choosing.firstDueOf.bind(function, 1)
        return try choosing.firstDueOf.integer().map { Timestamp(nanoseconds: $0) }
    }
}
