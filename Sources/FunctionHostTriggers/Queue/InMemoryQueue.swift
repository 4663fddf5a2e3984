// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A queue in this process, as SQS has them: each message is received until it is deleted.
///
/// ```swift
/// let jobs = try InMemoryQueue("jobs")
/// try jobs.send("resize 7", delay: .seconds(5))
/// ```
///
/// A queue whose name ends in `.fifo` keeps the order of each group and sends no message twice within five minutes. Nothing
/// waits: each call is one short section under a lock, however many messages there are. They live no longer than the process.
public final class InMemoryQueue: QueueSource, MessageSink {
    /// How many messages one batch may have.
    public static let batchLimit = 10

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:sqs:local:000000000000:jobs`.
    public let arn: String
    /// Whether messages of one group come in order: whether its name ends in `.fifo`.
    public let isFIFO: Bool

    let core: QueueCore
    private let configuration: Configuration
    private let rules: MessageRules
    private let ids: MessageIDs
    private let writer: SQSEventWriter

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - name: 1 to 80 characters: letters and digits of ASCII, `_` and `-`; `.fifo` at its end makes a FIFO queue.
    ///   - configuration: How it treats its messages, and how many it keeps.
    ///   - system: Where time and ids come from.
    /// - Throws: ``SourceError`` as `invalidArgument`.
    public init(
        _ name: String, configuration: Configuration = .init(), system: HostSystem = .live
    ) throws(SourceError) {
        (arn, isFIFO) = try configuration.identity(of: name)
        try configuration.check(isFIFO: isFIFO)
        self.name = name
        self.configuration = configuration
        rules = MessageRules(configuration, isFIFO: isFIFO)
        // Queues of one system have one seed: their names tell their ids and receipts apart.
        let tag = SplitMix64.mix(system.seed ^ UInt64(truncatingIfNeeded: MD5.hash(arn)))
        ids = MessageIDs(seed: tag)
        core = QueueCore(
            MessageStateMachine(
                rules: .init(configuration, isFIFO: isFIFO), tag: tag, wallTime: system.clock.wallTime),
            clock: system.clock)
        writer = SQSEventWriter(queueARN: arn, region: configuration.region, senderID: configuration.senderID)
        core.setAlarm()
    }

    deinit { core.forgetAlarm() }

    /// How long a received message is invisible unless something else is said.
    public var visibilityTimeout: Duration { configuration.visibilityTimeout }

    // MARK: - Sending

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - body: What it holds: one character at least, and no control characters but tab and ends of lines.
    ///   - delay: How long it is invisible at first, up to 15 minutes; nil for the queue's delay. Not for FIFO.
    ///   - attributes: What is sent along, up to 10.
    ///   - groupID: Messages of one group come in order; FIFO only, where it is required.
    ///   - deduplicationID: What a second one with the same is told by, for five minutes; FIFO only.
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room.
    /// - Source: SQS API Reference, *SendMessage*.
    @discardableResult
    public func send(
        _ body: String, delay: Duration? = nil, attributes: [String: MessageAttribute] = [:], groupID: String? = nil,
        deduplicationID: String? = nil
    ) throws(SourceError) -> SentMessage {
        try send(
            MessageEntry(
                body: body, delay: delay, attributes: attributes, groupID: groupID, deduplicationID: deduplicationID))
    }

    /// Sends messages in order, each for itself: some may be refused and others not.
    ///
    /// - Parameter entries: 1 to 10.
    /// - Returns: For each what came of it: `invalidArgument`, or `full` if there was no room for it.
    /// - Throws: ``SourceError`` as `invalidArgument` if there are none, too many, or too many bytes in all.
    /// - Source: SQS API Reference, *SendMessageBatch*.
    @discardableResult
    public func send(_ entries: [MessageEntry]) throws(SourceError) -> [Result<SentMessage, SourceError>] {
        try rules.check(batch: entries)
        return entries.map { entry in Result { () throws(SourceError) in try send(entry) } }
    }

    /// Sends a message.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument`, or `full` if there is no room.
    @discardableResult
    public func send(_ entry: MessageEntry) throws(SourceError) -> SentMessage {
        let size = try rules.size(of: entry)
        let key = rules.deduplicationID(of: entry)
        var extras: MessageExtras?
        if isFIFO || !entry.attributes.isEmpty {
            extras = MessageExtras(attributes: entry.attributes, groupID: entry.groupID, deduplicationID: key)
        }
        let content = MessageContent(
            id: ids.next(), body: entry.body, sentAt: core.clock.wallTime, extras: extras, size: size)
        let delay = entry.delay ?? configuration.delay
        let sent = try core.act { machine, now throws(SourceError) in
            try machine.send(content, delay: delay, now: now)
        }
        return SentMessage(id: sent.id.description, sequenceNumber: sent.number, isDuplicate: sent.isDuplicate)
    }

    // MARK: - Receiving

    /// Receives messages that are visible, no more than `limit`, and makes them invisible for so long.
    ///
    /// Those that were received too often go to the dead-letter queue instead, with their ids and attributes; there they count
    /// from the beginning. In a FIFO queue, none of a group is received while another of it is invisible.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument` for a time below zero or above 12 hours.
    /// - Source: SQS API Reference, *ReceiveMessage*.
    public func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        try MessageRules.check(visibility: visibility)
        let wallTime = core.clock.wallTime
        var messages: [QueueMessage] = []
        while true {
            let rest = limit - messages.count
            let taken = try core.act { machine, now throws(SourceError) in
                machine.receive(rest, visibility: visibility, now: now, wallTime: wallTime)
            }
            messages += taken.messages
            // Where dead ones have gone others may come; where none has gone nothing more can.
            guard try moveAway(taken.dead) else { return messages }
        }
    }

    /// Moves messages to the dead-letter queue; returns whether one has gone.
    private func moveAway(
        _ dead: [(content: MessageContent, age: Duration, receipt: Receipt)]
    ) throws(SourceError) -> Bool {
        guard !dead.isEmpty, let target = configuration.redrive?.deadLetterQueue else { return false }
        var moved: [Receipt] = []
        for (content, age, receipt) in dead {
            let content = content.dead(from: arn)
            // FIFO messages begin a new life there, as SQS has it; others are as old as they are.
            let age = isFIFO ? Duration.zero : age
            let hasRoom = try target.core.act { machine, now throws(SourceError) in
                machine.receiveDead(content, age: age, now: now)
            }
            if hasRoom { moved.append(receipt) }
        }
        // From here on it is in both, and invisible here: nobody sees it twice, and it is never in neither.
        _ = try core.act { [moved] machine, now throws(SourceError) in machine.delete(moved, now: now) }
        return !moved.isEmpty
    }

    /// Deletes messages; false for each receipt whose message is gone or was received again.
    ///
    /// One that has become visible and that nobody has received since is deleted. SQS refuses that for FIFO queues.
    ///
    /// - Source: SQS API Reference, *DeleteMessageBatch*.
    public func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        try core.act { machine, now throws(SourceError) in machine.delete(receipts, now: now) }
    }

    /// Makes messages visible after so long from now, zero for at once; false for each receipt whose message is gone, was
    /// received again, or has become visible.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument` for a time below zero or above 12 hours.
    /// - Source: SQS API Reference, *ChangeMessageVisibilityBatch*.
    public func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        try MessageRules.check(visibility: duration)
        return try core.act { machine, now throws(SourceError) in
            machine.changeVisibility(of: receipts, to: duration, now: now)
        }
    }

    /// How much there is.
    public var figures: Figures {
        core.look { machine, now in
            Figures(
                visible: machine.counts.visible, invisible: machine.counts.invisible, delayed: machine.counts.delayed,
                bytes: machine.counts.bytes, ageOfOldest: machine.ageOfOldest(now: now), expired: machine.expired)
        }
    }

    // MARK: - Waiting

    /// It tells of everything.
    public var pollInterval: Duration? { nil }

    /// Has `changed` called whenever messages have come or have become visible again.
    public func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        core.subscribers.add(.all, changed)
    }

    /// The event of a batch as SQS and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using Lambda with Amazon SQS*, the example events.
    public func event(of messages: [QueueMessage]) -> [UInt8] { writer.event(of: messages) }
}

extension MessageStateMachine.Rules {
    fileprivate init(_ configuration: InMemoryQueue.Configuration, isFIFO: Bool) {
        self.init(
            isFIFO: isFIFO, retention: configuration.retention, messageLimit: configuration.messageLimit,
            byteLimit: configuration.byteLimit, deduplicationLimit: configuration.deduplicationLimit,
            maximumReceiveCount: configuration.redrive?.maximumReceiveCount)
    }
}
