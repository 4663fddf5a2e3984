// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// The rules of a queue over a list that is looked through each time.
struct QueueModel {
    private struct Message {
        var body: String
        var id: String
        var group: String?
        var sentAt: Timestamp
        var visibleAt: Timestamp
        var receipt: Receipt?
        var receiveCount = 0
    }

    private let isFIFO: Bool
    private let retention: Duration
    private var messages: [Message] = []
    private var keys: [String: Timestamp] = [:]

    init(isFIFO: Bool, retention: Duration) {
        self.isFIFO = isFIFO
        self.retention = retention
    }

    private mutating func expire(_ now: Timestamp) {
        messages.removeAll { $0.sentAt.advanced(by: retention) <= now }
    }

    /// Returns whether it is no duplicate.
    mutating func send(
        _ body: String, _ id: String, _ delay: Duration, _ group: String?, _ key: String?, _ now: Timestamp
    ) -> Bool {
        if let key {
            if let used = keys[key], used.advanced(by: .seconds(300)) > now { return false }
            keys[key] = now
        }
        messages.append(
            Message(body: body, id: id, group: group, sentAt: now, visibleAt: now.advanced(by: delay)))
        return true
    }

    private func isBlocked(_ group: String?, _ now: Timestamp) -> Bool {
        group != nil && messages.contains { $0.group == group && $0.visibleAt > now && $0.receipt != nil }
    }

    /// What is wrong with what was received; nil if it could be so.
    mutating func received(
        _ received: [QueueMessage], _ limit: Int, _ visibility: Duration, _ now: Timestamp
    ) -> String? {
        expire(now)
        let possible = messages.filter { $0.visibleAt <= now && !isBlocked($0.group, now) }
        // Which come first is not said but for groups; how many come is.
        guard received.count == min(limit, possible.count) else {
            return "\(received.count) of \(possible.count) with a limit of \(limit)"
        }
        for group in Set(received.map(\.groupID)) where group != nil {
            let got = received.filter { $0.groupID == group }.map(\.id)
            let due = possible.filter { $0.group == group }.map(\.id)
            guard got == Array(due.prefix(got.count)) else { return "the order of \(group ?? "")" }
        }
        for message in received {
            guard let place = messages.firstIndex(where: { $0.id == message.id }), messages[place].visibleAt <= now,
                possible.contains(where: { $0.id == message.id })
            else { return "\(message.body) is not there to have" }
            messages[place].receiveCount += 1
            messages[place].receipt = message.receipt
            guard message.receiveCount == messages[place].receiveCount, message.body == messages[place].body
            else { return "\(message.body) is told wrongly" }
        }
        for message in received {
            for place in messages.indices where messages[place].id == message.id {
                messages[place].visibleAt = now.advanced(by: visibility)
            }
        }
        return Set(received.map(\.id)).count == received.count ? nil : "one twice"
    }

    mutating func delete(_ receipt: Receipt, _ now: Timestamp) -> Bool {
        expire(now)
        guard let place = messages.firstIndex(where: { $0.receipt == receipt }) else { return false }
        messages.remove(at: place)
        return true
    }

    mutating func change(_ receipt: Receipt, _ duration: Duration, _ now: Timestamp) -> Bool {
        expire(now)
        guard let place = messages.firstIndex(where: { $0.receipt == receipt }), messages[place].visibleAt > now
        else { return false }
        messages[place].visibleAt = now.advanced(by: duration)
        return true
    }

    /// How many are visible, invisible and delayed.
    mutating func counts(_ now: Timestamp) -> [Int] {
        expire(now)
        return [
            messages.count { $0.visibleAt <= now }, messages.count { $0.visibleAt > now && $0.receipt != nil },
            messages.count { $0.visibleAt > now && $0.receipt == nil },
        ]
    }
}
