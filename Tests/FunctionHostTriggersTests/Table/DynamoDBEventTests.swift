// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// An event as the events of Lambda's runtime for Swift are decoded: what it requires, in the types that it requires.
struct DecodedTableEvent: Decodable {
    enum ViewType: String, Decodable {
        case newImage = "NEW_IMAGE", oldImage = "OLD_IMAGE", newAndOldImages = "NEW_AND_OLD_IMAGES", keysOnly =
            "KEYS_ONLY"
    }
    enum EventName: String, Decodable { case insert = "INSERT", modify = "MODIFY", remove = "REMOVE" }

    struct Identity: Decodable, Equatable {
        let type: String
        let principalId: String
    }

    struct Change: Decodable {
        let created: Double?
        let keys: [String: AttributeValue]
        let newImage: [String: AttributeValue]?
        let oldImage: [String: AttributeValue]?
        let sequenceNumber: String
        let sizeBytes: Int64
        let streamViewType: ViewType

        enum CodingKeys: String, CodingKey {
            case created = "ApproximateCreationDateTime", keys = "Keys", newImage = "NewImage", oldImage = "OldImage"
            case sequenceNumber = "SequenceNumber", sizeBytes = "SizeBytes", streamViewType = "StreamViewType"
        }
    }

    struct Record: Decodable {
        let eventID: String
        let eventName: EventName
        let eventVersion: String
        let eventSource: String
        let eventSourceArn: String
        let awsRegion: String
        let dynamodb: Change
        let userIdentity: Identity?

        enum CodingKeys: String, CodingKey {
            case eventID, eventName, eventVersion, eventSource, awsRegion, dynamodb, userIdentity
            case eventSourceArn = "eventSourceARN"
        }
    }

    let records: [Record]

    enum CodingKeys: String, CodingKey { case records = "Records" }
}

@Suite struct DynamoDBEventTests {
    private func event(_ bench: TableBench) async throws -> [UInt8] {
        let changes = try bench.table.changes
        let records = try await bench.records()
        return changes.event(of: records, shard: try await changes.shards()[0].id)
    }

    @Test("An event of one record is written field for field")
    func example() async throws {
        let bench = try TableBench {
            $0.region = "eu-west-1"
            $0.account = "111122223333"
        }
        try bench.table.put(["id": "c1", "total": 10])
        bench.clock.advance(by: .milliseconds(2_999))
        try bench.table.put(["id": "c1", "total": try .number("12.50"), "open": true, "tags": .stringSet(["b", "a"])])
        let records = try await bench.records()
        let text = String(decoding: try bench.table.changes.event(of: [records[1]], shard: ShardID("s")), as: UTF8.self)
        let id = try #require(text.split(separator: "\"")[5..<6].first)
        #expect(id.count == 32 && id.allSatisfy(\.isHexDigit))
        #expect(
            text.replacing(id, with: "ID")
                == #"{"Records":[{"eventID":"ID","eventVersion":"1.1","eventSource":"aws:dynamodb","#
                + #""awsRegion":"eu-west-1","eventSourceARN":"arn:aws:dynamodb:eu-west-1:111122223333:table/carts/stream/"#
                + #"2026-01-01T00:00:00.000","eventName":"MODIFY","dynamodb":{"Keys":{"id":{"S":"c1"}},"#
                + #""NewImage":{"id":{"S":"c1"},"open":{"BOOL":true},"tags":{"SS":["a","b"]},"total":{"N":"12.5"}},"#
                + #""OldImage":{"id":{"S":"c1"},"total":{"N":"10"}},"SizeBytes":38,"StreamViewType":"NEW_AND_OLD_IMAGES","#
                + #""ApproximateCreationDateTime":1767225602,"SequenceNumber":"1767225600000000000000000000000002"}}]}"#
        )
    }

    @Test("Events are decoded by who decodes those of Lambda", arguments: TableChangeView.allCases)
    func decoded(view: TableChangeView) async throws {
        let bench = try TableBench(changes: view) { $0.timeToLive = "end" }
        let past = AttributeValue.number(try TableNumber(HandMovedClock.start.nanoseconds / 1_000_000_000 - 1))
        try bench.table.put(["id": "\"\\\n\u{1}😀", "b": .binary([1]), "end": past])
        try bench.table.update(["id": "\"\\\n\u{1}😀"], [.set("m", to: ["x": [1, .null]])])
        try bench.table.removeExpired()
        let bytes = try await event(bench)
        let event = try JSONPayloadCoder().decode(DecodedTableEvent.self, from: bytes)
        #expect(event.records.map(\.eventName) == [.insert, .modify, .remove])
        #expect(event.records.map { $0.dynamodb.keys } == Array(repeating: ["id": "\"\\\n\u{1}😀"], count: 3))
        #expect(event.records.allSatisfy { $0.dynamodb.streamViewType.rawValue == view.rawValue })
        #expect(
            event.records.allSatisfy {
                $0.eventVersion == "1.1" && $0.eventSource == "aws:dynamodb" && $0.awsRegion == "local"
            })
        let arn = try bench.table.changes.arn
        #expect(event.records.allSatisfy { $0.eventSourceArn == arn })
        #expect(
            event.records.map { $0.dynamodb.newImage?["m"] != nil } == [false, view.rawValue.contains("NEW_"), false])
        #expect(
            event.records.map { $0.dynamodb.oldImage != nil } == [false]
                + Array(repeating: view.rawValue.contains("OLD_"), count: 2))
        #expect(
            event.records.map(\.userIdentity) == [
                nil, nil, .init(type: "Service", principalId: "dynamodb.amazonaws.com"),
            ])
        #expect(event.records.allSatisfy { $0.dynamodb.created == 1_767_225_600 && $0.dynamodb.sizeBytes > 0 })
        #expect(Set(event.records.map(\.eventID)).count == 3)
        struct Changes: Decodable {
            let records: [TableChange]
            enum CodingKeys: String, CodingKey { case records = "Records" }
        }
        #expect(try await JSONPayloadCoder().decode(Changes.self, from: bytes).records == bench.changes())
    }

    @Test("Any records make JSON, those that are of no table too")
    func foreign() async throws {
        let bench = try TableBench { $0.region = "\"\\" }
        let changes = try bench.table.changes
        for data in ["", "{", "{}", "}}", "x", #"{"a":1}}"#, "{\"eventName\":"] {
            let record = StreamRecord(
                sequenceNumber: SequenceNumber(high: .max, low: .max), partitionKey: "", arrivedAt: .distantFuture,
                data: Array(data.utf8))
            let bytes = changes.event(of: [record, record], shard: ShardID(""))
            #expect(JSONText.isValid(bytes, maximumDepth: 10), "\(data)")
        }
        #expect(changes.event(of: [], shard: ShardID("")) == Array(#"{"Records":[]}"#.utf8))
    }
}
