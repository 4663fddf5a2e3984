// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A notification as a function is given it by a topic; it has one record.
///
/// - Source: AWS Lambda Developer Guide, *Invoking Lambda functions with Amazon SNS notifications*.
public struct TopicEvent: Decodable, Sendable {
    /// One notification.
    public struct Record: Decodable, Sendable {
        /// The subscription's resource name.
        public let subscriptionARN: String
        /// What was published.
        public let notification: Notification

        private enum CodingKeys: String, CodingKey {
            case subscriptionARN = "EventSubscriptionArn"
            case notification = "Sns"
        }
    }

    /// What was published.
    public struct Notification: Decodable, Sendable {
        /// Its id.
        public let messageID: String
        /// The topic's resource name.
        public let topicARN: String
        /// Its subject; nil if it has none.
        public let subject: String?
        /// What it says.
        public let message: String
        /// When it was published: `2026-11-14T12:00:00.000Z`.
        public let timestamp: String
        /// What was sent along.
        public let attributes: [String: Attribute]?

        private enum CodingKeys: String, CodingKey {
            case messageID = "MessageId"
            case topicARN = "TopicArn"
            case subject = "Subject"
            case message = "Message"
            case timestamp = "Timestamp"
            case attributes = "MessageAttributes"
        }
    }

    /// Something that was sent along.
    public struct Attribute: Decodable, Sendable, Hashable {
        /// `String`, `Number`, `Binary` or `String.Array`.
        public let type: String
        /// As text; bytes in base 64.
        public let value: String

        private enum CodingKeys: String, CodingKey {
            case type = "Type"
            case value = "Value"
        }
    }

    /// The notification; one.
    public let records: [Record]

    private enum CodingKeys: String, CodingKey { case records = "Records" }
}
