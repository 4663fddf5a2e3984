// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A queue that messages are sent to.
public protocol MessageSink: Sendable {
    /// Its resource name.
    var arn: String { get }

    /// Whether messages have groups that keep their order.
    var isFIFO: Bool { get }

    /// Sends a message; once this returns, the queue has it.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room.
    @discardableResult
    func send(_ entry: MessageEntry) async throws -> SentMessage
}

/// A message to send.
public struct MessageEntry: Sendable {
    /// What it holds: one character at least, and no control characters but tab and ends of lines.
    public var body: String
    /// How long it is invisible at first, up to 15 minutes; nil for the queue's delay, which FIFO messages always have.
    public var delay: Duration?
    /// What is sent along, up to 10.
    public var attributes: [String: MessageAttribute]
    /// Messages of one group come in order; FIFO only, where it is required.
    public var groupID: String?
    /// What a second one with the same is told by; FIFO only, where it is required unless the content stands for it.
    public var deduplicationID: String?

    /// Describes a message.
    public init(
        body: String, delay: Duration? = nil, attributes: [String: MessageAttribute] = [:], groupID: String? = nil,
        deduplicationID: String? = nil
    ) {
        self.body = body
        self.delay = delay
        self.attributes = attributes
        self.groupID = groupID
        self.deduplicationID = deduplicationID
    }
}

/// A message that was sent.
public struct SentMessage: Sendable, Hashable {
    /// Its id: that of the first for a duplicate.
    public var id: String
    /// Its place in the order of a FIFO queue; nil in others.
    public var sequenceNumber: SequenceNumber?
    /// Whether there was one with the same deduplication id before, so that nothing was sent.
    public var isDuplicate: Bool

    /// Describes what came of a sending.
    public init(id: String, sequenceNumber: SequenceNumber? = nil, isDuplicate: Bool = false) {
        self.id = id
        self.sequenceNumber = sequenceNumber
        self.isDuplicate = isDuplicate
    }
}
