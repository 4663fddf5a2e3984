// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct StreamPuttingTests {
    @Test(
        "A record goes to the shard that has the MD5 of its key",
        arguments: [("a", 0), ("abc", 2), ("message digest", 3), ("abcdefghijklmnopqrstuvwxyz", 3)])
    func placing(key: String, shard: Int) throws {
        // RFC 1321: 0c…, 90…, f9…, c3…; four shards have 00–3f, 40–7f, 80–bf and c0–ff.
        #expect(try StreamBench(shards: 4).put("x", key: key).shard == StreamBench.shard(shard))
    }

    @Test(
        "A hash key that is given goes before the partition key's, and shards have equal shares of them",
        arguments: [(0, -1, 3), (0, 0, 0), (1, -1, 0), (1, 0, 1), (2, -1, 1), (2, 0, 2), (3, 0, 3)])
    func explicitHashKey(quarter: UInt128, step: Int, shard: Int) throws {
        let bench = try StreamBench(shards: 4)
        let key = (quarter << 126) &+ UInt128(truncatingIfNeeded: step)
        #expect(try bench.put("x", key: "abc", hashKey: key).shard == StreamBench.shard(shard))
    }

    @Test("Shards have all hash keys between them, however many there are", arguments: [1, 2, 3, 7, 500])
    func ranges(count: Int) async throws {
        let bench = try StreamBench(shards: count)
        let ranges = try await bench.stream.shards().compactMap { bench.stream.hashKeys(of: $0.id) }
        #expect(ranges.count == count)
        #expect(ranges.first?.lowerBound == 0)
        #expect(ranges.last?.upperBound == .max)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound + 1 == $1.lowerBound })
    }

    @Test("Sequence numbers have 56 digits and rise, and those of a stream that is made later are higher")
    func sequenceNumbers() throws {
        let bench = try StreamBench()
        let numbers = try (0..<300).map { _ in try bench.put("x").sequenceNumber }
        #expect(numbers.allSatisfy { $0.description.count == 56 })
        #expect(numbers == numbers.sorted() && Set(numbers).count == 300)
        #expect(numbers[0].description == "49651767225600000000000000000000000000000000000000000001")
        bench.clock.advance(by: .microseconds(1))
        let later = try InMemoryStream("clicks", system: bench.clock.system())
        #expect(try later.put(partitionKey: "k", data: []).sequenceNumber > numbers[299])
    }

    @Test("A partition key has 1 to 256 characters, however many bytes they take")
    func keyLimits() async throws {
        let bench = try StreamBench()
        try bench.put("x", key: String(repeating: "k", count: 256))
        try bench.put("x", key: String(repeating: "😀", count: 256))
        #expect(await code { try bench.put("x", key: "") } == .invalidArgument)
        #expect(await code { try bench.put("x", key: String(repeating: "k", count: 257)) } == .invalidArgument)
        #expect(bench.stream.figures.records == 2)
    }

    @Test("Data may be empty, and as large as is allowed")
    func dataLimits() async throws {
        let bench = try StreamBench { $0.recordSizeLimit = 10 }
        try bench.put("")
        try bench.put("0123456789")
        #expect(await code { try bench.put("0123456789a") } == .invalidArgument)
        #expect(InMemoryStream.Configuration().recordSizeLimit == 1_048_576)
        #expect(try await bench.texts() == ["", "0123456789"])
    }

    @Test("A batch of 1 to 500 records is put in order, and each answered with its shard and number")
    func batches() async throws {
        let bench = try StreamBench(shards: 2)
        let entries = (0..<500).map { number in
            RecordEntry(
                partitionKey: "k", explicitHashKey: number % 2 == 0 ? 0 : .max, data: Array(String(number).utf8))
        }
        let places = try bench.stream.put(entries)
        #expect(places.map(\.shard) == (0..<500).map { StreamBench.shard($0 % 2) })
        #expect(places.map(\.sequenceNumber) == places.map(\.sequenceNumber).sorted())
        #expect(try await bench.texts(1, limit: 500) == (0..<250).map { String($0 * 2 + 1) })
        #expect(try await bench.page(1, limit: 1).records.first?.sequenceNumber == places[1].sequenceNumber)
        #expect(await code { try bench.stream.put([]) } == .invalidArgument)
        #expect(await code { try bench.stream.put(entries + entries.prefix(1)) } == .invalidArgument)
    }

    @Test("Of a batch with one bad record, or too large a one, nothing is put")
    func badBatches() async throws {
        let bench = try StreamBench { $0.recordLimit = 2 }
        let good = RecordEntry(partitionKey: "k", data: [])
        #expect(
            await code { try bench.stream.put([good, RecordEntry(partitionKey: "", data: [])]) }
                == .invalidArgument)
        #expect(await code { try bench.stream.put([good, good, good]) } == .full)
        #expect(bench.stream.figures.records == 0)
        try bench.stream.put([good, good])
    }

    @Test(
        "A stream whose configuration cannot be is not made",
        arguments: [
            { $0.retention = .zero }, { $0.retention = .seconds(365 * 86_400 + 1) }, { $0.recordLimit = 0 },
            { $0.byteLimit = 0 }, { $0.recordSizeLimit = 0 }, { $0.shardLimit = 0 },
        ] as [@Sendable (inout InMemoryStream.Configuration) -> Void])
    func badConfiguration(change: @Sendable (inout InMemoryStream.Configuration) -> Void) async {
        #expect(await code { _ = try StreamBench { change(&$0) } } == .invalidArgument)
    }

    @Test("A stream's name has letters, digits, points, dashes and underscores", arguments: ["", "a b", "ä", "a/b"])
    func badNames(name: String) async {
        #expect(await code { _ = try InMemoryStream(name) } == .invalidArgument)
        #expect(await code { _ = try InMemoryStream("a.b-c_D9", shardCount: 0) } == .invalidArgument)
        #expect(await code { _ = try InMemoryStream(String(repeating: "a", count: 128)) } == nil)
        #expect(await code { _ = try InMemoryStream(String(repeating: "a", count: 129)) } == .invalidArgument)
    }
}
