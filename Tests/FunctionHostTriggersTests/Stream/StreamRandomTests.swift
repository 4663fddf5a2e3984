// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct StreamRandomTests {
    @Test("No record is lost, repeated or out of order for its key, over any splits and merges", arguments: 0..<24)
    func lineage(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let bench = try StreamBench(shards: Int.random(in: 1...4, using: &random))
        var written: [String: [String]] = [:]
        var reader = LineageReader(stream: bench.stream)
        for step in 0..<400 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: try await split(bench, &random)
            case 1: try await merge(bench, &random)
            case 2, 3: try await reader.readSome(&random)
            default:
                let key = "key-\(Int.random(in: 0..<20, using: &random))"
                try bench.put(String(step), key: key)
                written[key, default: []].append(String(step))
            }
        }
        try await reader.readAll()
        #expect(reader.texts == written, "seed \(seed)")
    }

    private func split(_ bench: StreamBench, _ random: inout SplitMix64) async throws {
        let open = try await bench.stream.shards().filter { !$0.isClosed }
        guard let shard = open.randomElement(using: &random), let keys = bench.stream.hashKeys(of: shard.id),
            keys.lowerBound < keys.upperBound
        else { return }
        let key =
            Bool.random(using: &random)
            ? nil : UInt128.random(in: (keys.lowerBound + 1)...keys.upperBound, using: &random)
        try bench.stream.split(shard.id, at: key)
    }

    private func merge(_ bench: StreamBench, _ random: inout SplitMix64) async throws {
        let open = try await bench.stream.shards().filter { !$0.isClosed }.map(\.id)
        guard let shard = open.randomElement(using: &random), let keys = bench.stream.hashKeys(of: shard),
            keys.upperBound < .max,
            let other = open.first(where: { bench.stream.hashKeys(of: $0)?.lowerBound == keys.upperBound + 1 })
        else { return }
        _ = Bool.random(using: &random) ? try bench.stream.merge(shard, other) : try bench.stream.merge(other, shard)
    }

    @Test("A stream keeps what a list of all records would keep, by age, count and bytes", arguments: 0..<12)
    func model(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let bench = try StreamBench(shards: 3) {
            $0.retention = .seconds(100)
            $0.recordLimit = 300
            $0.byteLimit = 2_000
            $0.overflow = .dropOldest
        }
        var model: [(shard: ShardID, text: String, at: Timestamp)] = []
        for step in 0..<3_000 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                bench.clock.advance(by: .milliseconds(Int.random(in: 0..<10_000, using: &random)))
            }
            let text = String(repeating: "x", count: Int.random(in: 0..<20, using: &random)) + "\(step)"
            let place = try bench.put(text, hashKey: UInt128.random(in: 0...UInt128.max, using: &random))
            model.append((place.shard, text, bench.clock.now))
            let limit = bench.clock.now.advanced(by: .seconds(-100))
            while let first = model.first,
                first.at <= limit || model.count > 300 || model.reduce(0, { $0 + $1.text.count + 1 }) > 2_000
            { model.removeFirst() }
            guard step % 50 == 0 else { continue }
            #expect(bench.stream.figures.records == model.count, "seed \(seed), step \(step)")
            #expect(bench.stream.figures.bytes == model.reduce(0) { $0 + $1.text.count + 1 })
            for shard in 0..<3 {
                let expected = model.filter { $0.shard == StreamBench.shard(shard) }.map(\.text)
                #expect(try await bench.texts(shard, limit: 1_000) == expected, "seed \(seed), step \(step)")
            }
        }
    }
}

/// Reads all shards, each only once its parents have been read to their ends.
private struct LineageReader {
    let stream: InMemoryStream
    private(set) var texts: [String: [String]] = [:]
    private var positions: [ShardID: StreamPosition] = [:]
    private var finished: Set<ShardID> = []

    init(stream: InMemoryStream) { self.stream = stream }

    private func readable() async throws -> [ShardID] {
        try await stream.shards().filter { shard in
            !finished.contains(shard.id) && shard.parents.allSatisfy { finished.contains($0) }
        }.map(\.id)
    }

    mutating func readSome(_ random: inout SplitMix64) async throws {
        guard let shard = try await readable().randomElement(using: &random) else { return }
        _ = try await read(shard, limit: Int.random(in: 0..<20, using: &random))
    }

    mutating func readAll() async throws {
        var isAtTip = false
        while !isAtTip {
            isAtTip = true
            for shard in try await readable() where try await read(shard, limit: 50) { isAtTip = false }
        }
    }

    /// Returns whether there may be more.
    private mutating func read(_ shard: ShardID, limit: Int) async throws -> Bool {
        let page = try await stream.read(shard, from: positions[shard] ?? .oldest, limit: limit)
        for record in page.records {
            texts[record.partitionKey, default: []].append(String(decoding: record.data, as: UTF8.self))
        }
        if let next = page.next { positions[shard] = next } else { finished.insert(shard) }
        return !page.records.isEmpty || page.next == nil
    }
}
