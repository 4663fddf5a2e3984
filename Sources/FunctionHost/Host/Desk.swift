// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What one worker keeps from one event to the next.
struct Desk {
    /// The function it served last: events of one function often come one after another.
    var record: FunctionRecord?
    /// Events tried for the first time that the retry budget has not been told of.
    var firstAttempts = 0
    /// When the retry budget allowed what is being tried; nil if it did not have to.
    var retryAllowedAt: Timestamp?
    /// An event that has completed and is settled along with the next lease; it has no details, so that nobody waited for it.
    var completed: LeaseToken?
    /// When that was, if it is on the store's timeline.
    var now: Timestamp?
    private var turn = 0
    private var turnBegan = Timestamp(nanoseconds: .min)

    /// Whether the function of the last event was really served, so that there is room for another one of it.
    var hasServed = false

    /// The function for which there is room, since the worker has just served it.
    var functionName: String? { hasServed ? record?.identity.name : nil }

    /// The function of this name, if there is one.
    mutating func record(named name: String, orFind find: () -> FunctionRecord?) -> FunctionRecord? {
        if let record, record.isLive, record.identity.name == name { return record }
        record = find()
        return record
    }

    /// Whether the worker has kept its thread for so long that others are to have a turn: a fifth of a millisecond, or, where
    /// time stands still meanwhile, 256 events.
    mutating func isTimeForOthers(now: Timestamp) -> Bool {
        turn &+= 1
        guard turn % 16 == 0, turn >= 256 || turnBegan.nanoseconds(to: now) >= 200_000 else { return false }
        turn = 0
        turnBegan = now
        return true
    }

    mutating func takeCompleted() -> LeaseToken? {
        defer { completed = nil }
        return completed
    }

    mutating func takeTime() -> Timestamp? {
        defer { now = nil }
        return now
    }

    mutating func takeFirstAttempts() -> Int {
        defer { firstAttempts = 0 }
        return firstAttempts
    }
}
