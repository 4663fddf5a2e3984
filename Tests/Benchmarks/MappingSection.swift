// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

/// What it costs to bring a record of a stream to a function, in batches of a hundred, against an invocation for each, and
/// against a loop that copies and walks the same records.
func measureMapping(_ arguments: Arguments) async throws -> Bool {
    let count = arguments.options.contains("--quick") ? 200_000 : 1_000_000
    let stream = BenchStream(count)
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
    return true
}

/// A stream whose records are all there.
final class BenchStream: StreamSource {
    let arn = "arn:aws:kinesis:local:000000000000:stream/bench"
    let pollInterval: Duration? = nil
    let records: [StreamRecord]

    init(_ count: Int) {
        let now = SystemClock().wallTime
        let data = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
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

    func shards() async throws -> [Shard] { [Shard(id: ShardID("s0"))] }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let start =
            switch position {
            case .from(let number): Int(number.low)
            case .after(let number): Int(number.low) + 1
            case .oldest, .latest, .at: 0
            }
        let end = min(start + limit, records.count)
        let page = Array(records[start..<end])
        return StreamPage(records: page, next: page.last.map { .after($0.sequenceNumber) } ?? position)
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        SourceSubscription {}
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { [] }
}
