// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Dead letters.
struct LetterStatements {
    let all: Statement
    let ofFunction: Statement
    let replace: Statement
    let renew: Statement
    let movePayload: Statement
    let waiting: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        let columns = """
            died, seq, id, function, due, enqueued, expires, attempts, extras, payload, died_at, cause
            """
        let conditions = """
            died > ?1 AND (?2 IS NULL OR cause = ?2) AND (?3 IS NULL OR died_at >= ?3) AND (?4 IS NULL OR died_at < ?4)
            """
        all = try connection.prepare(
            "SELECT \(columns) FROM events WHERE died IS NOT NULL AND \(conditions) ORDER BY died LIMIT ?5")
        ofFunction = try connection.prepare(
            """
            SELECT \(columns) FROM events WHERE died IS NOT NULL AND function = ?6 AND \(conditions)
            ORDER BY died LIMIT ?5
            """)
        replace = try connection.prepare(
            "UPDATE events SET payload = ?2, size = ?3, extras = (extras & ~4) | ?4 WHERE seq = ?1")
        renew = try connection.prepare(
            """
            UPDATE events SET seq = ?2, state = ?3, lane = ?6 & ~8, due = ?4, enqueued = ?4, expires = ?5, attempts = 0,
                deaths = 0, redrives = coalesce(redrives, 0) + 1, extras = extras | 1, died = NULL, died_at = NULL, cause = NULL
            WHERE seq = ?1
            """)
        movePayload = try connection.prepare("UPDATE payloads SET seq = ?2 WHERE seq = ?1")
        waiting = try connection.prepare(
            """
            SELECT seq FROM events WHERE state = 0 AND lane BETWEEN ?1 * 32 AND ?1 * 32 + 31
            UNION ALL
            SELECT seq FROM events WHERE state = 2 AND function = ?1
            UNION ALL
            SELECT seq FROM events
            WHERE state = 3 AND function = ?1 AND ordering_key IS NOT NULL AND died IS NULL
            ORDER BY seq
            """)
    }
}

/// Some letters that were looked at, and where to go on.
struct LetterSlice {
    var letters: [(position: Int64, letter: DeadLetter)] = []
    /// The last one that was looked at; nil if there are no more.
    var last: Int64?
}

extension Ledger {
    /// Looks at some letters behind a position, as many as one transaction should, and gives those that are meant.
    func letters(
        matching filter: DeadLetterFilter, after position: Int64, atMost count: Int
    ) throws(SQLiteFault) -> LetterSlice {
        var slice = LetterSlice()
        let statement: Statement
        if let name = filter.functionName {
            guard let function = try functions.known(name) else { return slice }
            statement = letters.ofFunction
            statement.bind(function.number, 6)
        } else {
            statement = letters.all
        }
        statement.bind(position, 1)
        statement.bind(filter.cause?.description, 2)
        statement.bind(filter.diedSince?.nanoseconds, 3)
        statement.bind(filter.diedBefore?.nanoseconds, 4)
        statement.bind(count, 5)
        var seen = 0
        while try statement.step() {
            let letter = try letter(statement)
            slice.last = statement.integer(0)
            seen += 1
            if filter.matches(letter) { slice.letters.append((statement.integer(0), letter)) }
        }
        if seen < count { slice.last = nil }
        return slice
    }

    private func letter(_ row: Statement) throws(SQLiteFault) -> DeadLetter {
        guard let id = row.id(2) else { throw SQLiteFault(damage: "event \(row.integer(1)) has no id") }
        let extras = Extras(rawValue: row.int(8))
        var event = QueuedEvent(
            id: id, functionName: try functions.name(of: row.int(3)),
            payload: .bytes(extras.contains(.payloadApart) ? [] : row.bytes(9)), enqueuedAt: row.time(5),
            dueAt: row.time(4), expiresAt: row.time(6))
        let history = extras.isEmpty ? [] : try complete(&event, row.integer(1), extras)
        return DeadLetter(
            event: event, cause: DeadLetterCause(row.text(11) ?? ""), diedAt: row.time(10), attempts: row.int(7),
            history: history)
    }

    private func letter(_ id: InvocationID) throws(SQLiteFault) -> Row? {
        guard let row = try row(id: id), row.state == .dead else { return nil }
        return row
    }

    func replacePayload(ofDeadLetter id: InvocationID, with payload: [UInt8]) throws(SQLiteFault) -> Bool {
        guard let row = try letter(id) else { return false }
        if row.extras.contains(.payloadApart) {
            rows.deletePayload.bind(row.seq, 1)
            try rows.deletePayload.run()
        }
        let isApart = payload.count > Schema.inlineBytes
        if isApart { try writePayload(payload, seq: row.seq) }
        letters.replace.bind(row.seq, 1)
        letters.replace.bind(payload.count, 3)
        letters.replace.bind(isApart ? Extras.payloadApart.rawValue : 0, 4)
        try payload.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
            if isApart { letters.replace.bindNull(2) } else { letters.replace.bind(bytes, 2) }
            try letters.replace.run()
        }
        counters.bytes += payload.count - row.size
        return true
    }

    /// Sends letters again: to the end of the queue, as if they had just been accepted.
    func redrive(_ ids: [InvocationID], now: Timestamp) throws(SQLiteFault) -> [InvocationID] {
        var redriven: [InvocationID] = []
        for id in ids {
            guard let row = try letter(id) else { continue }
            try redrive(row, now: now)
            redriven.append(id)
        }
        return redriven
    }

    private func redrive(_ row: Row, now: Timestamp) throws(SQLiteFault) {
        let held = row.extras.contains(.details) ? try holdings(of: row) : Holdings()
        let function = row.lane.function
        var state = EventState.ready
        if let key = held.orderingKey, try hasLine(key, function: function) { state = .behind }
        counters.seq += 1
        letters.renew.bind(row.seq, 1)
        letters.renew.bind(counters.seq, 2)
        letters.renew.bind(state.rawValue, 3)
        letters.renew.bind(now, 4)
        let expires = now.advanced(byNanoseconds: row.enqueuedAt.age(until: row.expiresAt))
        letters.renew.bind(expires, 5)
        letters.renew.bind(try lane(of: row, dueAt: now, expiresAt: expires).number, 6)
        try letters.renew.run()
        if row.extras.contains(.payloadApart) {
            letters.movePayload.bind(row.seq, 1)
            letters.movePayload.bind(counters.seq, 2)
            try letters.movePayload.run()
        }
        counters.count(.dead, -1)
        counters.count(state, 1)
        // It does without its key if another event has taken that meanwhile.
        if let key = held.idempotencyKey, try holder(of: key, function: function, now: now) == nil {
            let until = Deduplication(column: held.deduplication).period.map { now.advanced(by: $0) }
            try take(key, function: function, id: row.id, until: until, now: now)
        }
    }

    func purge(_ ids: [InvocationID]) throws(SQLiteFault) -> Int {
        var count = 0
        for id in ids {
            guard let row = try letter(id) else { continue }
            try remove(row, now: row.due)
            count += 1
        }
        return count
    }

    /// Makes dead letters of all waiting events of a function.
    func condemn(_ functionName: String, _ cause: DeadLetterCause, now: Timestamp) throws(SQLiteFault) -> Int {
        guard let function = try functions.known(functionName) else { return 0 }
        letters.waiting.bind(function.number, 1)
        var condemned: [Int64] = []
        while try letters.waiting.step() { condemned.append(letters.waiting.integer(0)) }
        for seq in condemned {
            // Read again: the one before it may have let it come forward.
            if let row = try row(seq: seq) { try die(row, cause, now: now) }
        }
        return condemned.count
    }
}
