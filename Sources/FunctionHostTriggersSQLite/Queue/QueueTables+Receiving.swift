// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension QueueTables {
    /// How many messages one transaction lends, and how many bytes of them but for a first one that has more.
    static let lendingLimit = (messages: 1_000, bytes: 8 << 20)

    /// What a receive has taken.
    struct Taken: Sendable {
        var messages: [QueueMessage] = []
        var bytes: Int64 = 0
        /// Whether messages have gone to the dead-letter queue: others may have come into their places.
        var hasMoved = false
        /// The dead-letter queue's row, once a message is to go there.
        fileprivate var target: QueueRow?
        /// How many were looked at.
        fileprivate var count = 0
    }

    /// What one receive is about.
    struct Wish: Sendable {
        var limit: Int
        var visibility: Duration
        var now: Timestamp

        var end: Timestamp { now.advanced(by: visibility) }
    }

    /// Takes messages that are visible; those that were received too often go to the dead-letter queue.
    func receive(_ wish: Wish, _ row: inout QueueRow, _ rules: QueueRules) throws -> Taken {
        var taken = Taken()
        let limit = min(wish.limit, Self.lendingLimit.messages)
        guard limit > 0 else { return taken }
        if rules.isFIFO {
            for line in try groupsInLine(row.queue, limit, wish.now) where taken.count < limit {
                let before = taken.count
                let visible = try list(messages.visibleInLine, line, wish.now, limit - taken.count)
                for message in visible where try !take(message, wish, &row, rules, &taken) { break }
                // Where there is no room for more it keeps its place.
                guard taken.count > before || visible.isEmpty else { break }
                try refresh(line, &row, wish.now, wasTaken: true)
            }
        } else {
            for message in try list(messages.visible, row.queue, wish.now, limit) {
                guard taken.messages.isEmpty || taken.bytes < Self.lendingLimit.bytes else { break }
                _ = try take(message, wish, &row, rules, &taken)
            }
        }
        if let target = taken.target { try write(target) }
        try setNextDue(&row, rules, wish.now)
        return taken
    }

    /// - Returns: Whether the next one of its group may be taken too: none behind a dead one, which comes before them if it stays.
    private func take(
        _ message: MessageRow, _ wish: Wish, _ row: inout QueueRow, _ rules: QueueRules, _ taken: inout Taken
    ) throws -> Bool {
        guard taken.messages.isEmpty || taken.bytes < Self.lendingLimit.bytes else { return false }
        taken.count += 1
        row.fence += 1
        let isDead = rules.redrive.map { message.receives >= $0.maximumReceiveCount } ?? false
        if isDead, let redrive = rules.redrive, try moveAway(message, redrive, rules, wish.now, &row, &taken) {
            return false
        }
        messages.take.bind(message.place, 1)
        messages.take.bind(wish.end, 2)
        messages.take.bind(row.fence, 3)
        messages.take.bind(message.receives + (isDead ? 0 : 1), 4)
        if isDead { messages.take.bindNull(5) } else { messages.take.bind(wish.now, 5) }
        try messages.take.run()
        if !rules.isFIFO { row.shows(at: wish.end, wish.now) }
        if isDead { return false }
        taken.bytes += message.size
        taken.messages.append(try content(of: message, row, rules))
        return true
    }

    private func content(
        of message: MessageRow, _ row: QueueRow, _ rules: QueueRules
    ) throws(SQLiteFault) -> QueueMessage {
        let found = messages.content
        found.bind(message.place, 1)
        guard try found.step(), let id = found.id(0), let body = found.text(1) else {
            throw SQLiteFault(damage: "message \(message.place) has no id, or no body")
        }
        defer { found.reset() }
        let number = MessagePlace.number(message.place)
        return QueueMessage(
            id: id.description, receipt: ReceiptText(number: number, fence: row.fence).receipt(seed: row.seed),
            body: body, receiveCount: Int(message.receives) + 1, sentAt: found.time(2), firstReceivedAt: found.time(3),
            attributes: found.isNull(6) ? [:] : try AttributeBytes.attributes(found.bytes(6)), groupID: found.text(7),
            deduplicationID: found.text(4), sequenceNumber: rules.isFIFO ? row.sequenceNumber(number) : nil,
            deadLetterSourceARN: found.text(5))
    }

    /// Moves a message to the dead-letter queue; false if there is no room.
    private func moveAway(
        _ message: MessageRow, _ redrive: QueueRules.Redrive, _ rules: QueueRules, _ now: Timestamp,
        _ row: inout QueueRow, _ taken: inout Taken
    ) throws(SQLiteFault) -> Bool {
        var target = if let known = taken.target { known } else { try sweptRow(redrive, now) }
        taken.target = target
        guard target.count < redrive.messageLimit, target.bytes + message.size <= redrive.byteLimit else {
            return false
        }
        let found = messages.content
        found.bind(message.place, 1)
        guard try found.step(), let id = found.id(0), let body = found.text(1) else {
            throw SQLiteFault(damage: "message \(message.place) has no id, or no body")
        }
        let dead = NewMessage(
            id: id, body: body, attributes: found.isNull(6) ? nil : found.bytes(6), groupID: found.text(7),
            key: found.text(4), source: redrive.sourceARN, size: message.size, sentAt: found.time(2),
            // FIFO messages begin a new life there, as SQS has it; others are as old as they are.
            bornAt: rules.isFIFO ? now : message.born, dueAt: now)
        found.reset()
        try accept(dead, &target, now)
        taken.target = target
        taken.hasMoved = true
        try remove(message, &row, now)
        return true
    }

    private func sweptRow(_ redrive: QueueRules.Redrive, _ now: Timestamp) throws(SQLiteFault) -> QueueRow {
        var row = try row(redrive.target)
        _ = try sweep(&row, redrive.retention, now)
        return row
    }

    /// When something becomes visible next.
    private func setNextDue(_ row: inout QueueRow, _ rules: QueueRules, _ now: Timestamp) throws(SQLiteFault) {
        let statement = rules.isFIFO ? groups.nextReady : messages.nextDue
        statement.bind(row.queue, 1)
        statement.bind(now, 2)
        if let due = try statement.integer() { row.shows(at: Timestamp(nanoseconds: due), now) }
    }

    // MARK: - Afterwards

    /// The message whose latest receive gave this receipt, unless it is gone or too old.
    private func message(
        of receipt: Receipt, _ row: QueueRow, _ rules: QueueRules, _ now: Timestamp
    ) throws(SQLiteFault) -> MessageRow? {
        guard let text = ReceiptText(receipt, seed: row.seed) else { return nil }
        messages.find.bind(MessagePlace.place(text.number, of: row.queue), 1)
        guard try messages.find.step() else { return nil }
        defer { messages.find.reset() }
        let message = Self.message(messages.find)
        guard message.fence == text.fence, message.born > now.advanced(by: .zero - rules.retention) else { return nil }
        return message
    }

    /// Deletes messages; false for each receipt whose message is gone or was received again.
    func delete(
        _ receipts: [Receipt], _ row: inout QueueRow, _ rules: QueueRules, _ now: Timestamp
    ) throws(SQLiteFault) -> [Bool] {
        var answers: [Bool] = []
        for receipt in receipts {
            let message = try message(of: receipt, row, rules, now)
            if let message { try remove(message, &row, now) }
            answers.append(message != nil)
        }
        return answers
    }

    /// Makes messages visible at a time; false for each receipt whose message is gone, was received again, or is visible.
    func changeVisibility(
        of receipts: [Receipt], to due: Timestamp, _ row: inout QueueRow, _ rules: QueueRules, _ now: Timestamp
    ) throws(SQLiteFault) -> [Bool] {
        var answers: [Bool] = []
        for receipt in receipts {
            guard let message = try message(of: receipt, row, rules, now), message.due > now else {
                answers.append(false)
                continue
            }
            messages.setDue.bind(message.place, 1)
            messages.setDue.bind(due, 2)
            try messages.setDue.run()
            if let line = message.line { try refresh(line, &row, now) } else { row.shows(at: due, now) }
            answers.append(true)
        }
        return answers
    }

    /// How much there is.
    func figures(
        _ row: QueueRow, _ rules: QueueRules, _ now: Timestamp
    ) throws(SQLiteFault) -> InMemoryQueue.Figures {
        let counted = rules.isFIFO ? messages.countInLines : messages.count
        counted.bind(row.queue, 1)
        counted.bind(now, 2)
        guard try counted.step() else { throw SQLiteFault(damage: "messages cannot be counted") }
        let (first, held) = (counted.integer(0), counted.integer(1))
        counted.reset()
        let delayed = rules.isFIFO ? first : first - held
        messages.oldest.bind(row.queue, 1)
        let oldest = try messages.oldest.integer().map { Timestamp(nanoseconds: $0) }
        return InMemoryQueue.Figures(
            visible: Int(row.count - delayed - held), invisible: Int(held), delayed: Int(delayed),
            bytes: Int(row.bytes),
            ageOfOldest: oldest.map { max(.zero, $0.duration(to: now)) }, expired: Int(row.expired))
    }
}
