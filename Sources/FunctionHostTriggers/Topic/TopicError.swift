// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a topic could not do.
///
/// - Source: Amazon SNS API Reference, the errors of each action.
public struct TopicError: Error, Hashable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name, as SNS has it.
        public let description: String

        /// What was given cannot be.
        public static let invalidParameter = Self(description: "InvalidParameter")
        /// There is no such subscription.
        public static let notFound = Self(description: "NotFound")
        /// There are as many subscriptions as there may be.
        public static let subscriptionLimitExceeded = Self(description: "SubscriptionLimitExceeded")
        /// A batch has more than 10 messages.
        public static let tooManyEntriesInBatchRequest = Self(description: "TooManyEntriesInBatchRequest")
        /// A batch has no messages.
        public static let emptyBatchRequest = Self(description: "EmptyBatchRequest")
        /// Two messages of a batch have the same id.
        public static let batchEntryIDsNotDistinct = Self(description: "BatchEntryIdsNotDistinct")
        /// An id in a batch is none.
        public static let invalidBatchEntryID = Self(description: "InvalidBatchEntryId")
        /// The messages of a batch are too large together.
        public static let batchRequestTooLong = Self(description: "BatchRequestTooLong")
        /// The host's queue has no room; try again later. Some subscribers may have the message already.
        public static let throttled = Self(description: "Throttled")
        /// The host's queue failed, or the host is shutting down. Some subscribers may have the message already.
        public static let internalError = Self(description: "InternalError")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// What is wrong.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}
