// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where an event in a ``QueueStateMachine`` is.
enum EventState: UInt8, Sendable {
    /// Nowhere: its slot is free.
    case free
    /// Nowhere yet.
    case new
    /// Among those of its function that can be leased.
    case ready
    /// In its function's timing wheel.
    case delayed
    /// Behind another one of its ordering key.
    case behind
    /// On loan.
    case leased
    /// Among the dead letters.
    case dead
}

/// What else is to be known of an event.
struct EventMarks: OptionSet, Sendable {
    let rawValue: UInt8

    /// Somebody wants it cancelled.
    static let isCancelRequested = Self(rawValue: 1)
    /// It holds its idempotency key until its first attempt begins.
    static let holdsKeyWhileQueued = Self(rawValue: 2)
    /// It holds its idempotency key until it has ended.
    static let holdsKeyWhileActive = Self(rawValue: 4)
    /// It holds its idempotency key.
    static let holdsKey: Self = [.holdsKeyWhileQueued, .holdsKeyWhileActive]
    /// It is the first of its ordering key, or behind that one.
    static let isOrdered = Self(rawValue: 8)
    /// It is behind another one, and counted among those that are due.
    static let isDueBehind = Self(rawValue: 16)
}

/// An event in its slot: 88 bytes, and 48 of ``OrderedLinks``.
struct EventNode: Sendable {
    var id: InvocationID
    var payload: EventPayload
    var details: DetailsBox?
    var past: EventPast? = nil
    var enqueuedAt: Timestamp
    var dueAt: Timestamp
    var expiresAt: Timestamp
    var fence: UInt64 = 0
    var lane: Int32
    var attempts: UInt32 = 0
    var deaths: UInt32 = 0
    /// Its priority, from 0, the most urgent, to 4.
    let level: UInt8
    var state = EventState.new
    var marks: EventMarks = []

    /// What its queues go by.
    struct Key {
        let lane: Int
        let level: Int
        /// Whether it was being tried when its process ended.
        let isSuspect: Bool
        let state: EventState
        let dueAt: Timestamp
        let expiresAt: Timestamp

        /// The time that decides who goes first; as ``EventPriority/rank(dueAt:)``, without dividing a `Duration`.
        var rank: Timestamp { dueAt.advanced(byNanoseconds: Int64(level - 2) * 60_000_000_000) }
    }

    var key: Key {
        Key(
            lane: Int(lane), level: Int(level), isSuspect: deaths > 0, state: state, dueAt: dueAt, expiresAt: expiresAt)
    }

    /// Waits, for its time or to be leased.
    mutating func wait(now: Timestamp) -> Key {
        state = dueAt <= now ? .ready : .delayed
        return key
    }

    /// Begins an attempt.
    mutating func lend(_ fence: UInt64) {
        state = .leased
        attempts += 1
        self.fence = fence
    }

    /// Lets go of what it refers to, but for its payload, which is given back.
    mutating func clear() -> EventPayload {
        defer { payload = .bytes([]) }
        details = nil
        past = nil
        state = .free
        return payload
    }
}

/// What few events have behind them: attempts that are to be remembered, and a death.
final class EventPast: Sendable {
    let history: [AttemptRecord]
    let cause: DeadLetterCause?
    let diedAt: Timestamp
    /// Its number among the dead letters.
    let position: Int64

    init(
        history: [AttemptRecord], cause: DeadLetterCause? = nil, diedAt: Timestamp = .distantFuture, position: Int64 = 0
    ) {
        self.history = history
        self.cause = cause
        self.diedAt = diedAt
        self.position = position
    }
}
