// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A queue that functions are invoked with, batch by batch.
///
/// A message that was received is invisible to others for a while; unless it is deleted by then it is there again.
public protocol QueueSource: Sendable {
    /// Its resource name, as events tell it.
    var arn: String { get }

    /// Whether messages of one group come in order, one batch of a group at a time.
    var isFIFO: Bool { get }

    /// How long a received message is invisible unless something else is said.
    var visibilityTimeout: Duration { get }

    /// Receives messages that are visible, no more than `limit`, and makes them invisible for so long.
    ///
    /// - Throws: ``SourceError``.
    func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage]

    /// Deletes messages; false for each receipt that has lost its message to somebody else.
    func delete(_ receipts: [Receipt]) async throws -> [Bool]

    /// Makes messages visible after so long from now; false for each receipt that has lost its message.
    func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool]

    /// How often to look at a queue that had nothing; nil if ``subscribe(_:)`` tells of everything.
    var pollInterval: Duration? { get }

    /// Has `changed` called whenever messages have come or have become visible again.
    ///
    /// It is called on any thread, holding no lock, and is quick. What changes while this is called is told.
    ///
    /// - Returns: What ends it.
    func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription

    /// The event of a batch, as the service writes it: a JSON object whose `Records` are these.
    func event(of messages: [QueueMessage]) -> [UInt8]
}

/// What a message was received with, and is deleted with.
public struct Receipt: Sendable, Hashable, CustomStringConvertible {
    /// As events tell it.
    public let description: String

    /// The receipt that is written so.
    public init(_ description: String) { self.description = description }
}

/// A message that was received.
public struct QueueMessage: Sendable {
    /// Its id, the same each time it is received.
    public let id: String
    /// What to delete it with.
    public let receipt: Receipt
    /// What it holds.
    public let body: String
    /// How often it was received, this time included.
    public let receiveCount: Int
    /// When it was sent, in the calendar's time.
    public let sentAt: Timestamp
    /// When it was received for the first time, in the calendar's time.
    public let firstReceivedAt: Timestamp
    /// What was sent along.
    public let attributes: [String: MessageAttribute]
    /// Messages of one group come in order; nil where there are none.
    public let groupID: String?
    /// What a second one with the same is told by; nil where there is none.
    public let deduplicationID: String?
    /// Its place in the order of a FIFO queue.
    public let sequenceNumber: SequenceNumber?
    /// The queue that has given it up, if this is its dead-letter queue; nil if it was sent here.
    public let deadLetterSourceARN: String?

    /// Makes a message.
    public init(
        id: String, receipt: Receipt, body: String, receiveCount: Int, sentAt: Timestamp, firstReceivedAt: Timestamp,
        attributes: [String: MessageAttribute] = [:], groupID: String? = nil, deduplicationID: String? = nil,
        sequenceNumber: SequenceNumber? = nil, deadLetterSourceARN: String? = nil
    ) {
        self.id = id
        self.receipt = receipt
        self.body = body
        self.receiveCount = receiveCount
        self.sentAt = sentAt
        self.firstReceivedAt = firstReceivedAt
        self.attributes = attributes
        self.groupID = groupID
        self.deduplicationID = deduplicationID
        self.sequenceNumber = sequenceNumber
        self.deadLetterSourceARN = deadLetterSourceARN
    }
}

/// Something that is sent along with a message.
public enum MessageAttribute: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A number, as it was written.
    case number(String)
    /// Bytes.
    case binary([UInt8])
}
