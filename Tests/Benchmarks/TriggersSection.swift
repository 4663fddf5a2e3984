// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// The cost of streams and queues in memory, while few records and messages are in them and while many are.
func measureTriggers(_ arguments: Arguments) async throws -> Bool {
    let (few, many) = (try FullStream(count: 1_000), try FullStream(count: 1_000_000))
    try await Comparison(baseline: few.putting(goal: nil), operations: [many.putting(goal: 1.5)])
        .report("stream: put a record of 100 bytes, where the oldest goes for it", arguments)
    try await Comparison(baseline: few.reading(goal: nil), operations: [many.reading(goal: 1.5)])
        .report("stream: read 100 records from the middle", arguments)
    try await Comparison(baseline: few.copying(), operations: [few.writing()])
        .report("stream: the event of 100 records of 100 bytes", arguments)
    for name in ["jobs", "jobs.fifo"] {
        let (few, many) = (try FullQueue(name, count: 1_000), try FullQueue(name, count: 1_000_000))
        try await Comparison(baseline: few.cycle(goal: nil), operations: [many.cycle(goal: 1.5)])
            .report("queue \(name): send, receive and delete a message", arguments)
    }
    return true
}

/// A stream of one shard that has as many records as it may.
private final class FullStream: Sendable {
    private let stream: InMemoryStream
    private let count: Int
    private let data = [UInt8](repeating: 7, count: 100)

    init(count: Int) throws {
        var configuration = InMemoryStream.Configuration()
        configuration.recordLimit = count
        configuration.overflow = .dropOldest
        self.count = count
        stream = try InMemoryStream("clicks", configuration: configuration)
        for _ in 0..<count { try put() }
    }

    private func put() throws { try stream.put(partitionKey: "user-7", data: data) }

    private var shard: ShardID { ShardID("shardId-000000000000") }

    func putting(goal: Double?) -> Operation {
        Operation("\(count) others", goal: goal) { [self] value in
            try put()
            return value &+ 1
        }
    }

    /// From the record in the middle on, which a search has to find.
    func reading(goal: Double?) -> Operation {
        Operation(name: "\(count) others", goal: goal) { [self] times in
            let oldest = try await stream.read(shard, from: .oldest, limit: 1).records[0].sequenceNumber
            let middle = SequenceNumber(high: oldest.high, low: oldest.low + UInt128(count / 2))
            for _ in 0..<times { consume(try await stream.read(shard, from: .after(middle), limit: 100).records.count) }
        }
    }

    func writing() -> Operation {
        Operation(name: "writing it") { [self] times in
            let records = try await stream.read(shard, from: .oldest, limit: 100).records
            for _ in 0..<times { consume(stream.event(of: records, shard: shard).count) }
        }
    }

    func copying() -> Operation {
        Operation(name: "copying its bytes") { [self] times in
            let records = try await stream.read(shard, from: .oldest, limit: 100).records
            let event = stream.event(of: records, shard: shard)
            for _ in 0..<times {
                var copy = event
                copy[0] = 1
                consume(copy.count)
            }
        }
    }
}

/// A queue with messages that wait.
private final class FullQueue: Sendable {
    private let queue: InMemoryQueue
    private let count: Int

    init(_ name: String, count: Int) throws {
        var configuration = InMemoryQueue.Configuration()
        configuration.messageLimit = count + 10
        configuration.deduplicatesByContent = name.hasSuffix(".fifo")
        configuration.deduplicationLimit = .max
        self.count = count
        queue = try InMemoryQueue(name, configuration: configuration)
        for number in 0..<count { try send(number) }
    }

    private func send(_ number: Int) throws {
        try queue.send("message \(number)", groupID: queue.isFIFO ? "group-\(number % 1_000)" : nil)
    }

    func cycle(goal: Double?) -> Operation {
        Operation("\(count) others", goal: goal) { [self] value in
            // A time nobody has sent at before: a content that is no duplicate.
            try send(Int(truncatingIfNeeded: SystemClock().now.nanoseconds))
            for message in try await queue.receive(1, visibility: .seconds(30)) {
                _ = try await queue.delete([message.receipt])
            }
            return value &+ 1
        }
    }
}
