// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
public import FunctionHostTriggers

extension SQLiteQueue {
    /// How much there is in a queue.
    public typealias Figures = InMemoryQueue.Figures

    /// How a queue treats its messages, and how many it keeps. It is not kept in the file: whoever opens a queue says it.
    public struct Configuration: Sendable {
        /// How long a received message is invisible unless something else is said.
        ///
        /// Defaults to 30 seconds. From zero to 12 hours.
        public var visibilityTimeout: Duration = .seconds(30)

        /// How long a new message is invisible unless something else is said.
        ///
        /// Defaults to zero. Up to 15 minutes.
        public var delay: Duration = .zero

        /// How long a message is kept that nobody deletes, from when it was sent.
        ///
        /// Defaults to 4 days. From 60 seconds to 14 days.
        public var retention: Duration = .seconds(4 * 86_400)

        /// How many bytes one message may have, body and attributes together; a batch may have as many in all.
        ///
        /// Defaults to 1 MiB. At least 1.
        public var messageSizeLimit = 1 << 20

        /// How many messages are kept at most.
        ///
        /// Defaults to 1,000,000. From 1 to 1,000,000,000.
        public var messageLimit = 1_000_000

        /// How many bytes are kept at most: bodies and attributes of all messages.
        ///
        /// Defaults to 256 MiB. At least 1.
        public var byteLimit = 256 << 20

        /// Whether the SHA-256 of its body stands for a message's deduplication id where none is given; FIFO only.
        ///
        /// Defaults to false.
        public var deduplicatesByContent = false

        /// How many deduplication ids are remembered, each for five minutes: no more can be sent meanwhile.
        ///
        /// Defaults to 1,000,000. At least 1.
        public var deduplicationLimit = 1_000_000

        /// Where messages go that are received too often. Defaults to nil: nowhere, they are received again and again.
        public var redrive: RedrivePolicy?

        /// Who sends, as events tell it. Defaults to `local`.
        public var senderID = "local"

        /// The region that events and names tell. Defaults to `local`.
        public var region = FunctionARN.defaultRegion

        /// The account that names tell. Defaults to twelve zeros.
        public var account = FunctionARN.defaultAccount

        /// The defaults.
        public init() {}
    }

    /// Where messages go that are received too often.
    public struct RedrivePolicy: Sendable {
        /// Takes them in; in the same store, and FIFO exactly if the queue is. A message goes there in one transaction.
        ///
        /// If it is full, a message stays where it is and is invisible for a while, as if it had been received.
        public var deadLetterQueue: SQLiteQueue
        /// How often a message may be received: 1 to 1,000.
        public var maximumReceiveCount: Int

        /// Makes a policy.
        public init(deadLetterQueue: SQLiteQueue, maximumReceiveCount: Int) {
            self.deadLetterQueue = deadLetterQueue
            self.maximumReceiveCount = maximumReceiveCount
        }
    }
}

extension SQLiteQueue.Configuration {
    /// The same for a queue in memory, whose rules it has, but where dead letters go.
    var plain: InMemoryQueue.Configuration {
        var plain = InMemoryQueue.Configuration()
        plain.visibilityTimeout = visibilityTimeout
        plain.delay = delay
        plain.retention = retention
        plain.messageSizeLimit = messageSizeLimit
        plain.messageLimit = messageLimit
        plain.byteLimit = byteLimit
        plain.deduplicatesByContent = deduplicatesByContent
        plain.deduplicationLimit = deduplicationLimit
        plain.senderID = senderID
        plain.region = region
        plain.account = account
        return plain
    }
}

extension SQLiteQueue.RedrivePolicy {
    /// Sees whether messages of a queue may go there.
    func check(_ name: String, isFIFO: Bool, path: String, isSameStore: Bool) throws(SourceError) {
        guard (1...1_000).contains(maximumReceiveCount) else {
            throw SourceError(
                .invalidArgument, reason: "a message may be received \(maximumReceiveCount) times: 1 to 1,000")
        }
        guard deadLetterQueue.isFIFO == isFIFO else {
            throw SourceError(
                .invalidArgument, reason: "a FIFO queue's dead-letter queue is FIFO, and that of another is not")
        }
        guard isSameStore, deadLetterQueue.name != name else {
            throw SourceError(
                .invalidArgument,
                reason: "the dead-letter queue of \(name) must be another queue, opened in the same store of \(path)")
        }
    }
}
