// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct KinesisEventTests {
    private func stream() throws -> InMemoryStream {
        var configuration = InMemoryStream.Configuration()
        configuration.region = "eu-west-1"
        configuration.account = "111122223333"
        return try InMemoryStream("clicks", configuration: configuration)
    }

    private func event(_ records: [StreamRecord]) throws -> String {
        String(decoding: try stream().event(of: records, shard: StreamBench.shard(0)), as: UTF8.self)
    }

    private func record(
        _ number: String = "1", key: String = "p1", at milliseconds: Int64 = 0, _ data: [UInt8] = []
    ) throws -> StreamRecord {
        StreamRecord(
            sequenceNumber: try #require(SequenceNumber(number)), partitionKey: key,
            arrivedAt: Timestamp(nanoseconds: milliseconds * 1_000_000), data: data)
    }

    @Test("An event of one record is written as Lambda writes it")
    func example() throws {
        let record = try record(
            "49650000000000000000000000000000000000000000000000000002", at: 1_746_857_730_123, Array(#"{"id":7}"#.utf8))
        #expect(
            try event([record]) == #"""
                {"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p1","sequenceNumber":"49650000000000000000000000000000000000000000000000000002","data":"eyJpZCI6N30=","approximateArrivalTimestamp":1746857730.123},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000000:49650000000000000000000000000000000000000000000000000002","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::111122223333:role/local","awsRegion":"eu-west-1","eventSourceARN":"arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"}]}
                """#)
    }

    @Test("An event of no records has none, and several are parted by commas")
    func several() throws {
        #expect(try event([]) == #"{"Records":[]}"#)
        let one = try event([record()]).dropFirst(12).dropLast(2)
        #expect(try event([record(), record(), record()]) == #"{"Records":[\#(one),\#(one),\#(one)]}"#)
    }

    @Test(
        "Sequence numbers of a batch are written in full, near each other and far apart, up and down",
        arguments: [
            ["0", "1", "9", "10", "9999999999999999999", "10000000000000000000", "10000000000000000001"],
            [
                "340282366920938463463374607431768211455", "340282366920938463463374607431768211456",
                "6277101735386680763835789423207666416102355444464034512895", "5",
            ],
            [
                "49650000000000000000000000000000000009999999999999999999",
                "49650000000000000000000000000000000010000000000000000000",
                "49650000000000000000000000000000000019999999999999999999",
                "49650000000000000000000000000000000019999999999999999998",
            ],
        ])
    func sequenceNumbers(numbers: [String]) throws {
        let text = try event(numbers.map { try record($0) })
        let written = text.split(separator: #""sequenceNumber":""#).dropFirst().compactMap {
            $0.split(separator: "\"").first.map(String.init)
        }
        #expect(written == numbers)
        let ids = text.split(separator: #""eventID":"shardId-000000000000:"#).dropFirst().compactMap {
            $0.split(separator: "\"").first.map(String.init)
        }
        #expect(ids == numbers)
    }

    @Test(
        "Data is written in base64, RFC 4648, 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) throws {
        #expect(try event([record("1", Array(text.utf8))]).contains(#""data":"\#(encoded)","#))
    }

    @Test("Each byte has its place in base64")
    func allBytes() throws {
        let text = try event([record("1", [0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF, 0x00, 0x10, 0x83])])
        #expect(text.contains(#""data":"++++////ABCD","#))
    }

    @Test(
        "A partition key is written as JSON has it",
        arguments: [
            ("\"", #"\""#), ("\\", #"\\"#), ("\n\r\t", #"\n\r\t"#), ("\u{0}\u{1f}\u{8}", #"\u0000\u001f\u0008"#),
            ("Zoë/😀", "Zoë/😀"), (String(repeating: "\u{1}", count: 256), String(repeating: #"\u0001"#, count: 256)),
        ])
    func keys(key: String, written: String) throws {
        #expect(try event([record(key: key)]).contains(#""partitionKey":"\#(written)","#))
    }

    @Test(
        "A time of arrival is written in seconds, always with milliseconds",
        arguments: [
            (0, "0.000"), (1, "0.001"), (1_607_497_475_000, "1607497475.000"), (1_545_084_650_987, "1545084650.987"),
            (-1, "-0.001"), (-1_500, "-1.500"), (9_223_372_036_854, "9223372036.854"),
        ] as [(Int64, String)])
    func times(milliseconds: Int64, written: String) throws {
        #expect(
            try event([record(at: milliseconds)]).contains(#""approximateArrivalTimestamp":\#(written)}"#))
    }

    @Test("An event is JSON, whatever names are in it")
    func isJSON() throws {
        var configuration = InMemoryStream.Configuration()
        configuration.region = "\"\\"
        configuration.invokeIdentityARN = "\n\""
        let stream = try InMemoryStream("clicks", configuration: configuration)
        let bytes = stream.event(of: [try record(key: "\"")], shard: ShardID("\"\n"))
        #expect(JSONText.isValid(bytes, maximumDepth: 10))
    }

    @Test("There is room for the longest there can be", arguments: [1, 2, 1_000])
    func longest(count: Int) throws {
        let record = StreamRecord(
            sequenceNumber: SequenceNumber(high: .max, low: .max), partitionKey: String(repeating: "\u{1}", count: 256),
            arrivedAt: Timestamp(nanoseconds: .min), data: [1])
        let bytes = try stream().event(of: Array(repeating: record, count: count), shard: ShardID(""))
        #expect(JSONText.isValid(bytes, maximumDepth: 10))
    }

    @Test("Any records make JSON, and the same as if each were alone", arguments: 0..<50)
    func anyRecords(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scalars: [Unicode.Scalar] = ["\0", "\u{1f}", "\"", "\\", "\n", "a", "é", "😀", "\u{7f}", "\u{2028}"]
        let records = (0..<20).map { _ in
            var key = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                key.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
            }
            let bits = UInt64.random(in: 0...63, using: &random)
            return StreamRecord(
                sequenceNumber: SequenceNumber(high: random.next() >> bits, low: UInt128(random.next()) << 32),
                partitionKey: String(key), arrivedAt: Timestamp(nanoseconds: Int64(bitPattern: random.next())),
                data: (0..<Int.random(in: 0..<50, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            )
        }
        let all = try event(records)
        #expect(JSONText.isValid(Array(all.utf8), maximumDepth: 10), "seed \(seed)")
        let single = try records.map { try event([$0]).dropFirst(12).dropLast(2) }
        #expect(all == #"{"Records":["# + single.joined(separator: ",") + "]}", "seed \(seed)")
    }
}
