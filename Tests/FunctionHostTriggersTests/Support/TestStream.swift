// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// A stream as plain as can be, for tests of what reads it: arrays, and everything looked for from the start.
final class TestStream: StreamSource {
    private struct State {
        var shards: [Shard] = []
        var records: [ShardID: [StreamRecord]] = [:]
        var last: UInt128 = 0
        var subscribers: [(number: Int, shard: ShardID?, call: @Sendable () -> Void)] = []
        var subscriptionCount = 0
        var failures = 0
        var reads = 0
        var delay = Duration.zero
    }

    let arn = "arn:aws:kinesis:local:000000000000:stream/test"
    let pollInterval: Duration? = nil
    private let state = Mutex(State())

    init(shards count: Int = 1) {
        for number in 0..<count { add(ShardID("s\(number)")) }
    }

    func add(_ shard: ShardID, parents: [ShardID] = []) {
        state.withLock { state in
            for parent in parents {
                guard let index = state.shards.firstIndex(where: { $0.id == parent }) else { continue }
                state.shards[index] = Shard(id: parent, parents: state.shards[index].parents, isClosed: true)
            }
            state.shards.append(Shard(id: shard, parents: parents))
            state.records[shard] = []
        }
        tell(nil)
        for parent in parents { tell(parent) }
    }

    /// Forgets a shard and its records, as at the end of their retention.
    func forget(_ shard: ShardID) {
        state.withLock { state in
            state.shards.removeAll { $0.id == shard }
            state.records[shard] = nil
        }
        tell(nil)
    }

    /// Appends records of numbers as text, and gives theirs.
    @discardableResult
    func put(
        _ numbers: some Sequence<Int>, to shard: Int = 0, key: (Int) -> String = { "key-\($0)" },
        at time: Timestamp? = nil
    ) -> [SequenceNumber] {
        let id = ShardID("s\(shard)")
        let now = time ?? Simulation.current.map { $0.clock.wallTime } ?? Simulation.start
        let added = state.withLock { state in
            numbers.map { number in
                state.last += 1
                let record = StreamRecord(
                    sequenceNumber: SequenceNumber(low: state.last), partitionKey: key(number), arrivedAt: now,
                    data: Array("\(number)".utf8))
                state.records[id]?.append(record)
                return record.sequenceNumber
            }
        }
        tell(id)
        return added
    }

    /// The next reads fail.
    func fail(_ count: Int) { state.withLock { $0.failures = count } }

    /// The numbers in a shard's records below a sequence number, or in all of them.
    func numbers(in shard: ShardID, below limit: SequenceNumber?) -> [Int] {
        state.withLock { state in
            state.records[shard, default: []].filter { limit == nil || $0.sequenceNumber < limit! }.map(\.number)
        }
    }

    /// The numbers in records of one shard from a sequence number to another one.
    func numbers(from first: SequenceNumber, through last: SequenceNumber) -> [Int] {
        state.withLock { state in
            state.records.values.joined().filter { (first...last).contains($0.sequenceNumber) }.map(\.number)
        }
    }

    /// How often it was read.
    var reads: Int { state.withLock { $0.reads } }

    /// How many listen.
    var subscriberCount: Int { state.withLock { $0.subscribers.count } }

    private func tell(_ shard: ShardID?) {
        let calls = state.withLock { $0.subscribers.filter { $0.shard == shard }.map(\.call) }
        for call in calls { call() }
    }

    func shards() async throws -> [Shard] { state.withLock { $0.shards } }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let page = try readNow(shard, from: position, limit: limit)
        let delay = state.withLock { $0.delay }
        if delay > .zero, let clock = Simulation.current?.clock {
            try await clock.sleep(until: clock.now.advanced(by: delay))
        }
        return page
    }

    /// What a read finds it answers so much later.
    func delayReads(by delay: Duration) { state.withLock { $0.delay = delay } }

    private func readNow(_ shard: ShardID, from position: StreamPosition, limit: Int) throws -> StreamPage {
        try state.withLock { state in
            state.reads += 1
            if state.failures > 0 {
                state.failures -= 1
                throw SourceError(.other, reason: "planted")
            }
            guard let all = state.records[shard], let isClosed = state.shards.first(where: { $0.id == shard })?.isClosed
            else { throw SourceError(.shardNotFound, reason: "no \(shard)") }
            let last = SequenceNumber(low: state.last)
            let found = all.filter { record in
                switch position {
                case .oldest: true
                case .latest: false
                case .at(let time): record.arrivedAt >= time
                case .from(let number): record.sequenceNumber >= number
                case .after(let number): record.sequenceNumber > number
                }
            }
            let records = Array(found.prefix(limit))
            let isAtEnd = records.count == found.count
            let next = records.last.map { StreamPosition.after($0.sequenceNumber) }
            let rest: StreamPosition = position == .latest ? .after(last) : position
            return StreamPage(records: records, next: isClosed && isAtEnd ? nil : next ?? rest)
        }
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        let number = state.withLock { state in
            state.subscriptionCount += 1
            state.subscribers.append((state.subscriptionCount, shard, changed))
            return state.subscriptionCount
        }
        return SourceSubscription { [self] in state.withLock { $0.subscribers.removeAll { $0.number == number } } }
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
        let parts = records.map {
            #"{"kinesis":{"sequenceNumber":"\#($0.sequenceNumber)","data":"\#(String(decoding: $0.data, as: UTF8.self))"}}"#
        }
        return Array(#"{"Records":[\#(parts.joined(separator: ","))]}"#.utf8)
    }
}

extension StreamRecord {
    /// The number that a ``TestStream`` put into it.
    var number: Int { Int(String(decoding: data, as: UTF8.self)) ?? -1 }
}
