// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a caller wants of the store's thread, and where it waits for the answer.
enum Call: Sendable {
    case append(AppendCall)
    case lease(LeaseCall)
    case extend(ExtendCall)
    case settle(SettleCall)
    case turn(TurnCall)
    case other(any OtherCall)
    case care(any CareCall)

    /// How much of the bounds it takes.
    var load: Load {
        switch self {
        case .append(let call): Load(call.events)
        case .settle(let call): Load(call.settlement.followUps) + Load(events: 1)
        case .turn(let call): Load(call.settlement.followUps) + Load(events: 1)
        case .other(let call): call.load
        case .lease, .extend, .care: Load(events: 1)
        }
    }

    func fail(_ error: any Error) {
        switch self {
        case .append(let call): call.continuation.resume(throwing: error)
        case .lease(let call): call.continuation.resume(throwing: error)
        case .extend(let call): call.continuation.resume(throwing: error)
        case .settle(let call): call.continuation.resume(throwing: error)
        case .turn(let call): call.continuation.resume(throwing: error)
        case .other(let call): call.fail(error)
        case .care(let call): call.fail(error)
        }
    }
}

struct AppendCall: Sendable {
    let events: [QueuedEvent]
    let room: QueueRoom
    let now: Timestamp
    let continuation: CheckedContinuation<[Acceptance], any Error>
}

struct LeaseCall: Sendable {
    let wish: LeaseWish
    let continuation: CheckedContinuation<LeaseAnswer, any Error>
}

/// What somebody wants to lease.
struct LeaseWish: Sendable {
    let request: LeaseRequest
    let now: Timestamp
}

struct ExtendCall: Sendable {
    let tokens: [LeaseToken]
    let end: Timestamp
    let now: Timestamp
    let continuation: CheckedContinuation<[LeaseState], any Error>
}

struct SettleCall: Sendable {
    let settlement: Settlement
    let now: Timestamp
    let continuation: CheckedContinuation<Bool, any Error>
}

/// A worker's turn from one event to the next: it settles the one and leases the other.
struct TurnCall: Sendable {
    let settlement: Settlement
    let wish: LeaseWish
    let continuation: CheckedContinuation<(isSettled: Bool, answer: LeaseAnswer), any Error>
}

/// What is asked for seldom enough to cost an allocation.
protocol OtherCall: Sendable {
    /// Whether it may change something.
    var changes: Bool { get }
    /// How much of the mailbox's bounds it takes.
    var load: Load { get }
    /// Does it; the answer is given by the closure, once the transaction is safe.
    func perform(on ledger: Ledger) throws(SQLiteFault) -> @Sendable () -> Void
    func fail(_ error: any Error)
}

struct Other<Answer: Sendable>: OtherCall {
    let changes: Bool
    var load: Load { Load(events: 1) }
    let body: @Sendable (Ledger) throws(SQLiteFault) -> Answer
    let continuation: CheckedContinuation<Answer, any Error>

    func perform(on ledger: Ledger) throws(SQLiteFault) -> @Sendable () -> Void {
        let answer = try body(ledger)
        return { [continuation] in continuation.resume(returning: answer) }
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// What is done outside of transactions.
protocol CareCall: Sendable {
    func perform(on connection: Connection) throws(SQLiteFault)
    func fail(_ error: any Error)
}

struct Care<Answer: Sendable>: CareCall {
    let body: @Sendable (Connection) throws(SQLiteFault) -> Answer
    let continuation: CheckedContinuation<Answer, any Error>

    func perform(on connection: Connection) throws(SQLiteFault) {
        continuation.resume(returning: try body(connection))
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// How much of the mailbox's bounds something takes.
struct Load: Sendable, Hashable {
    var events = 0
    var bytes = 0

    init(events: Int = 0, bytes: Int = 0) {
        self.events = events
        self.bytes = bytes
    }

    init(_ list: [QueuedEvent]) {
        events = list.count
        for event in list { bytes += event.payload.size }
    }

    func fits(beside other: Self, within limit: Self) -> Bool {
        events + other.events <= limit.events && bytes + other.bytes <= limit.bytes
    }

    static func + (left: Self, right: Self) -> Self {
        Self(events: left.events + right.events, bytes: left.bytes + right.bytes)
    }

    static func - (left: Self, right: Self) -> Self {
        Self(events: left.events - right.events, bytes: left.bytes - right.bytes)
    }
}
