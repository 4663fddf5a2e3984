// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Writes events as SQS and Lambda do, in one pass into memory that is reckoned before.
package struct SQSEventWriter: Sendable {
    private let senderID: [UInt8]
    /// What stands behind a message's digests, the same in all of a queue.
    private let tail: [UInt8]

    package init(queueARN: String, region: String, senderID: String) {
        self.senderID = Array(JSONText.quoted(senderID).utf8)
        tail = Array(
            (#"","eventSource":"aws:sqs","eventSourceARN":"# + JSONText.quoted(queueARN) + #","awsRegion":"#
                + JSONText.quoted(region) + "}").utf8)
    }

    package func event(of messages: [QueueMessage]) -> [UInt8] {
        let capacity = messages.reduce(16) { $0 + size(of: $1) }
        return ByteCursor.write(atMost: capacity) { cursor in
            cursor.put(#"{"Records":["#)
            for index in messages.indices {
                if index > 0 { cursor.put(UInt8(ascii: ",")) }
                write(messages[index], to: &cursor)
            }
            cursor.put("]}")
        }
    }

    /// No less than a message takes.
    private func size(of message: borrowing QueueMessage) -> Int {
        var size = 700 + senderID.count + tail.count
        for text in [message.id, message.receipt.description, message.body] { size += ByteCursor.jsonSize(of: text) }
        for text in [message.groupID, message.deduplicationID, message.deadLetterSourceARN] {
            if let text { size += ByteCursor.jsonSize(of: text) }
        }
        for (name, attribute) in message.attributes {
            size += 100 + ByteCursor.jsonSize(of: name)
            switch attribute {
            case .string(let text), .number(let text): size += ByteCursor.jsonSize(of: text)
            case .binary(let bytes): size += Base64.size(of: bytes.count)
            }
        }
        return size
    }

    private func write(_ message: borrowing QueueMessage, to cursor: inout ByteCursor) {
        cursor.put(#"{"messageId":""#)
        cursor.putJSON(message.id)
        cursor.put(#"","receiptHandle":""#)
        cursor.putJSON(message.receipt.description)
        cursor.put(#"","body":""#)
        cursor.putJSON(message.body)
        cursor.put(#"","attributes":{"#)
        writeSystemAttributes(message, to: &cursor)
        cursor.put(#"},"messageAttributes":{"#)
        writeAttributes(message.attributes, to: &cursor)
        cursor.put(#"},"md5OfBody":""#)
        cursor.putHex(MD5.hash(message.body))
        if !message.attributes.isEmpty {
            cursor.put(#"","md5OfMessageAttributes":""#)
            cursor.putHex(MessageAttribute.digest(of: message.attributes))
        }
        cursor.put(tail)
    }

    private func writeSystemAttributes(_ message: borrowing QueueMessage, to cursor: inout ByteCursor) {
        cursor.put(#""ApproximateReceiveCount":""#)
        cursor.putDecimal(UInt64(message.receiveCount.magnitude))
        cursor.put(#"","SentTimestamp":""#)
        cursor.putMilliseconds(message.sentAt)
        if let number = message.sequenceNumber {
            cursor.put(#"","SequenceNumber":""#)
            var digits = SequenceDigits()
            _ = digits.write(number, to: &cursor)
        }
        if let group = message.groupID {
            cursor.put(#"","MessageGroupId":""#)
            cursor.putJSON(group)
        }
        cursor.put(#"","SenderId":"#)
        cursor.put(senderID)
        if let key = message.deduplicationID {
            cursor.put(#","MessageDeduplicationId":""#)
            cursor.putJSON(key)
            cursor.put("\"")
        }
        cursor.put(#","ApproximateFirstReceiveTimestamp":""#)
        cursor.putMilliseconds(message.firstReceivedAt)
        if let source = message.deadLetterSourceARN {
            cursor.put(#"","DeadLetterQueueSourceArn":""#)
            cursor.putJSON(source)
        }
        cursor.put("\"")
    }

    private func writeAttributes(_ attributes: [String: MessageAttribute], to cursor: inout ByteCursor) {
        guard !attributes.isEmpty else { return }
        for (index, (name, attribute)) in attributes.sortedByName.enumerated() {
            cursor.put(index == 0 ? "\"" : ",\"")
            cursor.putJSON(name)
            switch attribute {
            case .string(let text), .number(let text):
                cursor.put(#"":{"stringValue":""#)
                cursor.putJSON(text)
            case .binary(let bytes):
                cursor.put(#"":{"binaryValue":""#)
                cursor.putBase64(bytes)
            }
            cursor.put(#"","stringListValues":[],"binaryListValues":[],"dataType":""#)
            cursor.putJSON(attribute.dataType)
            cursor.put(#""}"#)
        }
    }
}

extension ByteCursor {
    /// Writes a time in whole milliseconds since 1970; no more than 20 bytes.
    fileprivate mutating func putMilliseconds(_ time: Timestamp) {
        let milliseconds = time.nanoseconds / 1_000_000
        if milliseconds < 0 { put(UInt8(ascii: "-")) }
        putDecimal(milliseconds.magnitude)
    }

    /// Writes 32 digits to the base of 16.
    fileprivate mutating func putHex(_ digest: UInt128) {
        let place = take(32)
        for index in 0..<32 {
            let value = UInt8(truncatingIfNeeded: digest >> UInt128(124 - 4 * index)) & 15
            (place + index).initialize(to: value < 10 ? 0x30 + value : 0x57 + value)
        }
    }
}
