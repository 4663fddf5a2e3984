// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite

/// The groups of a FIFO queue stand in a line: those that have a visible message and no invisible one, in the order in which they
/// came to be so. A group whose first message fails again and again does not keep others waiting.
extension QueueTables {
    /// When a group was not in the line, before it is known when it will be.
    private static let never = Timestamp.distantFuture

    /// The group of this name; made if it is not there.
    func join(_ name: String, _ queue: Int64) throws(SQLiteFault) -> Int64 {
        for _ in 0..<2 {
            groups.find.bind(queue, 1)
            groups.find.bind(name, 2)
            if let known = try groups.find.integer() { return known }
            groups.insert.bind(queue, 1)
            groups.insert.bind(name, 2)
            groups.insert.bind(Self.never, 3)
            try groups.insert.run()
        }
        throw SQLiteFault(damage: "a group that was made is not there")
    }

    /// Reckons anew from when on a group is in the line; one without messages is forgotten.
    ///
    /// - Parameter wasTaken: Whether some of its messages have just been received: then it has lost its place.
    func refresh(
        _ line: Int64, _ row: inout QueueRow, _ now: Timestamp, wasTaken: Bool = false
    ) throws(SQLiteFault) {
        guard let earliest = try earliest(in: line) else {
            groups.delete.bind(line, 1)
            try groups.delete.run()
            return
        }
        groups.held.bind(line, 1)
        let held = Timestamp(nanoseconds: try groups.held.integer() ?? .min)
        groups.ready.bind(line, 1)
        let old = wasTaken ? Self.never : Timestamp(nanoseconds: try groups.ready.integer() ?? Int64.max)
        var ready = held > now ? held : earliest
        // Who is in the line keeps the place; who comes into it now stands behind all others.
        if ready <= now { ready = min(old, now) }
        row.shows(at: ready, now)
        guard ready != old else { return }
        groups.setReady.bind(line, 1)
        groups.setReady.bind(ready, 2)
        groups.setReady.bind(row.fence, 3)
        try groups.setReady.run()
    }

    /// When the first message of a group is visible, or was; nil if there is none.
    private func earliest(in line: Int64) throws(SQLiteFault) -> Timestamp? {
        var first: Int64?
        for held in [0, 1] {
            groups.earliest.bind(line, 1)
            groups.earliest.bind(held, 2)
            if let due = try groups.earliest.integer() { first = min(first ?? due, due) }
        }
        return first.map { Timestamp(nanoseconds: $0) }
    }

    /// The groups that are next.
    func groupsInLine(_ queue: Int64, _ limit: Int, _ now: Timestamp) throws(SQLiteFault) -> [Int64] {
        groups.inLine.bind(queue, 1)
        groups.inLine.bind(now, 2)
        groups.inLine.bind(limit, 3)
        var found: [Int64] = []
        while try groups.inLine.step() { found.append(groups.inLine.integer(0)) }
        return found
    }
}
