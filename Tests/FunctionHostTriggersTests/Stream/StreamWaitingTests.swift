// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

@Suite struct StreamWaitingTests {
    @Test("Records and shards that come are changes, and what is refused is none")
    func changes() async throws {
        let bench = try StreamBench()
        var seen = bench.stream.changes
        func hasChanged() -> Bool {
            defer { seen = bench.stream.changes }
            return bench.stream.changes != seen
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

    @Test("Whoever waits for a change that has come already does not wait")
    func alreadyChanged() async throws {
        let bench = try StreamBench()
        let seen = bench.stream.changes
        try bench.put("a")
        await bench.stream.waitForChange(since: seen)
        #expect(bench.stream.waiting == 0)
    }

    @Test("A waiter whose task is cancelled returns, and nothing is left of it", .simulated(seeds: 0..<200))
    func cancellation() async throws {
        let simulation = try #require(Simulation.current)
        let stream = try InMemoryStream("clicks", system: .simulated)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { await stream.waitForChange(since: stream.changes) } }
            if simulation.chance(0.5) { try? await simulation.advance(by: .seconds(1)) }
            group.cancelAll()
        }
        #expect(stream.waiting == 0)
        let seen = stream.changes
        try stream.put(partitionKey: "k", data: [])
        #expect(stream.changes == seen + 1)
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
                while read.count < 30 {
                    let seen = stream.changes
                    if stream.figures.records == 30 { break }
                    await stream.waitForChange(since: seen)
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
        var position = StreamPosition.oldest
        while true {
            let seen = stream.changes
            let page = try await stream.read(shard, from: position, limit: 3)
            use(page.records.flatMap(\.data))
            guard let next = page.next else { return }
            if page.records.isEmpty { await stream.waitForChange(since: seen) }
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
        #expect(stream.waiting == 0)
    }

    private static func readEverything(of stream: InMemoryStream, count: Int) async throws -> Int {
        var (positions, read): ([ShardID: StreamPosition?], Int) = ([:], 0)
        while read < count {
            let (seen, before) = (stream.changes, read)
            for shard in try await stream.shards() {
                guard let position = positions[shard.id] ?? .oldest else { continue }
                let page = try await stream.read(shard.id, from: position, limit: 100)
                read += page.records.count
                positions.updateValue(page.next, forKey: shard.id)
            }
            if read == before { await stream.waitForChange(since: seen) }
        }
        return read
    }
}
