// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension QueueTables {
    /// How many messages that are too old one transaction removes.
    static let sweepStep = 250

    /// A message as it was handed in.
    struct Handed: Sendable {
        var entry: MessageEntry
        var key: String?
        var size: Int
        var delay: Duration
    }

    /// Takes in a message; one that is a duplicate is answered as the first was.
    func send(_ handed: Handed, _ row: inout QueueRow, _ rules: QueueRules, _ now: Timestamp) throws -> SentMessage {
        var hasStaleKey = false
        if let key = handed.key, let first = try first(with: key, row) {
            guard first.until <= now else {
                return SentMessage(
                    id: first.id.description, sequenceNumber: row.sequenceNumber(first.number), isDuplicate: true)
            }
            hasStaleKey = true
        }
        try checkRoom(for: handed, row, rules)
        let id = InvocationID(number: UInt64(row.last + 1), seed: row.seed)
        let message = NewMessage(
            id: id, body: handed.entry.body, attributes: AttributeBytes.bytes(of: handed.entry.attributes),
            groupID: handed.entry.groupID, key: handed.key, size: Int64(handed.size), sentAt: now, bornAt: now,
            dueAt: now.advanced(by: handed.delay))
        try accept(message, &row, now)
        if let key = handed.key {
            try remember(key, id, row, now)
            if !hasStaleKey { row.keys += 1 }
        }
        return SentMessage(
            id: id.description, sequenceNumber: rules.isFIFO ? row.sequenceNumber(row.last) : nil)
    }

    /// Writes a message for which there is room.
    func accept(_ message: NewMessage, _ row: inout QueueRow, _ now: Timestamp) throws(SQLiteFault) {
        row.last += 1
        row.count += 1
        row.bytes += message.size
        let place = MessagePlace.place(row.last, of: row.queue)
        let line: Int64? = if let name = message.groupID { try join(name, row.queue) } else { nil }
        let insert = messages.insert
        insert.bind(place, 1)
        insert.bind(row.queue, 2)
        insert.bind(message.id, 3)
        insert.bind(message.dueAt, 4)
        insert.bind(message.bornAt, 5)
        insert.bind(message.sentAt, 6)
        insert.bind(message.size, 7)
        insert.bind(line, 8)
        insert.bind(message.key, 9)
        insert.bind(message.source, 10)
        let isApart = message.body.utf8.count > QueueSchema.inlineBytes
        insert.bind(isApart ? nil : message.body, 12)
        if let attributes = message.attributes {
            try attributes.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
                insert.bind(bytes, 11)
                try insert.run()
            }
        } else {
            insert.bindNull(11)
            try insert.run()
        }
        if isApart {
            messages.insertBody.bind(place, 1)
            messages.insertBody.bind(message.body, 2)
            try messages.insertBody.run()
        }
        if let line { try refresh(line, &row, now) } else { row.shows(at: message.dueAt, now) }
    }

    /// Whether messages may be refused for want of room that is not wanting once more is swept away.
    func isTight(for messages: [Handed], _ row: QueueRow, _ rules: QueueRules) -> Bool {
        let (count, size) = (Int64(messages.count), Int64(messages.reduce(0) { $0 + $1.size }))
        return row.count + count > rules.messageLimit || row.bytes + size > rules.byteLimit
            || row.keys + count > rules.deduplicationLimit
    }

    private func checkRoom(for handed: Handed, _ row: QueueRow, _ rules: QueueRules) throws {
        guard row.count < rules.messageLimit, row.bytes + Int64(handed.size) <= rules.byteLimit else {
            throw SourceError(
                .full,
                reason:
                    "no room for a message of \(handed.size) bytes: there are \(row.count) of \(rules.messageLimit) "
                    + "messages, \(row.bytes) of \(rules.byteLimit) bytes")
        }
        guard handed.key == nil || row.keys < rules.deduplicationLimit else {
            throw SourceError(
                .full,
                reason: "\(row.keys) deduplication ids were used in the last five minutes: no more are remembered")
        }
    }

    /// The message that was sent with a deduplication id first.
    private func first(
        with key: String, _ row: QueueRow
    ) throws(SQLiteFault) -> (id: InvocationID, number: Int64, until: Timestamp)? {
        keys.find.bind(row.queue, 1)
        keys.find.bind(key, 2)
        guard try keys.find.step() else { return nil }
        defer { keys.find.reset() }
        guard let id = keys.find.id(0) else { throw SQLiteFault(damage: "a deduplication id has no message") }
        return (id, keys.find.integer(1), keys.find.time(2))
    }

    private func remember(
        _ key: String, _ id: InvocationID, _ row: QueueRow, _ now: Timestamp
    ) throws(SQLiteFault) {
        keys.insert.bind(row.queue, 1)
        keys.insert.bind(key, 2)
        keys.insert.bind(id, 3)
        keys.insert.bind(row.last, 4)
        keys.insert.bind(now.advanced(by: DeduplicationStatements.window), 5)
        try keys.insert.run()
    }

    // MARK: - Going

    /// Removes messages that are too old and forgets deduplication ids that are, a few of each.
    ///
    /// - Returns: Whether there may be more of them.
    func sweep(
        _ row: inout QueueRow, _ retention: Duration, _ now: Timestamp
    ) throws(SQLiteFault) -> Bool {
        let old = try list(messages.old, row.queue, now.advanced(by: .zero - retention), Self.sweepStep)
        for message in old { try remove(message, &row, now) }
        row.expired += Int64(old.count)
        var forgotten = 0
        if row.keys > 0 {
            keys.purge.bind(row.queue, 1)
            keys.purge.bind(now, 2)
            keys.purge.bind(Self.sweepStep, 3)
            forgotten = try keys.purge.change()
            row.keys -= Int64(forgotten)
        }
        return old.count == Self.sweepStep || forgotten == Self.sweepStep
    }

    /// What decides about some messages.
    func list(
        _ statement: Statement, _ first: Int64, _ time: Timestamp, _ limit: Int
    ) throws(SQLiteFault) -> [MessageRow] {
        statement.bind(first, 1)
        statement.bind(time, 2)
        statement.bind(limit, 3)
        var found: [MessageRow] = []
        while try statement.step() { found.append(Self.message(statement)) }
        return found
    }

    static func message(_ statement: Statement) -> MessageRow {
        MessageRow(
            place: statement.integer(0), due: statement.time(1), born: statement.time(2), size: statement.integer(3),
            receives: statement.integer(4), fence: statement.integer(5),
            line: statement.isNull(6) ? nil : statement.integer(6), isBodyApart: statement.integer(7) != 0)
    }

    /// Removes a message, wherever it is.
    func remove(_ message: MessageRow, _ row: inout QueueRow, _ now: Timestamp) throws(SQLiteFault) {
        messages.delete.bind(message.place, 1)
        try messages.delete.run()
        if message.isBodyApart {
            messages.deleteBody.bind(message.place, 1)
            try messages.deleteBody.run()
        }
        row.count -= 1
        row.bytes -= message.size
        if let line = message.line { try refresh(line, &row, now) }
    }
}
