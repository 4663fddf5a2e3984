// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The deduplication ids of the last five minutes, and the messages that were sent with them first.
///
/// An id is remembered though its message be gone. Source: SQS Developer Guide, *Exactly-once processing*.
struct DeduplicationWindow: Sendable {
    private static let length = Duration.seconds(300)

    private var first: [String: (id: InvocationID, number: UInt64)] = [:]
    private var ends = ChunkedQueue<(key: String, end: Timestamp)>()

    /// How many ids are remembered.
    var count: Int { ends.count }

    /// The message that was sent with an id first, no more than five minutes ago.
    mutating func find(_ key: String, now: Timestamp) -> (id: InvocationID, number: UInt64)? {
        purge(now: now)
        return first[key]
    }

    /// Remembers an id that is not there.
    mutating func add(_ key: String, id: InvocationID, number: UInt64, now: Timestamp) {
        first[key] = (id, number)
        ends.append((key, now.advanced(by: Self.length)))
    }

    /// Forgets what is over.
    mutating func purge(now: Timestamp) {
        while !ends.isEmpty, ends.read(0, { $0.end }) <= now, let (key, _) = ends.popFirst() { first[key] = nil }
    }
}
