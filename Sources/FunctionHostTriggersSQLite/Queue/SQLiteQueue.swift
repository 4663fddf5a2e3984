// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
public import FunctionHostSQLite
public import FunctionHostTriggers

/// A queue in a store's file, as SQS has them: what ``/FunctionHostTriggers/InMemoryQueue`` does, for good.
///
/// ```swift
/// let jobs = try await SQLiteQueue("jobs", in: store)
/// try await jobs.send("resize 7", delay: .seconds(5))
/// ```
///
/// What was sent or deleted is so on the disk, as safe as the store's events are. All streams, queues and events of a file share the
/// store's thread and its transactions. Several processes may use one queue; it keeps the calendar's time.
public final class SQLiteQueue: QueueSource, MessageSink {
    /// How many messages one batch may have.
    public static let batchLimit = InMemoryQueue.batchLimit

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:sqs:local:000000000000:jobs`.
    public let arn: String
    /// Whether messages of one group come in order: whether its name ends in `.fifo`.
    public let isFIFO: Bool

    private let configuration: Configuration
    private let store: SQLiteStore
    private let clock: any HostClock
    private let number: Int64
    private let hub: QueueHub
    private let bell: QueueBell
    private let checks: MessageRules
    private let rules: QueueRules
    private let writer: SQSEventWriter

    /// Opens a queue, or makes it.
    ///
    /// - Parameters:
    ///   - name: 1 to 80 characters: letters and digits of ASCII, `_` and `-`; `.fifo` at its end makes a FIFO queue. One name is
    ///     one queue in a file.
    ///   - configuration: How it treats its messages, and how many it keeps.
    ///   - store: Where it lies.
    ///   - system: Where time and, when it is made, its seed come from.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`; ``/FunctionHost/StoreError``, as `newerSchema` if a
    ///   newer version has made queues in this file.
    public init(
        _ name: String, configuration: Configuration = .init(), in store: SQLiteStore, system: HostSystem = .live
    ) async throws {
        let plain = configuration.plain
        (arn, isFIFO) = try plain.identity(of: name)
        try plain.check(isFIFO: isFIFO)
        if let redrive = configuration.redrive {
            try redrive.check(
                name, isFIFO: isFIFO, path: store.path, isSameStore: redrive.deadLetterQueue.store === store)
        }
        self.name = name
        self.configuration = configuration
        self.store = store
        clock = system.clock
        checks = MessageRules(plain, isFIFO: isFIFO)
        rules = QueueRules(configuration, isFIFO: isFIFO, arn: arn)
        writer = SQSEventWriter(queueARN: arn, region: configuration.region, senderID: configuration.senderID)
        hub = store.shared("queue \(name)") { QueueHub() }
        bell = QueueBell(clock: clock, hub: hub)
        // Queues of one system have one seed: their names tell their ids and receipts apart.
        let seed = SplitMix64.mix(system.seed ^ UInt64(truncatingIfNeeded: MD5.hash(arn)))
        let now = system.clock.wallTime
        try await store.welcome(QueueTables.self)
        number = try await store.change(QueueTables.self) { try $0.open(name, seed: seed, now: now) }
    }

    /// How long a received message is invisible unless something else is said.
    public var visibilityTimeout: Duration { configuration.visibilityTimeout }

    // MARK: - Sending

    /// Sends a message; it is safe when this returns.
    ///
    /// - Parameters:
    ///   - body: What it holds: one character at least, and no control characters but tab and ends of lines.
    ///   - delay: How long it is invisible at first, up to 15 minutes; nil for the queue's delay. Not for FIFO.
    ///   - attributes: What is sent along, up to 10.
    ///   - groupID: Messages of one group come in order; FIFO only, where it is required.
    ///   - deduplicationID: What a second one with the same is told by, for five minutes; FIFO only.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`, or `full` if there is no room;
    ///   ``/FunctionHost/StoreError``, after which it has not been sent.
    /// - Source: SQS API Reference, *SendMessage*.
    @discardableResult
    public func send(
        _ body: String, delay: Duration? = nil, attributes: [String: MessageAttribute] = [:], groupID: String? = nil,
        deduplicationID: String? = nil
    ) async throws -> SentMessage {
        try await send(
            MessageEntry(
                body: body, delay: delay, attributes: attributes, groupID: groupID, deduplicationID: deduplicationID))
    }

    /// Sends a message; it is safe when this returns.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument`, or `full` if there is no room;
    ///   ``/FunctionHost/StoreError``.
    @discardableResult
    public func send(_ entry: MessageEntry) async throws -> SentMessage {
        try await send(handed: [try handed(entry)])[0].get()
    }

    /// Sends messages in order, each for itself: some may be refused and others not.
    ///
    /// - Parameter entries: 1 to 10.
    /// - Returns: For each what came of it: `invalidArgument`, or `full` if there was no room for it.
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument` if there are none, too many, or too many bytes in all;
    ///   ``/FunctionHost/StoreError``, after which none has been sent.
    /// - Source: SQS API Reference, *SendMessageBatch*.
    @discardableResult
    public func send(_ entries: [MessageEntry]) async throws -> [Result<SentMessage, SourceError>] {
        try checks.check(batch: entries)
        let handed = entries.map { entry in Result { () throws(SourceError) in try self.handed(entry) } }
        var sent = try await send(handed: handed.compactMap { try? $0.get() }).makeIterator()
        return handed.map { handed in handed.flatMap { _ in sent.next()! } }
    }

    private func handed(_ entry: MessageEntry) throws(SourceError) -> QueueTables.Handed {
        let size = try checks.size(of: entry)
        return QueueTables.Handed(
            entry: entry, key: checks.deduplicationID(of: entry), size: size,
            delay: entry.delay ?? configuration.delay)
    }

    private func send(handed: [QueueTables.Handed]) async throws -> [Result<SentMessage, SourceError>] {
        guard !handed.isEmpty else { return [] }
        let bytes = handed.reduce(0) { $0 + $1.size + 128 }
        return try await act(bytes: bytes) { tables, row, rules, now in
            tables.isTight(for: handed, row, rules)
        } do: { tables, row, rules, now in
            try handed.map { message in
                do {
                    return .success(try tables.send(message, &row, rules, now))
                } catch let error as SourceError {
                    return .failure(error)
                }
            }
        }
    }

    // MARK: - Receiving

    /// Receives messages that are visible, no more than `limit`, and makes them invisible for so long; no more than 1,000 at a
    /// time, and fewer where they have many bytes.
    ///
    /// Those that were received too often go to the dead-letter queue instead, with their ids and attributes; there they count
    /// from the beginning. In a FIFO queue, none of a group is received while another of it is invisible.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument` for a time below zero or above 12 hours;
    ///   ``/FunctionHost/StoreError``.
    /// - Complexity: O(log *n*) for each of *n* messages that is received.
    /// - Source: SQS API Reference, *ReceiveMessage*.
    public func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        try MessageRules.check(visibility: visibility)
        var messages: [QueueMessage] = []
        while true {
            let rest = limit - messages.count
            let taken = try await act { _, _, _, _ in
                true
            } do: { tables, row, rules, now in
                try tables.receive(.init(limit: rest, visibility: visibility, now: now), &row, rules)
            }
            messages += taken.messages
            // Where dead ones have gone others may come; where none has gone nothing more can.
            guard taken.hasMoved else { return messages }
            configuration.redrive?.deadLetterQueue.hub.tell()
        }
    }

    /// Deletes messages; false for each receipt whose message is gone or was received again.
    ///
    /// One that has become visible and that nobody has received since is deleted. SQS refuses that for FIFO queues.
    ///
    /// - Throws: ``/FunctionHost/StoreError``, after which none has been deleted.
    /// - Source: SQS API Reference, *DeleteMessageBatch*.
    public func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        try await act { tables, row, rules, now in try tables.delete(receipts, &row, rules, now) }
    }

    /// Makes messages visible after so long from now, zero for at once; false for each receipt whose message is gone, was
    /// received again, or has become visible.
    ///
    /// - Throws: ``/FunctionHostTriggers/SourceError`` as `invalidArgument` for a time below zero or above 12 hours;
    ///   ``/FunctionHost/StoreError``.
    /// - Source: SQS API Reference, *ChangeMessageVisibilityBatch*.
    public func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        try MessageRules.check(visibility: duration)
        return try await act { tables, row, rules, now in
            try tables.changeVisibility(of: receipts, to: now.advanced(by: duration), &row, rules, now)
        }
    }

    /// How much there is.
    ///
    /// - Complexity: O(*k*) for *k* messages that are delayed or invisible, and groups.
    public var figures: Figures {
        get async throws {
            try await act { _, _, _, _ in
                true
            } do: { tables, row, rules, now in
                try tables.figures(row, rules, now)
            }
        }
    }

    // MARK: - The transaction

    typealias Work<Answer> = @Sendable (QueueTables, inout QueueRow, QueueRules, Timestamp) throws -> Answer

    /// Removes some of what is too old, and then does something, in one transaction.
    ///
    /// - Parameters:
    ///   - bytes: How much of the mailbox it takes.
    ///   - mustBeSwept: Whether everything that is too old must have been removed before. Then that is done first, in as many
    ///     transactions as it takes, so that nobody else waits for all of it.
    private func act<Answer: Sendable>(
        bytes: Int = 0,
        when mustBeSwept: @escaping @Sendable (QueueTables, QueueRow, QueueRules, Timestamp) -> Bool = { _, _, _, _ in
            false
        },
        do work: @escaping Work<Answer>
    ) async throws -> Answer {
        let (now, rules, number) = (clock.wallTime, rules, number)
        while true {
            let (answer, hasNews, nextDue) = try await store.change(QueueTables.self, bytes: bytes) { tables in
                var row = try tables.row(number)
                let before = row
                let isMore = try tables.sweep(&row, rules.retention, now)
                var answer: Answer?
                if !(isMore && mustBeSwept(tables, row, rules, now)) { answer = try work(tables, &row, rules, now) }
                if row.isChanged(from: before) { try tables.write(row) }
                return (answer, row.hasNews, row.nextDue)
            }
            if let nextDue { bell.ring(at: nextDue) }
            if hasNews { hub.tell() }
            if let answer { return answer }
        }
    }

    // MARK: - Waiting

    /// How often to look for what other processes have sent: as often as the store does for events.
    public var pollInterval: Duration? { store.traits.pollInterval }

    /// Has `changed` called whenever messages have come from this process or have become visible again.
    public func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        hub.subscribers.add(.all, changed)
    }

    /// The event of a batch as SQS and Lambda write it.
    ///
    /// - Source: Lambda Developer Guide, *Using Lambda with Amazon SQS*, the example events.
    public func event(of messages: [QueueMessage]) -> [UInt8] { writer.event(of: messages) }
}

extension SQLiteQueue.RedrivePolicy {
    fileprivate func rules(from arn: String) -> QueueRules.Redrive {
        QueueRules.Redrive(
            maximumReceiveCount: Int64(maximumReceiveCount), target: deadLetterQueue.number,
            retention: deadLetterQueue.rules.retention, messageLimit: deadLetterQueue.rules.messageLimit,
            byteLimit: deadLetterQueue.rules.byteLimit, sourceARN: arn)
    }
}

extension QueueRules {
    fileprivate init(_ configuration: SQLiteQueue.Configuration, isFIFO: Bool, arn: String) {
        self.init(
            isFIFO: isFIFO, retention: configuration.retention, messageLimit: Int64(configuration.messageLimit),
            byteLimit: Int64(configuration.byteLimit), deduplicationLimit: Int64(configuration.deduplicationLimit),
            redrive: configuration.redrive?.rules(from: arn))
    }
}
