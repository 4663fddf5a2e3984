// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension Topic {
    /// The limits of a topic, and where it says it is.
    public struct Configuration: Sendable {
        /// How many bytes a message may have, as ``TopicMessage/size`` counts them, and those of a batch together.
        ///
        /// Defaults to 256 KiB. At least 1.
        public var messageSizeLimit = 256 << 10

        /// How many subscriptions it may have.
        ///
        /// Defaults to 10,000. At least 1.
        public var subscriptionLimit = 10_000

        /// Whether the SHA-256 of its body stands for a message's deduplication id where none is given; FIFO only.
        ///
        /// Defaults to false.
        public var deduplicatesByContent = false

        /// The region that names tell. Defaults to `local`.
        public var region = FunctionARN.defaultRegion

        /// The account that names tell. Defaults to twelve zeros.
        public var account = FunctionARN.defaultAccount

        /// The defaults.
        public init() {}
    }
}
