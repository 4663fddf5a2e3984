// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct SQSEventTests {
    private func event(_ messages: [QueueMessage], _ name: String = "jobs") throws -> String {
        var configuration = InMemoryQueue.Configuration()
        configuration.region = "eu-west-1"
        configuration.account = "111122223333"
        return String(
            decoding: try InMemoryQueue(name, configuration: configuration).event(of: messages), as: UTF8.self)
    }

    private func message(
        _ body: String = "a", attributes: [String: MessageAttribute] = [:], groupID: String? = nil,
        deduplicationID: String? = nil, number: String? = nil, from source: String? = nil
    ) -> QueueMessage {
        QueueMessage(
            id: "m-1", receipt: Receipt("rh-1"), body: body, receiveCount: 1,
            sentAt: Timestamp(nanoseconds: 1_746_857_730_123_999_999),
            firstReceivedAt: Timestamp(nanoseconds: 1_746_857_730_200_000_000), attributes: attributes,
            groupID: groupID, deduplicationID: deduplicationID, sequenceNumber: number.flatMap { SequenceNumber($0) },
            deadLetterSourceARN: source)
    }

    @Test("An event of one message is written as Lambda writes it")
    func example() throws {
        #expect(
            try event([message(#"{"id":7}"#, attributes: ["kind": .string("new")])]) == #"""
                {"Records":[{"messageId":"m-1","receiptHandle":"rh-1","body":"{\"id\":7}","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1746857730123","SenderId":"local","ApproximateFirstReceiveTimestamp":"1746857730200"},"messageAttributes":{"kind":{"stringValue":"new","stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfBody":"f909686c4adf64f7a8c468b29e6e66aa","md5OfMessageAttributes":"6c03da4e31553b96eb78c9e6a0d1a929","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:111122223333:jobs","awsRegion":"eu-west-1"}]}
                """#)
    }

    @Test("An event of a FIFO queue tells number, group and deduplication id, and where a dead letter is from")
    func fifo() throws {
        let message = message(
            groupID: "g\"1", deduplicationID: "d", number: "18849496460467696128", from: "arn:aws:sqs:x:1:y")
        #expect(
            try event([message], "jobs.fifo") == #"""
                {"Records":[{"messageId":"m-1","receiptHandle":"rh-1","body":"a","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1746857730123","SequenceNumber":"18849496460467696128","MessageGroupId":"g\"1","SenderId":"local","MessageDeduplicationId":"d","ApproximateFirstReceiveTimestamp":"1746857730200","DeadLetterQueueSourceArn":"arn:aws:sqs:x:1:y"},"messageAttributes":{},"md5OfBody":"0cc175b9c0f1b6a831c399e269772661","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:111122223333:jobs.fifo","awsRegion":"eu-west-1"}]}
                """#)
    }

    @Test("An event of no messages has none, and several are parted by commas")
    func several() throws {
        #expect(try event([]) == #"{"Records":[]}"#)
        let one = try event([message()]).dropFirst(12).dropLast(2)
        #expect(try event([message(), message()]) == #"{"Records":[\#(one),\#(one)]}"#)
    }

    @Test("Attributes are written by name, each as its type has it, and digested as SQS does")
    func attributes() throws {
        let text = try event([
            message(attributes: ["n": .number("7"), "kind": .string("new"), "b": .binary([0x00, 0xFF])])
        ])
        #expect(
            text.contains(
                #""messageAttributes":{"b":{"binaryValue":"AP8=","stringListValues":[],"binaryListValues":[],"dataType":"Binary"},"kind":{"stringValue":"new","stringListValues":[],"binaryListValues":[],"dataType":"String"},"n":{"stringValue":"7","stringListValues":[],"binaryListValues":[],"dataType":"Number"}},"md5OfBody""#
            ))
        #expect(text.contains(#""md5OfMessageAttributes":"8b6a5b57f5964b3481b8a0a7a0d70795""#))
        // What the service itself has answered, as emulators of it record.
        #expect(
            try event([message(attributes: ["timestamp": .number("1493147359900")])])
                .contains(#""md5OfMessageAttributes":"235c5c510d26fb653d073faed50ae77c""#))
    }

    @Test("What was received is told as it was sent, and is JSON", arguments: ["\"\\\n\r\t", "😀 é", "x"])
    func roundTrip(body: String) async throws {
        let bench = try QueueBench("jobs.fifo") { $0.senderID = "\"me\"" }
        try bench.queue.send(
            body, attributes: ["a": .string(body), "b": .binary(Array(body.utf8))], groupID: "\"", deduplicationID: "\\"
        )
        let messages = try await bench.receive()
        let bytes = bench.queue.event(of: messages)
        #expect(JSONText.isValid(bytes, maximumDepth: 10))
        #expect(String(decoding: bytes, as: UTF8.self).contains(MD5.hash(body).hexDigits))
    }

    @Test("There is room for the longest there can be", arguments: [1, 10])
    func longest(count: Int) throws {
        let long = String(repeating: "\u{1}", count: 128)
        let attributes = Dictionary(
            uniqueKeysWithValues: (0..<10).map { ("\($0)" + long, MessageAttribute.string(long)) })
        let message = QueueMessage(
            id: long, receipt: Receipt(long), body: long, receiveCount: .min, sentAt: Timestamp(nanoseconds: .min),
            firstReceivedAt: Timestamp(nanoseconds: .min), attributes: attributes, groupID: long,
            deduplicationID: long, sequenceNumber: SequenceNumber(high: .max, low: .max), deadLetterSourceARN: long)
        let text = try event(Array(repeating: message, count: count))
        #expect(JSONText.isValid(Array(text.utf8), maximumDepth: 10))
    }
}
