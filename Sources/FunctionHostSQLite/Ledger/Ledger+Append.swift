// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What became of events that were to be appended together.
enum AppendOutcome {
    case accepted([Acceptance])
    case refused(StoreError)

    /// The answer for one event, which most calls bring.
    static let one: Self = .accepted([.accepted])
}

extension Ledger {
    /// Appends all events, or none.
    func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) throws(SQLiteFault) -> AppendOutcome {
        if !counters.hasRoom(for: Load(events), in: room) {
            // Those that are there already take no room.
            let new = try loadOfNew(events, now: now)
            if new.events > 0, !counters.hasRoom(for: new, in: room) {
                return .refused(StoreError(room: room, counters: counters, new: new))
            }
        }
        if events.count == 1 {
            let acceptance = try insert(events[0], now: now)
            return acceptance == .accepted ? .one : .accepted([acceptance])
        }
        var acceptances: [Acceptance] = []
        acceptances.reserveCapacity(events.count)
        for event in events { acceptances.append(try insert(event, now: now)) }
        return .accepted(acceptances)
    }

    /// How much of some events is not there yet.
    private func loadOfNew(_ events: [QueuedEvent], now: Timestamp) throws(SQLiteFault) -> Load {
        struct Key: Hashable {
            let function: String
            let key: String
        }
        var new = Load()
        var ids: Set<InvocationID> = []
        var keys: Set<Key> = []
        for event in events {
            guard try row(id: event.id) == nil, ids.insert(event.id).inserted else { continue }
            if event.hasDetails, let key = event.details.idempotencyKey {
                if let function = try functions.known(event.functionName),
                    try holder(of: key, function: function.number, now: now) != nil
                {
                    continue
                }
                guard keys.insert(Key(function: event.functionName, key: key)).inserted else { continue }
            }
            new = new + Load([event])
        }
        return new
    }

    /// Appends an event, unless it is there already or another holds its key.
    func insert(_ event: QueuedEvent, now: Timestamp) throws(SQLiteFault) -> Acceptance {
        let entry = try functions.entry(of: event.functionName, age: event.dueAt.age(until: event.expiresAt))
        guard event.hasDetails else {
            _ = try write(event, nil, entry, event.dueAt <= now ? .ready : .delayed)
            return .accepted
        }
        let function = entry.number
        let details = event.details
        if let key = details.idempotencyKey {
            guard try row(id: event.id) == nil else { return .accepted }
            if let holder = try holder(of: key, function: function, now: now) { return .duplicate(of: holder) }
        }
        var state: EventState = event.dueAt <= now ? .ready : .delayed
        if let key = details.orderingKey, try hasLine(key, function: function) { state = .behind }
        guard try write(event, details, entry, state) else { return .accepted }
        if let key = details.idempotencyKey {
            let until = details.deduplication.period.map { event.enqueuedAt.advanced(by: $0) }
            try take(key, function: function, id: event.id, until: until, now: now)
        }
        return .accepted
    }

    /// Makes an event's row; false if there is one with its id.
    private func write(
        _ event: QueuedEvent, _ details: EventDetails?, _ function: FunctionEntry, _ state: EventState
    ) throws(SQLiteFault) -> Bool {
        guard case .bytes(let payload) = event.payload else { preconditionFailure("a value in a store of bytes") }
        let isApart = payload.count > Schema.inlineBytes
        let statement = details == nil ? rows.insert : rows.insertDetailed
        let seq = counters.seq + 1
        statement.bind(seq, 1)
        statement.bind(event.id, 2)
        statement.bind(state.rawValue, 3)
        let lane = Lane(
            function: function.number, priority: details?.priority ?? .normal,
            isAgedByRule: function.rules(due: event.dueAt, expires: event.expiresAt))
        statement.bind(lane.number, 4)
        statement.bind(event.dueAt, 5)
        statement.bind(function.number, 6)
        statement.bind(event.enqueuedAt, 7)
        statement.bind(event.expiresAt, 8)
        statement.bind(payload.count, 9)
        var extras: Extras = isApart ? .payloadApart : []
        if details != nil { extras.insert(.details) }
        statement.bind(extras.rawValue, 10)
        if let details { bind(details, to: statement) }
        let changes = try payload.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
            if isApart { statement.bindNull(11) } else { statement.bind(bytes, 11) }
            return try statement.change()
        }
        guard changes > 0 else { return false }
        if isApart { try writePayload(payload, seq: seq) }
        counters.seq = seq
        lastID = event.id
        counters.count(state, 1)
        counters.bytes += payload.count
        return true
    }

    private func bind(_ details: EventDetails, to statement: Statement) {
        statement.bind(details.kind == .invocation ? nil : details.kind.rawValue, 12)
        statement.bind(details.orderingKey, 13)
        statement.bind(details.idempotencyKey, 14)
        statement.bind(details.deduplication.column, 15)
        statement.bind(details.tags.isEmpty ? nil : RowJSON.object(details.tags), 16)
        statement.bind(details.traceHeader, 17)
        statement.bind(details.lineage.isEmpty ? nil : RowJSON.object(details.lineage), 18)
        statement.bindCopy(details.origin, 19)
        statement.bind(details.redriveCount, 20)
    }

    func writePayload(_ payload: [UInt8], seq: Int64) throws(SQLiteFault) {
        rows.insertPayload.bind(seq, 1)
        try payload.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
            rows.insertPayload.bind(bytes, 2)
            try rows.insertPayload.run()
        }
    }
}

extension Deduplication {
    /// How long the key is held from the event's acceptance; nil if that depends on the event.
    var period: Duration? {
        if case .within(let period) = self { period } else { nil }
    }

    /// As the table has it.
    var column: Int64? {
        switch self {
        case .whileActive: nil
        case .whileQueued: -1
        case .within(let period): max(0, period.wholeNanoseconds)
        }
    }

    init(column: Int64?) {
        guard let column else {
            self = .whileActive
            return
        }
        self = column < 0 ? .whileQueued : .within(.nanoseconds(column))
    }
}

extension StoreError {
    init(room: QueueRoom, counters: Counters, new: Load) {
        let count = counters.ready + counters.leased + counters.delayed + counters.behind + counters.dead
        self.init(
            .full,
            reason: "there are \(count) events of \(room.events), \(counters.dead) of them dead letters, and "
                + "\(counters.bytes) bytes of \(room.bytes); \(new.events) more with \(new.bytes) bytes do not fit",
            isPassing: true)
    }
}
