// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What the store counts, in the one row of its table `counters`: read when a transaction begins, written before it ends.
struct Counters: Hashable {
    /// The last number given to an event.
    var seq: Int64 = 0
    /// The last fencing number.
    var fence: Int64 = 0
    /// The last place among dead letters.
    var died: Int64 = 0
    var ready = 0
    var leased = 0
    var delayed = 0
    var behind = 0
    var dead = 0
    var bytes = 0

    /// Whether so much more keeps to the limits.
    func hasRoom(for load: Load, in room: QueueRoom) -> Bool {
        ready + leased + delayed + behind + dead + load.events <= room.events && bytes + load.bytes <= room.bytes
    }

    /// So many events, or fewer, are in a state.
    mutating func count(_ state: EventState, _ change: Int) {
        switch state {
        case .ready: ready += change
        case .leased: leased += change
        case .delayed: delayed += change
        case .behind: behind += change
        case .dead: dead += change
        }
    }
}

/// Where an event is; the column `state`.
enum EventState: Int {
    /// It waits, and is due.
    case ready
    case leased
    /// It waits for a time.
    case delayed
    /// It waits for another event with the same ordering key to end.
    case behind
    case dead
}

/// The bits of the column `extras`.
struct Extras: OptionSet {
    let rawValue: Int
    static let details = Self(rawValue: 1)
    static let history = Self(rawValue: 2)
    static let payloadApart = Self(rawValue: 4)
    static let cancelRequested = Self(rawValue: 8)
}
