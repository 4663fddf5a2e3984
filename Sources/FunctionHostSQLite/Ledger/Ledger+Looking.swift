// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Answers questions about single events and about all.
struct LookStatements {
    let leaseEnd: Statement
    let cause: Statement
    let markCancelled: Statement
    let delayedDue: Statement
    let behindLater: Statement
    let firstOfLane: Statement
    let firstBehind: Statement
    let firstDied: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        leaseEnd = try connection.prepare("SELECT lease_until FROM events WHERE seq = ?1")
        cause = try connection.prepare("SELECT cause FROM events WHERE seq = ?1")
        markCancelled = try connection.prepare("UPDATE events SET extras = extras | 8 WHERE seq = ?1")
        delayedDue = try connection.prepare("SELECT count(*) FROM events WHERE state = 2 AND due <= ?1")
        behindLater = try connection.prepare("SELECT count(*) FROM events WHERE state = 3 AND due > ?1")
        firstOfLane = try connection.prepare(
            "SELECT due FROM events WHERE state = 0 AND lane = ?1 ORDER BY due LIMIT 1")
        firstBehind = try connection.prepare("SELECT due FROM events WHERE state = 3 ORDER BY due LIMIT 1")
        firstDied = try connection.prepare("SELECT died_at FROM events WHERE died IS NOT NULL ORDER BY died LIMIT 1")
    }
}

extension Ledger {
    func cancel(_ id: InvocationID, now: Timestamp) throws(SQLiteFault) -> CancelAnswer {
        guard let row = try row(id: id) else { return .notFound }
        switch row.state {
        case .ready, .delayed, .behind:
            try remove(row, now: now)
            return .removed
        case .leased:
            looking.markCancelled.bind(row.seq, 1)
            try looking.markCancelled.run()
            return .requested
        case .dead: return .notFound
        }
    }

    func status(of id: InvocationID) throws(SQLiteFault) -> EventStatus? {
        guard let row = try row(id: id) else { return nil }
        let state: EventStatus.State
        switch row.state {
        case .ready, .delayed, .behind: state = .waiting(dueAt: row.due)
        case .leased:
            looking.leaseEnd.bind(row.seq, 1)
            state = .leased(until: Timestamp(nanoseconds: try looking.leaseEnd.integer() ?? 0))
        case .dead:
            looking.cause.bind(row.seq, 1)
            guard try looking.cause.step() else { return nil }
            defer { looking.cause.reset() }
            state = .dead(DeadLetterCause(looking.cause.text(0) ?? ""))
        }
        return EventStatus(
            id: id, functionName: try functions.name(of: row.lane.function), state: state, attempts: row.attempts)
    }

    /// How much there is: counted already, but for what has become due since the last lease.
    func figures(now: Timestamp) throws(SQLiteFault) -> QueueFigures {
        looking.delayedDue.bind(now, 1)
        looking.behindLater.bind(now, 1)
        let due = Int(try looking.delayedDue.integer() ?? 0)
        let later = Int(try looking.behindLater.integer() ?? 0)
        var figures = QueueFigures()
        figures.ready = counters.ready + due + counters.behind - later
        figures.delayed = counters.delayed - due + later
        figures.leased = counters.leased
        figures.dead = counters.dead
        figures.bytes = counters.bytes
        figures.oldestReadyAge = try oldestDue(now: now).map { $0.duration(to: now) }
        if let died = try looking.firstDied.integer() {
            figures.oldestDeadAge = max(.zero, Timestamp(nanoseconds: died).duration(to: now))
        }
        return figures
    }

    /// The earliest time at which an event was due that still waits; nil if none is due.
    private func oldestDue(now: Timestamp) throws(SQLiteFault) -> Timestamp? {
        var earliest: Int64 = .max
        var lane: Int64 = -1
        while true {
            choosing.nextLane.bind(lane, 1)
            guard let next = try choosing.nextLane.integer() else { break }
            lane = next
            looking.firstOfLane.bind(lane, 1)
            earliest = min(earliest, try looking.firstOfLane.integer() ?? .max)
        }
        earliest = min(earliest, try looking.firstBehind.integer() ?? .max)
        earliest = min(earliest, try choosing.firstDue.integer() ?? .max)
        return earliest <= now.nanoseconds ? Timestamp(nanoseconds: earliest) : nil
    }
}
