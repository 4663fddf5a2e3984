// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension InMemoryQueue {
    /// How a queue treats its messages, and how many it keeps.
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
        /// Takes them in; FIFO exactly if the queue is.
        ///
        /// If it is full, a message stays where it is and is invisible for a while, as if it had been received.
        public var deadLetterQueue: InMemoryQueue
        /// How often a message may be received: 1 to 1,000.
        public var maximumReceiveCount: Int

        /// Makes a policy.
        public init(deadLetterQueue: InMemoryQueue, maximumReceiveCount: Int) {
            self.deadLetterQueue = deadLetterQueue
            self.maximumReceiveCount = maximumReceiveCount
        }
    }

    /// How much there is in a queue.
    public struct Figures: Sendable, Hashable {
        /// How many messages are visible, also those of a group that waits for an invisible one.
        public var visible: Int
        /// How many were received and are invisible.
        public var invisible: Int
        /// How many have not become visible for the first time.
        public var delayed: Int
        /// How many bytes all of them have: bodies and attributes.
        public var bytes: Int
        /// How long ago the oldest was sent; nil if there is none.
        public var ageOfOldest: Duration?
        /// How many were removed as they were too old, since the beginning.
        public var expired: Int

        package init(
            visible: Int, invisible: Int, delayed: Int, bytes: Int, ageOfOldest: Duration?, expired: Int
        ) {
            self.visible = visible
            self.invisible = invisible
            self.delayed = delayed
            self.bytes = bytes
            self.ageOfOldest = ageOfOldest
            self.expired = expired
        }
    }
}

extension InMemoryQueue.Configuration {
    package func check(isFIFO: Bool) throws(SourceError) {
        try check(visibilityTimeout, .zero ... .seconds(12 * 3_600), "the visibility timeout")
        try check(delay, .zero ... .seconds(900), "the delay")
        try check(retention, .seconds(60) ... .seconds(14 * 86_400), "the retention")
        guard messageSizeLimit >= 1, messageLimit >= 1, byteLimit >= 1, deduplicationLimit >= 1 else {
            throw SourceError(.invalidArgument, reason: "a limit is less than 1: nothing could ever be sent")
        }
        guard messageLimit <= 1_000_000_000 else {
            throw SourceError(
                .invalidArgument, reason: "\(messageLimit) messages are more than can be counted: 1,000,000,000")
        }
        guard isFIFO || !deduplicatesByContent else {
            throw SourceError(.invalidArgument, reason: "only FIFO queues, named ….fifo, deduplicate by content")
        }
        guard let redrive else { return }
        guard (1...1_000).contains(redrive.maximumReceiveCount) else {
            throw SourceError(
                .invalidArgument, reason: "a message may be received \(redrive.maximumReceiveCount) times: 1 to 1,000")
        }
        guard redrive.deadLetterQueue.isFIFO == isFIFO else {
            throw SourceError(
                .invalidArgument, reason: "a FIFO queue's dead-letter queue is FIFO, and that of another is not")
        }
    }

    /// The resource name of a queue, and whether it is FIFO.
    package func identity(of name: String) throws(SourceError) -> (arn: String, isFIFO: Bool) {
        let isFIFO = name.hasSuffix(".fifo")
        guard name.utf8.count <= 80, ResourceName.isValid(isFIFO ? String(name.dropLast(5)) : name, atMost: 80, "_-")
        else {
            throw SourceError(
                .invalidArgument,
                reason:
                    "“\(name)” is no name of a queue: 1 to 80 letters and digits of ASCII, '_' and '-', and perhaps "
                    + ".fifo")
        }
        return ("arn:aws:sqs:\(region):\(account):\(name)", isFIFO)
    }

    private func check(
        _ duration: Duration, _ range: ClosedRange<Duration>, _ what: String
    ) throws(SourceError) {
        guard !range.contains(duration) else { return }
        throw SourceError(
            .invalidArgument, reason: "\(what) is \(duration): from \(range.lowerBound) to \(range.upperBound)")
    }
}
