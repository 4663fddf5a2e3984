// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension MessageStateMachine {
    /// What a receive has taken.
    struct Taken: Sendable {
        var messages: [QueueMessage] = []
        /// Those that were received too often: to be moved elsewhere, and then deleted with their receipts.
        var dead: [(content: MessageContent, age: Duration, receipt: Receipt)] = []

        var count: Int { messages.count + dead.count }
    }

    /// Takes messages that are visible, no more than `limit` with the dead ones among them.
    mutating func receive(_ limit: Int, visibility: Duration, now: Timestamp, wallTime: Timestamp) -> Taken {
        advance(to: now)
        var taken = Taken()
        let end = now.advanced(by: visibility)
        while taken.count < limit {
            if rules.isFIFO {
                guard let group = groups.firstInLine else { break }
                takeGroup(group, limit, end, now, wallTime, &taken)
            } else {
                let place = links.first(of: visible)
                guard place >= 0 else { break }
                take(Self.slot(place), end, now, wallTime, &taken)
            }
        }
        return taken
    }

    /// Takes messages of one group, in order.
    ///
    /// None behind a dead one: if it cannot be moved it stays, and comes before them.
    private mutating func takeGroup(
        _ group: Int32, _ limit: Int, _ end: Timestamp, _ now: Timestamp, _ wallTime: Timestamp, _ taken: inout Taken
    ) {
        let dead = taken.dead.count
        while taken.count < limit, taken.dead.count == dead, let place = groups.first(of: group, links) {
            take(Self.slot(place), end, now, wallTime, &taken)
        }
        refresh(group, at: now)
    }

    private mutating func take(
        _ slot: Int, _ end: Timestamp, _ now: Timestamp, _ wallTime: Timestamp, _ taken: inout Taken
    ) {
        hide(slot)
        nodes[slot].state = .invisible
        counts.invisible += 1
        if nodes[slot].group >= 0 { groups.groups[Int(nodes[slot].group)].invisible += 1 }
        wait(slot, until: end, now)
        fences += 1
        nodes[slot].fence = fences
        let receipt = Receipt(slot: slot, fence: fences, tag: tag)
        if let limit = rules.maximumReceiveCount, nodes[slot].receiveCount >= limit {
            taken.dead.append((nodes[slot].content, nodes[slot].bornAt.duration(to: now), receipt))
            return
        }
        nodes[slot].receiveCount += 1
        if nodes[slot].firstReceivedAt == nil { nodes[slot].firstReceivedAt = wallTime }
        taken.messages.append(message(slot, receipt, wallTime))
    }

    private func message(_ slot: Int, _ receipt: Receipt, _ wallTime: Timestamp) -> QueueMessage {
        let content = nodes[slot].content
        return QueueMessage(
            id: content.id.description, receipt: receipt, body: content.body, receiveCount: nodes[slot].receiveCount,
            sentAt: content.sentAt, firstReceivedAt: nodes[slot].firstReceivedAt ?? wallTime,
            attributes: content.extras?.attributes ?? [:], groupID: content.groupID,
            deduplicationID: content.deduplicationID, sequenceNumber: sequenceNumber(nodes[slot].number),
            deadLetterSourceARN: content.extras?.deadLetterSourceARN)
    }

    // MARK: - Afterwards

    /// The slot of a message whose latest receive gave this receipt.
    private func slot(of receipt: Receipt) -> Int? {
        guard let (slot, fence) = receipt.place(tag: tag), slot < nodes.count, nodes[slot].state != .free, fence > 0,
            nodes[slot].fence == fence
        else { return nil }
        return slot
    }

    /// Deletes messages; false for each receipt whose message is gone or was received again.
    mutating func delete(_ receipts: [Receipt], now: Timestamp) -> [Bool] {
        advance(to: now)
        return receipts.map { receipt in
            guard let slot = slot(of: receipt) else { return false }
            remove(slot, at: now)
            return true
        }
    }

    /// Makes messages visible after so long; false for each receipt whose message is gone, was received again, or is visible.
    mutating func changeVisibility(of receipts: [Receipt], to duration: Duration, now: Timestamp) -> [Bool] {
        advance(to: now)
        return receipts.map { receipt in
            guard let slot = slot(of: receipt), nodes[slot].state == .invisible else { return false }
            waiting.remove(Self.place(slot), &links)
            if duration > .zero {
                wait(slot, until: now.advanced(by: duration), now)
            } else {
                leaveWaiting(slot)
                show(slot, at: now)
            }
            return true
        }
    }
}

extension Receipt {
    /// A receipt of 40 digits to the base of 16: where a message is, which of its receives is meant, and in which queue.
    fileprivate init(slot: Int, fence: UInt64, tag: UInt64) {
        self.init(
            String(unsafeUninitializedCapacity: 40) { buffer in
                for index in 0..<40 {
                    let digit: UInt64
                    switch index {
                    case 0..<8: digit = UInt64(truncatingIfNeeded: slot) >> UInt64(28 - 4 * index)
                    case 8..<24: digit = fence >> UInt64(60 - 4 * (index - 8))
                    default: digit = tag >> UInt64(60 - 4 * (index - 24))
                    }
                    let value = UInt8(truncatingIfNeeded: digit & 15)
                    buffer.initializeElement(at: index, to: value < 10 ? 0x30 + value : 0x57 + value)
                }
                return 40
            })
    }

    /// What the receipt says, if it is of the queue with this tag.
    fileprivate func place(tag: UInt64) -> (slot: Int, fence: UInt64)? {
        var (slot, fence, rest) = (0, UInt64(0), UInt64(0))
        var count = 0
        for byte in description.utf8 {
            let value: UInt8
            switch byte {
            case 0x30...0x39: value = byte - 0x30
            case 0x61...0x66: value = byte - 0x57
            default: return nil
            }
            switch count {
            case 0..<8: slot = slot << 4 | Int(value)
            case 8..<24: fence = fence << 4 | UInt64(value)
            default: rest = rest << 4 | UInt64(value)
            }
            count += 1
        }
        return count == 40 && rest == tag ? (slot, fence) : nil
    }
}
