// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Synchronization

/// Streams and queues in a file against SQLite by hand, with the same settings and on the same disk.
///
/// The gate: records are put at half the rate at least at which SQLite inserts as many rows in transactions as large.
func measureDurable(_ arguments: Arguments) async throws -> Bool {
    let directory = ScratchFiles()
    let raw = RawRecords(path: directory.file("raw.db"))
    let bench = try await DurableBench(directory)
    var isFast = true
    for (shards, callers) in [(1, 1), (1, 16), (4, 16)] {
        let rows = 100 * callers
        var comparison = Comparison(
            baseline: Operation("a row of 200 bytes inserted, \(rows) in a raw transaction", batch: rows) {
                raw.append($0)
            }, operations: [bench.putting(shards: shards, callers: callers)])
        comparison.rounds = 15
        comparison.slice = 50e6
        let ratios = try await comparison.report(
            "stream: a record of 200 bytes put durably, 100 at a time, callers: \(callers), shards: \(shards)",
            arguments)
        isFast = isFast && ratios[0].minimum <= 2
    }
    for name in ["jobs", "jobs.fifo"] { try await bench.reportCycles(of: name) }
    await bench.store.close()
    return isFast
}

/// A million messages and records: what there are more of costs nothing more.
func measureDurableMillion(_ arguments: Arguments) async throws -> Bool {
    let count = arguments.count ?? 1_000_000
    let directory = ScratchFiles()
    let bench = try await DurableBench(directory)
    try await bench.fill(1_000)
    let few = residentBytes() ?? 0
    var figures = try await bench.costs()
    print("\nstream and queue with \(count) records and messages; 1.00 = with 1,000")
    try await bench.fill(count - 1_000)
    let growth = Double((residentBytes() ?? 0) - few) / 1e6
    print("  \(growth.fixed(1)) MB  \(Verdict(growth, goal: 32))  memory more (a cache of 16 MiB included)")
    for (name, cost) in try await bench.costs() {
        print("  \((cost / (figures[name] ?? cost)).fixed(2))  (reported)  \(name)")
        figures[name] = nil
    }
    await bench.store.close()
    return growth < 32
}

/// A store with streams and queues in it, and what is done with them.
private struct DurableBench: Sendable {
    let store: SQLiteStore
    private let streams: [Int: SQLiteStream]
    private let numbers = NumberSource()
    private static let data = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

    init(_ directory: ScratchFiles) async throws {
        store = try SQLiteStore(path: directory.file("store.db"))
        var configuration = SQLiteStream.Configuration()
        (configuration.recordLimit, configuration.byteLimit) = (100_000_000, 1 << 40)
        var streams: [Int: SQLiteStream] = [:]
        for shards in [1, 4] {
            streams[shards] = try await SQLiteStream(
                "clicks-\(shards)", shardCount: shards, configuration: configuration, in: store)
        }
        self.streams = streams
    }

    private func records(_ count: Int) -> [RecordEntry] {
        (0..<count).map { _ in RecordEntry(partitionKey: "user-\(numbers.next() % 1_000)", data: Self.data) }
    }

    func putting(shards: Int, callers: Int) -> Operation {
        let stream = streams[shards]!
        return Operation(name: "SQLiteStream.put", goal: 2) { count in
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<callers {
                    group.addTask {
                        let entries = records(100)
                        for _ in 0..<max(1, count / 100 / callers) { try await stream.put(entries) }
                    }
                }
            }
        }
    }

    func reportCycles(of name: String) async throws {
        var configuration = SQLiteQueue.Configuration()
        configuration.deduplicatesByContent = name.hasSuffix(".fifo")
        let queue = try await SQLiteQueue(name, configuration: configuration, in: store)
        for callers in [1, 64] {
            var best = 0.0
            for _ in 0..<5 { best = max(best, try await rate(of: queue, callers: callers)) }
            print(
                "  \(Int(best)) per second  (reported)  queue \(name): sent, received and deleted, one at a time, callers: "
                    + "\(callers)")
        }
    }

    private func rate(of queue: SQLiteQueue, callers: Int) async throws -> Double {
        let began = ContinuousClock.now
        let each = 2_000 / callers
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<callers {
                group.addTask { for _ in 0..<each { try await cycle(queue) } }
            }
        }
        return Double(each * callers) / ((ContinuousClock.now - began).nanoseconds / 1e9)
    }

    private func cycle(_ queue: SQLiteQueue) async throws {
        let number = numbers.next()
        try await queue.send("message \(number)", groupID: queue.isFIFO ? "group \(number)".filter { $0 != " " } : nil)
        var done = false
        while !done {
            let messages = try await queue.receive(1, visibility: .seconds(30))
            if messages.isEmpty { await Task.yield() }
            done = try await queue.delete(messages.map(\.receipt)) == [true]
        }
    }

    // MARK: - A million

    func fill(_ count: Int) async throws {
        let queue = try await SQLiteQueue("many", configuration: wide, in: store)
        for _ in 0..<(count / 100) {
            try await streams[4]!.put(records(100))
            for _ in 0..<10 {
                try await queue.send((0..<10).map { _ in MessageEntry(body: "message \(numbers.next())") })
            }
        }
    }

    private var wide: SQLiteQueue.Configuration {
        var configuration = SQLiteQueue.Configuration()
        (configuration.messageLimit, configuration.byteLimit) = (100_000_000, 1 << 40)
        return configuration
    }

    /// Nanoseconds for some things, each the best of several.
    func costs() async throws -> [String: Double] {
        let (stream, queue) = (streams[4]!, try await SQLiteQueue("many", configuration: wide, in: store))
        let records = records(100)
        let shard = try await stream.shards()[1].id
        let middle = try await stream.read(shard, from: .oldest, limit: 1).records[0].sequenceNumber
        var costs: [String: Double] = [:]
        func measure(_ name: String, _ body: () async throws -> Void) async throws {
            for _ in 0..<100 {
                let began = ContinuousClock.now
                try await body()
                costs[name] = min(costs[name] ?? .infinity, (ContinuousClock.now - began).nanoseconds)
            }
        }
        try await measure("put 100 records") { try await stream.put(records) }
        try await measure("read 100 records of a shard") {
            _ = try await stream.read(shard, from: .after(middle), limit: 100)
        }
        try await measure("figures of the stream") { _ = try await stream.figures }
        try await measure("send, receive and delete a message") {
            try await queue.send("message")
            _ = try await queue.delete(queue.receive(1, visibility: .seconds(30)).map(\.receipt))
        }
        return costs
    }
}

private final class NumberSource: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

/// Records by hand: one table, no index, no checks.
///
/// `@unchecked Sendable`: one operation at a time uses it.
private final class RawRecords: @unchecked Sendable {
    private let connection: OpaquePointer
    private let begin: OpaquePointer
    private let commit: OpaquePointer
    private let insert: OpaquePointer
    private let data = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
    private let key = Array("user-123".utf8)
    private var arrived: Int64 = 1_800_000_000_000_000_000

    /// Opens a file with the settings of a store.
    init(path: String) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &opened, flags, nil) == SQLITE_OK, let opened else {
            preconditionFailure("cannot open \(path)")
        }
        connection = opened
        let settings = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = 4096;
            CREATE TABLE records (number INTEGER PRIMARY KEY, arrived INTEGER NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL)
            """
        precondition(sqlite3_exec(connection, settings, nil, nil, nil) == SQLITE_OK)
        func prepare(_ sql: String) -> OpaquePointer {
            var statement: OpaquePointer?
            precondition(sqlite3_prepare_v2(opened, sql, -1, &statement, nil) == SQLITE_OK)
            return statement!
        }
        begin = prepare("BEGIN IMMEDIATE")
        commit = prepare("COMMIT")
        insert = prepare("INSERT INTO records (arrived, key, data) VALUES (?1, ?2, ?3)")
    }

    deinit {
        for statement in [begin, commit, insert] { sqlite3_finalize(statement) }
        sqlite3_close_v2(connection)
    }

    /// Rows inserted in one transaction.
    func append(_ count: Int) {
        run(begin)
        for _ in 0..<count {
            arrived += 1
            sqlite3_bind_int64(insert, 1, arrived)
            key.withUnsafeBytes { key in
                data.withUnsafeBufferPointer { bytes in
                    let text = key.assumingMemoryBound(to: CChar.self).baseAddress
                    _ = sqlite3_bind_text(insert, 2, text, Int32(key.count), nil)
                    _ = sqlite3_bind_blob(insert, 3, bytes.baseAddress, Int32(bytes.count), nil)
                    run(insert)
                }
            }
        }
        run(commit)
    }

    private func run(_ statement: OpaquePointer) {
        precondition(sqlite3_step(statement) == SQLITE_DONE, "a raw statement failed")
        sqlite3_reset(statement)
    }
}
