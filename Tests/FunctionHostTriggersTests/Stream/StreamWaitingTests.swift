// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import FunctionHostTriggersTesting
import Synchronization
import Testing

@Suite struct StreamWaitingTests {
    @Test("Records and shards that come are changes, and what is refused is none")
    func changes() async throws {
        let bench = try StreamBench()
        let watch = try await bench.stream.watch()
        var seen = watch.count
        func hasChanged() -> Bool {
            defer { seen = watch.count }
            return watch.count != seen
        }
        try bench.put("a")
        #expect(hasChanged())
        try bench.stream.put([RecordEntry(partitionKey: "k", data: [])])
        #expect(hasChanged())
        let (left, right) = try bench.stream.split(StreamBench.shard(0))
        #expect(hasChanged())
        try bench.stream.merge(left, right)
        #expect(hasChanged())
        #expect(await code { try bench.put("", key: "") } == .invalidArgument)
        _ = try await bench.page()
        #expect(!hasChanged())
    }

    @Test("Those are told who listen to the shard, or to the list of shards, and none who listen no more")
    func listeners() throws {
        let bench = try StreamBench(shards: 2)
        let calls = Notes<String>()
        let first = bench.stream.subscribe(to: StreamBench.shard(0)) { calls.add("first") }
        let second = bench.stream.subscribe(to: StreamBench.shard(1)) { calls.add("second") }
        let list = bench.stream.subscribe(to: nil) { calls.add("list") }
        try bench.put("a", hashKey: 0)
        #expect(calls.all == ["first"])
        try bench.put("b", hashKey: .max)
        #expect(calls.all == ["first", "second"])
        first.cancel()
        try bench.put("c", hashKey: 0)
        #expect(calls.all == ["first", "second"])
        try bench.stream.merge(StreamBench.shard(0), StreamBench.shard(1))
        #expect(calls.all == ["first", "second", "second", "list"])
        for subscription in [second, list] { subscription.cancel() }
        try bench.stream.split(StreamBench.shard(2))
        #expect(calls.count == 4)
    }

    @Test("Readers that wait between pages lose no wake-up and no record", .simulated(seeds: 0..<150))
    func noLostWakeUp() async throws {
        let simulation = try #require(Simulation.current)
        let stream = try InMemoryStream("clicks", shardCount: 2, system: .simulated)
        let read = Reading()
        // A reader that is not woken is a deadlock, which the simulation reports.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for shard in try await stream.shards() {
                group.addTask {
                    try await Self.follow(shard.id, of: stream) { data in
                        read.add(data, of: shard.id)
                    }
                }
            }
            for writer in UInt8(0)..<3 {
                group.addTask {
                    for number in UInt8(0)..<10 {
                        if simulation.chance(0.3) { try await simulation.advance(by: .milliseconds(5)) }
                        await Task.yield()
                        let key: UInt128 = number % 2 == 0 ? 0 : .max
                        try stream.put(partitionKey: "k", explicitHashKey: key, data: [writer * 10 + number])
                    }
                }
            }
            group.addTask {
                let watch = try await stream.watch()
                while read.count < 30 {
                    let seen = watch.count
                    if stream.figures.records == 30 { break }
                    await watch.wait(since: seen)
                }
                try stream.merge(StreamBench.shard(0), StreamBench.shard(1))
            }
            try await group.waitForAll()
        }
        let all = read.all
        #expect(all.values.joined().sorted() == Array(0..<30))
        for values in all.values {
            for writer in 0..<3 {
                let own = values.filter { $0 / 10 == writer }
                #expect(own == own.sorted())
            }
        }
    }

    /// Reads a shard to its end, waiting where there is nothing.
    private static func follow(
        _ shard: ShardID, of stream: InMemoryStream, _ use: ([UInt8]) -> Void
    ) async throws {
        let watch = SourceWatch { [stream.subscribe(to: shard, $0)] }
        var position = StreamPosition.oldest
        while true {
            let seen = watch.count
            let page = try await stream.read(shard, from: position, limit: 3)
            use(page.records.flatMap(\.data))
            guard let next = page.next else { return }
            if page.records.isEmpty { await watch.wait(since: seen) }
            position = next
        }
    }
}

/// What readers have read.
private final class Reading: Sendable {
    private let data = Mutex<[ShardID: [UInt8]]>([:])

    var all: [ShardID: [UInt8]] { data.withLock { $0 } }
    var count: Int { all.values.joined().count }

    func add(_ new: [UInt8], of shard: ShardID) { data.withLock { $0[shard, default: []] += new } }
}

@Suite struct StreamThreadsTests {
    @Test("On threads, no record is lost and no reader sleeps, while a shard is split and merged again and again")
    func threads() async throws {
        let stream = try InMemoryStream("clicks")
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { @concurrent in try await Self.readEverything(of: stream, count: 8_000) }
            for writer in 0..<4 {
                group.addTask { @concurrent in
                    for number in 0..<2_000 { try stream.put(partitionKey: "\(writer) \(number)", data: []) }
                    return 0
                }
            }
            group.addTask { @concurrent in
                for _ in 0..<50 {
                    guard let shard = try await stream.shards().last(where: { !$0.isClosed }) else { continue }
                    let (left, right) = try stream.split(shard.id)
                    await Task.yield()
                    try stream.merge(left, right)
                }
                return 0
            }
            var read = 0
            for try await count in group { read += count }
            #expect(read == 8_000)
        }
    }

    private static func readEverything(of stream: InMemoryStream, count: Int) async throws -> Int {
        let watch = SourceWatch { [stream.subscribe(to: nil, $0)] }
        var (positions, read): ([ShardID: StreamPosition?], Int) = ([:], 0)
        while read < count {
            let (seen, before) = (watch.count, read)
            for shard in try await stream.shards() {
                if positions[shard.id] == nil { watch.add { [stream.subscribe(to: shard.id, $0)] } }
                guard let position = positions[shard.id] ?? .oldest else { continue }
                let page = try await stream.read(shard.id, from: position, limit: 100)
                read += page.records.count
                positions.updateValue(page.next, forKey: shard.id)
            }
            if read == before { await watch.wait(since: seen) }
        }
        return read
    }
}
