// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What it costs to bring a record of a stream to a function, in batches of a hundred, against an invocation for each, and
/// against a loop that copies and walks the same records.
func measureMapping(_ arguments: Arguments) async throws -> Bool {
    let count = arguments.isQuick ? 200_000 : 1_000_000
    let stream = BenchStream(count, data: [UInt8](repeating: UInt8(ascii: "x"), count: 100))
    let host = FunctionHost(observers: [Metrics(), Meter()])
    let single = try host.register("single") { (record: StreamRecord, _) in consume(record.data.count) }
    var comparison = Comparison(
        baseline: Operation("an invocation for each record") { number in
            try await host.invoke(single, with: stream.records[number % stream.records.count])
            return number + 1
        },
        operations: [
            Operation(name: "a mapping, 100 records a batch", goal: 0.05) { count in
                // Not on the main actor, whose thread everything would come back to.
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { try await stream.map(atLeast: count) }
                }
            },
            Operation(name: "a loop that copies and walks them") { stream.walk($0) },
        ])
    comparison.slice = 200e6
    try await comparison.report("mapping: undecoded records of a stream, one shard", arguments)
    try await measureDecodedMapping(arguments)
    return runAgain(["mapping-idle", "--child"])
}

/// The same with records that are decoded, against the decoding alone.
private func measureDecodedMapping(_ arguments: Arguments) async throws {
    let decoder = JSONDecoder()
    let stream = BenchStream(20_000, data: [UInt8](try JSONEncoder().encode(Order.example)))
    var comparison = Comparison(
        baseline: Operation("decoding alone") { number in
            let record = stream.records[number % stream.records.count]
            consume(try decoder.decode(Order.self, from: Data(record.data)).id)
            return number + 1
        },
        operations: [
            Operation(name: "a mapping of decoded records, 100 a batch", goal: 1.1) { count in
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { try await stream.mapDecoded(atLeast: count) }
                }
            }
        ])
    comparison.slice = 100e6
    comparison.rounds = 31
    try await comparison.report("mapping: records of 8 fields, decoded", arguments)
}

/// What many mapped shards take while nothing comes.
func measureIdleMapping(_ arguments: Arguments) async throws -> Bool {
    let count = 10_000
    let stream = BenchStream(0, data: [], shardCount: count)
    let host = FunctionHost(observers: [Metrics(), Meter()])
    let function = try host.register("batch") { (batch: StreamBatch, _) in consume(batch.records.count) }
    let before = residentBytes() ?? 0
    let seconds = 5
    try await host.run {
        try host.map(stream, to: function, configuration: .init(startingPosition: .oldest))
        // Until each has been read and waits.
        while stream.readCount < count { try await Task.sleep(for: .milliseconds(10)) }
        try await Task.sleep(for: .milliseconds(500))
        let bytes = (residentBytes() ?? 0) - before
        let start = processorTime()
        try await Task.sleep(for: .seconds(seconds))
        let used = (processorTime() - start) / Double(seconds) * 100
        print("\nmapping: \(count) shards, and nothing comes")
        print("  \(used.fixed(3)) % of a processor \(Verdict(used, goal: 0.1)), \(bytes / count) bytes a shard")
    }
    return true
}

/// A stream whose records are all there.
final class BenchStream: StreamSource {
    let arn = "arn:aws:kinesis:local:000000000000:stream/bench"
    let pollInterval: Duration? = nil
    let records: [StreamRecord]
    private let shardCount: Int
    private let reads = Atomic(0)

    init(_ count: Int, data: [UInt8], shardCount: Int = 1) {
        let now = SystemClock().wallTime
        self.shardCount = shardCount
        records = (0..<count).map {
            StreamRecord(
                sequenceNumber: SequenceNumber(low: UInt128($0)), partitionKey: "key-\($0 % 100)", arrivedAt: now,
                data: data)
        }
    }

    /// Maps it until so many records have passed, or all of them.
    func map(atLeast count: Int) async throws {
        let host = FunctionHost(observers: [Metrics(), Meter()])
        let done = Countdown(min(count, records.count) / 100)
        let function = try host.register("batch") { (batch: StreamBatch, _) in
            consume(batch.records.count)
            done.count()
        }
        try host.map(self, to: function, configuration: .init(startingPosition: .oldest))
        try await host.run { await done.wait() }
    }

    /// The same with what they hold.
    func mapDecoded(atLeast count: Int) async throws {
        let host = FunctionHost(observers: [Metrics(), Meter()])
        // Whole batches, as often from the beginning as it takes.
        let done = Countdown(count / 100)
        let function = try host.register("batch") { (orders: [Order], _) in
            consume(orders.count)
            done.count()
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = 100
        try host.map(RepeatedStream(stream: self), to: function, configuration: configuration)
        try await host.run { await done.wait() }
    }

    var readCount: Int { reads.load(ordering: .relaxed) }

    func walk(_ count: Int) {
        var total = 0
        var place = 0
        for _ in 0..<max(1, count / 100) {
            let batch = Array(records[place..<min(place + 100, records.count)])
            for record in batch { total += record.data.count }
            place = (place + 100) % records.count
        }
        consume(total)
    }

    func shards() async throws -> [Shard] { (0..<shardCount).map { Shard(id: ShardID("s\($0)")) } }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let start =
            switch position {
            case .from(let number): Int(number.low)
            case .after(let number): Int(number.low) + 1
            case .oldest, .latest, .at: 0
            }
        reads.add(1, ordering: .relaxed)
        let end = min(start + limit, records.count)
        let page = Array(records[start..<end])
        return StreamPage(records: page, next: page.last.map { .after($0.sequenceNumber) } ?? position)
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        SourceSubscription {}
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { [] }
}

/// The same records again and again.
private struct RepeatedStream: StreamSource {
    let stream: BenchStream
    var arn: String { stream.arn }
    var pollInterval: Duration? { nil }

    func shards() async throws -> [Shard] { try await stream.shards() }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let start =
            switch position {
            case .from(let number): Int(number.low)
            case .after(let number): Int(number.low) + 1
            case .oldest, .latest, .at: 0
            }
        let first = start % stream.records.count
        let page = stream.records[first..<min(first + limit, stream.records.count)].enumerated().map { index, record in
            StreamRecord(
                sequenceNumber: SequenceNumber(low: UInt128(start + index)), partitionKey: record.partitionKey,
                arrivedAt: record.arrivedAt, data: record.data)
        }
        return StreamPage(records: page, next: .after(SequenceNumber(low: UInt128(start + page.count - 1))))
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        SourceSubscription {}
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { [] }
}
