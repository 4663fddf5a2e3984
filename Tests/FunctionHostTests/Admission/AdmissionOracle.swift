// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The rules of admission said as simply as can be: lists, counted anew each time.
struct AdmissionOracle {
    let limit: Int
    var reserved: [Int?]
    var inFlight: [Int]
    /// Who waits, in the order of arrival.
    var queue: [(waiter: Int, lane: Int)] = []

    init(limit: Int, lanes: Int) {
        self.limit = limit
        reserved = Array(repeating: nil, count: lanes)
        inFlight = Array(repeating: 0, count: lanes)
    }

    var total: Int { inFlight.reduce(0, +) }
    var unreservedLimit: Int { limit - reserved.reduce(0) { $0 + ($1 ?? 0) } }
    var unreservedInFlight: Int { zip(inFlight, reserved).reduce(0) { $0 + ($1.1 == nil ? $1.0 : 0) } }

    func hasOwnRoom(_ lane: Int) -> Bool {
        reserved[lane].map { inFlight[lane] < $0 } ?? (unreservedInFlight < unreservedLimit)
    }

    func hasRoom(_ lane: Int) -> Bool { head(lane) == nil && hasOwnRoom(lane) && total < limit }

    /// Who is next in the queue that the function's callers stand in.
    func head(_ lane: Int) -> Int? {
        queue.first { reserved[lane] == nil ? reserved[$0.lane] == nil : $0.lane == lane }?.waiter
    }

    /// Somebody who waits although there is room.
    var forgotten: Int? {
        guard total < limit else { return nil }
        return queue.first { hasOwnRoom($0.lane) }?.waiter
    }

    /// Gives a waiter its permit; returns what is wrong with that.
    mutating func grant(_ waiter: Int) -> String? {
        guard let place = queue.firstIndex(where: { $0.waiter == waiter }) else { return "\(waiter) does not wait" }
        let lane = queue[place].lane
        guard head(lane) == waiter else { return "\(waiter) overtakes \(String(describing: head(lane)))" }
        guard hasOwnRoom(lane), total < limit else { return "\(waiter) is granted a permit that is not there" }
        queue.remove(at: place)
        inFlight[lane] += 1
        return nil
    }

    /// Takes waiters out; returns them in the order of arrival.
    mutating func leave(_ isLeaving: (Int, Int) -> Bool) -> [Int] {
        let leaving = queue.filter { isLeaving($0.waiter, $0.lane) }.map(\.waiter)
        queue.removeAll { isLeaving($0.waiter, $0.lane) }
        return leaving
    }

    /// What a machine says otherwise; nil if nothing.
    func difference(from machine: AdmissionStateMachine<Int>) -> String? {
        if machine.inFlight > limit { return "\(machine.inFlight) in flight of \(limit)" }
        if machine.inFlight != total { return "inFlight is \(machine.inFlight), not \(total)" }
        if machine.waiting != queue.count { return "waiting is \(machine.waiting), not \(queue.count)" }
        if machine.unreservedLimit != unreservedLimit { return "unreservedLimit is \(machine.unreservedLimit)" }
        for lane in inFlight.indices {
            let counted = machine.inFlight(of: lane)
            if counted != inFlight[lane] { return "lane \(lane) counts \(counted), not \(inFlight[lane])" }
            if machine.hasRoom(lane) != hasRoom(lane) { return "lane \(lane) says hasRoom is \(!hasRoom(lane))" }
        }
        return forgotten.map { "\($0) waits although there is room" }
    }
}
