// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process that is to be killed in the middle of polling: tasks put records and send messages, and a host runs functions with
/// them through mappings, all on one file, where the checkpoints are too.
///
/// Each line is a word and what it is about. Small letters tell intents, capitals what is certain:
///
///     p P key number [shard sequence]    a record is put, was         h key number shard sequence    a function was given it
///     C shard checkpoint                 was kept                     s S group number               a message is sent, was
///     m group number                     a function was given it      x X group number               it is deleted, was
struct SourceChild: Sendable {
    private let store: SQLiteStore
    private let round: Int
    private let seed: UInt64
    private let tasks: Int
    /// Whether checkpoints are said to be kept and are not, for a test of the test.
    private let isForgetful: Bool

    init(_ words: Words) throws(StoreError) {
        var configuration = SQLiteStore.Configuration()
        // Small, so that the log is often written into the file.
        configuration.logBytes = 256 << 10
        round = words.number("round", or: 0)
        seed = UInt64(words.number("seed", or: 1))
        tasks = words.number("tasks", or: 1)
        isForgetful = words.text("checkpoints") == "forgotten"
        store = try SQLiteStore(path: words.text("file") ?? "", configuration: configuration)
    }

    func run() async throws {
        let stream = try await SQLiteStream("clicks", shardCount: 3, in: store)
        var configuration = SQLiteQueue.Configuration()
        configuration.visibilityTimeout = .seconds(1)
        let queue = TellingQueue(try await SQLiteQueue("jobs.fifo", configuration: configuration, in: store))
        let host = FunctionHost(store: store)
        let read = try host.register("read") { (batch: StreamBatch, _) in
            say(batch.records.map { "h \(text($0.data)) \(batch.shard) \($0.sequenceNumber)" })
        }
        let work = try host.register("work") { (batch: QueueBatch, _) in say(batch.messages.map { "m \($0.body)" }) }
        let checkpoints: any CheckpointStore = isForgetful ? InMemoryCheckpoints() : StoredCheckpoints(in: store)
        var batches = StreamMappingConfiguration(startingPosition: .oldest)
        batches.batchSize = 40
        try host.map(
            stream, to: read, configuration: batches,
            options: .init(name: "read", checkpoints: TellingCheckpoints(inner: checkpoints)))
        try host.map(queue, to: work)
        try await host.run {
            await withDiscardingTaskGroup { group in
                for task in 0..<tasks {
                    group.addTask { await put(into: stream, task) }
                    group.addTask { await send(to: queue.inner, task) }
                }
            }
        }
    }

    private func put(into stream: SQLiteStream, _ task: Int) async {
        var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(task))
        var numbers = [Int](repeating: 0, count: 5)
        while true {
            let entries = (0...random.next() % 20).map { _ in
                let key = Int(random.next() % 5)
                numbers[key] += 1
                let name = "r\(round)t\(task)k\(key)"
                return RecordEntry(partitionKey: name, data: Array("\(name) \(numbers[key])".utf8))
            }
            say(entries.map { "p \(text($0.data))" })
            guard let places = try? await stream.put(entries) else { continue }
            say(zip(entries, places).map { "P \(text($0.data)) \($1.shard) \($1.sequenceNumber)" })
            if task == 0, random.next() % 60 == 0 { await reshard(stream, &random) }
        }
    }

    /// Splits a shard, or merges two, while they are read.
    private func reshard(_ stream: SQLiteStream, _ random: inout SplitMix64) async {
        guard let open = try? await stream.shards().filter({ !$0.isClosed }).map(\.id) else { return }
        let shard = open[Int(random.next() % UInt64(open.count))]
        if open.count < 5 {
            _ = try? await stream.split(shard)
        } else {
            for other in open { if (try? await stream.merge(shard, other)) != nil { return } }
        }
    }

    private func send(to queue: SQLiteQueue, _ task: Int) async {
        var random = SplitMix64(seed: seed &* 7_000 &+ UInt64(task))
        var number = 0
        while true {
            number += 1
            let group = "r\(round)t\(task)g\(random.next() % 3)"
            let body = "\(group) \(number)"
            say(["s \(body)"])
            let sent = try? await queue.send(body, groupID: group, deduplicationID: "\(group)-\(number)")
            if sent != nil { say(["S \(body)"]) }
        }
    }
}

/// Says which checkpoints are kept.
private struct TellingCheckpoints: CheckpointStore {
    let inner: any CheckpointStore

    func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        try await inner.checkpoints(of: mapping)
    }

    func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        try await inner.save(checkpoint, of: mapping, shard: shard)
        switch checkpoint {
        case .finished: say(["C \(shard) finished"])
        case .position(.after(let number)): say(["C \(shard) \(number)"])
        default: break
        }
    }

    func forget(_ mapping: String) async throws { try await inner.forget(mapping) }
}

/// Says which messages are deleted.
private final class TellingQueue: QueueSource {
    let inner: SQLiteQueue
    private let bodies = Mutex<[Receipt: String]>([:])

    init(_ inner: SQLiteQueue) { self.inner = inner }

    var arn: String { inner.arn }
    var isFIFO: Bool { inner.isFIFO }
    var visibilityTimeout: Duration { inner.visibilityTimeout }
    var pollInterval: Duration? { inner.pollInterval }

    func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        let messages = try await inner.receive(limit, visibility: visibility)
        bodies.withLock { bodies in for message in messages { bodies[message.receipt] = message.body } }
        return messages
    }

    func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        let texts = bodies.withLock { bodies in receipts.map { bodies.removeValue(forKey: $0) ?? "" } }
        say(texts.map { "x \($0)" })
        let answers = try await inner.delete(receipts)
        say(zip(texts, answers).filter(\.1).map { "X \($0.0)" })
        return answers
    }

    func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        try await inner.changeVisibility(of: receipts, to: duration)
    }

    func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription { inner.subscribe(changed) }

    func event(of messages: [QueueMessage]) -> [UInt8] { inner.event(of: messages) }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Lines in one piece.
private func say(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    var text = lines.joined(separator: "\n") + "\n"
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = write(STDOUT_FILENO, rest.baseAddress, rest.count)
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }
}
