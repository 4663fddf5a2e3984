// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// What the file has of one queue, but its messages; written back at the end of each call that changes something.
struct QueueRow {
    let queue: Int64
    let began: Timestamp
    let seed: UInt64
    var last: Int64
    var fence: Int64
    var count: Int64
    var bytes: Int64
    var keys: Int64
    var expired: Int64

    /// Whether something can be received that could not before.
    var hasNews = false
    /// When something will be that cannot now, if this call has brought that about.
    var nextDue: Timestamp?

    /// 20 digits as SQS has them, beginning with the time.
    func sequenceNumber(_ number: Int64) -> SequenceNumber {
        let first = 10_000_000_000_000_000_000 + UInt128(max(0, began.nanoseconds)) / 1_000_000 * 1_000_000
        return SequenceNumber(low: first + UInt128(number))
    }

    /// Whether what the file has of it is to be written anew.
    func isChanged(from before: Self) -> Bool {
        (last, fence, count, bytes, keys) != (before.last, before.fence, before.count, before.bytes, before.keys)
            || expired != before.expired
    }

    /// Something becomes visible then, or is.
    mutating func shows(at due: Timestamp, _ now: Timestamp) {
        if due <= now { hasNews = true } else { nextDue = min(nextDue ?? due, due) }
    }
}

/// What decides about a message, without its content.
struct MessageRow {
    let place: Int64
    let due: Timestamp
    let born: Timestamp
    let size: Int64
    let receives: Int64
    let fence: Int64
    let line: Int64?
    let isBodyApart: Bool

    static let columns = "place, due, born, size, receives, fence, line, body IS NULL"
}

/// A message that is to be written.
struct NewMessage {
    var id: InvocationID
    var body: String
    var attributes: [UInt8]?
    var groupID: String?
    var key: String?
    var source: String?
    var size: Int64
    var sentAt: Timestamp
    var bornAt: Timestamp
    var dueAt: Timestamp
}

/// What a queue allows.
struct QueueRules: Sendable {
    var isFIFO: Bool
    var retention: Duration
    var messageLimit: Int64
    var byteLimit: Int64
    var deduplicationLimit: Int64
    /// Where messages go that were received so often; nil for nowhere.
    var redrive: Redrive?

    struct Redrive: Sendable {
        var maximumReceiveCount: Int64
        var target: Int64
        var retention: Duration
        var messageLimit: Int64
        var byteLimit: Int64
        /// The name of the queue that gives them up.
        var sourceARN: String
    }
}

/// Where a message lies in the table of all queues.
enum MessagePlace {
    /// How many messages a queue may have in all its life: at a million a second, two years' worth.
    static let bits: Int64 = 46

    static func place(_ number: Int64, of queue: Int64) -> Int64 { queue << bits + number }
    static func number(_ place: Int64) -> Int64 { place & (1 << bits - 1) }
}
