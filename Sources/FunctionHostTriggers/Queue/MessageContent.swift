// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a message is, wherever it lies.
struct MessageContent: Sendable {
    let id: InvocationID
    let body: String
    /// When it was sent, in the calendar's time.
    let sentAt: Timestamp
    /// Nil for most messages of a queue that is not FIFO.
    let extras: MessageExtras?
    /// In bytes: body and attributes.
    let size: Int

    var groupID: String? { extras?.groupID }
    var deduplicationID: String? { extras?.deduplicationID }

    /// The same message in the dead-letter queue of the queue with this name.
    func dead(from sourceARN: String) -> Self {
        let extras = MessageExtras(
            attributes: extras?.attributes ?? [:], groupID: groupID, deduplicationID: deduplicationID,
            deadLetterSourceARN: sourceARN)
        return Self(id: id, body: body, sentAt: sentAt, extras: extras, size: size)
    }

    /// What stands where there is no message.
    static let none = Self(
        id: InvocationID(high: 0, low: 0), body: "", sentAt: Timestamp(nanoseconds: 0), extras: nil, size: 0)
}

/// What only some messages have.
final class MessageExtras: Sendable {
    let attributes: [String: MessageAttribute]
    let groupID: String?
    let deduplicationID: String?
    let deadLetterSourceARN: String?

    init(
        attributes: [String: MessageAttribute], groupID: String?, deduplicationID: String?,
        deadLetterSourceARN: String? = nil
    ) {
        self.attributes = attributes
        self.groupID = groupID
        self.deduplicationID = deduplicationID
        self.deadLetterSourceARN = deadLetterSourceARN
    }
}
