// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Lends events.
struct LeaseStatements {
    let event: Statement
    let details: Statement
    let payload: Statement
    let lend: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        event = try connection.prepare(
            """
            SELECT id, state, function, due, enqueued, expires, attempts, deaths, extras, payload
            FROM events WHERE seq = ?1
            """)
        details = try connection.prepare(
            """
            SELECT kind, lane, ordering_key, idempotency_key, deduplication, tags, trace, lineage, origin, redrives, history
            FROM events WHERE seq = ?1
            """)
        payload = try connection.prepare("SELECT body FROM payloads WHERE seq = ?1")
        lend = try connection.prepare(
            "UPDATE events SET state = 1, attempts = attempts + 1, fence = ?2, lease_until = ?3 WHERE seq = ?1")
    }
}

extension Ledger {
    /// How many events one claim lends at most.
    private static let claimLimit = 1_024

    /// Serves wishes for the same, those that came first first; the answers are in their order.
    func lease(_ wishes: [LeaseWish]) throws(SQLiteFault) -> [LeaseAnswer] {
        let filter = try filter(wishes[0].request)
        // They are all under way: the latest time that one of them has read has come for all.
        var now = wishes[0].now
        var wanted = 0
        for wish in wishes {
            now = max(now, wish.now)
            wanted += min(max(0, wish.request.count), Self.claimLimit)
        }
        if filter.functions == .none { return wishes.map { _ in LeaseAnswer() } }
        try promote(now: now)
        let chosen = try choose(min(wanted, Self.claimLimit), filter, now: now)
        var answers: [LeaseAnswer] = []
        answers.reserveCapacity(wishes.count)
        var next = 0
        var bytes = 0
        for wish in wishes {
            var leases: [Lease] = []
            while leases.count < wish.request.count, next < chosen.count, bytes < lendingLimit {
                let lease = try lend(chosen[next], until: wish.request.end)
                bytes += lease.event.payload.size
                leases.append(lease)
                next += 1
            }
            answers.append(LeaseAnswer(leases: leases))
        }
        let hasMore = try hasMore(filter, now: now)
        let nextDue = try nextDue(filter)
        for index in answers.indices {
            answers[index].hasMore = hasMore
            answers[index].nextDue = nextDue
        }
        return answers
    }

    /// Lends one event: its attempt is counted, and it has a new fencing number.
    private func lend(_ seq: Int64, until end: Timestamp) throws(SQLiteFault) -> Lease {
        leasing.event.bind(seq, 1)
        guard try leasing.event.step(), let id = leasing.event.id(0),
            let state = EventState(rawValue: leasing.event.int(1))
        else { throw SQLiteFault(damage: "event \(seq) is in an index and not in its table") }
        let attempt = leasing.event.int(6) + 1
        let deaths = leasing.event.int(7)
        let extras = Extras(rawValue: leasing.event.int(8))
        var event = QueuedEvent(
            id: id, functionName: try functions.name(of: leasing.event.int(2)),
            payload: .bytes(extras.contains(.payloadApart) ? [] : leasing.event.bytes(9)),
            enqueuedAt: leasing.event.time(4), dueAt: leasing.event.time(3), expiresAt: leasing.event.time(5))
        let function = leasing.event.int(2)
        leasing.event.reset()
        var history: [AttemptRecord] = []
        if !extras.isEmpty { history = try complete(&event, seq, extras) }
        if extras.contains(.details), state == .ready || state == .delayed {
            try giveBackQueuedKey(of: event, function: function)
        }
        counters.fence += 1
        leasing.lend.bind(seq, 1)
        leasing.lend.bind(counters.fence, 2)
        leasing.lend.bind(end, 3)
        try leasing.lend.run()
        counters.count(state, -1)
        counters.count(.leased, 1)
        let token = LeaseToken(id: id, fence: UInt64(bitPattern: counters.fence), hint: Int(seq))
        return Lease(event: event, token: token, attempt: attempt, deaths: deaths, history: history)
    }

    /// Gives an event what is beside its row's first columns; returns its history.
    func complete(_ event: inout QueuedEvent, _ seq: Int64, _ extras: Extras) throws(SQLiteFault) -> [AttemptRecord] {
        if extras.contains(.payloadApart) {
            leasing.payload.bind(seq, 1)
            guard try leasing.payload.step() else {
                throw SQLiteFault(damage: "the payload of event \(seq) is missing")
            }
            event.payload = .bytes(leasing.payload.bytes(0))
            leasing.payload.reset()
        }
        guard !extras.isDisjoint(with: [.details, .history]) else { return [] }
        let row = leasing.details
        row.bind(seq, 1)
        guard try row.step() else { throw SQLiteFault(damage: "event \(seq) is missing") }
        defer { row.reset() }
        if extras.contains(.details) {
            var details = EventDetails()
            details.kind = row.text(0).flatMap(EventKind.init) ?? .invocation
            details.priority = Lane(number: row.int(1)).priority
            details.orderingKey = row.text(2)
            details.idempotencyKey = row.text(3)
            details.deduplication = Deduplication(column: row.isNull(4) ? nil : row.integer(4))
            details.tags = try RowJSON.strings(row.text(5))
            details.traceHeader = row.text(6)
            details.lineage = try RowJSON.integers(row.text(7))
            details.origin = row.id(8)
            details.redriveCount = row.int(9)
            event.details = details
        }
        return extras.contains(.history) ? try RowJSON.attempts(row.text(10)) : []
    }

    /// The first attempt begins: a key that was held until then is free.
    private func giveBackQueuedKey(of event: QueuedEvent, function: Int) throws(SQLiteFault) {
        let details = event.details
        guard let key = details.idempotencyKey, details.deduplication == .whileQueued else { return }
        try giveBack(key, function: function, id: event.id)
    }

    // MARK: - Leases that are under way

    func extend(_ tokens: [LeaseToken], until end: Timestamp) throws(SQLiteFault) -> [LeaseState] {
        var states: [LeaseState] = []
        states.reserveCapacity(tokens.count)
        for token in tokens {
            guard let row = try leasedRow(token) else {
                states.append(.lost)
                continue
            }
            settling.extend.bind(row.seq, 1)
            settling.extend.bind(end, 2)
            try settling.extend.run()
            states.append(row.extras.contains(.cancelRequested) ? .cancelRequested : .held)
        }
        return states
    }

    func rescue(now: Timestamp) throws(SQLiteFault) -> RescueAnswer {
        var answer = RescueAnswer()
        // Due ones wait in the suspects' lane; those that were leased before their time, because they are too old, do so later.
        for (statement, state) in [(settling.rescueReady, EventState.ready), (settling.rescueDelayed, .delayed)] {
            statement.bind(now, 1)
            let count = try statement.change()
            counters.count(.leased, -count)
            counters.count(state, count)
            answer.rescued += count
        }
        answer.nextEnd = try settling.nextEnd.integer().map { Timestamp(nanoseconds: $0) }
        return answer
    }
}
