// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// The code of the article *Keeping streams and queues in a file*.
@Suite struct KeepingStreamsAndQueuesInAFileArticle {
    let directory = TemporaryDirectory()

    @Test func stream() async throws {
        let (path, seen) = (directory.file(), Gathered<String>())
        let store = try SQLiteStore(path: path)
        var limits = SQLiteStream.Configuration()
        limits.retention = .seconds(7 * 86_400)
        limits.byteLimit = 4 << 30
        let clicks = try await SQLiteStream("clicks", shardCount: 2, configuration: limits, in: store)
        try await clicks.put(partitionKey: "user-7", data: Array("/cart".utf8))
        try await clicks.put((1...100).map { RecordEntry(partitionKey: "user-\($0)", data: Array("/".utf8)) })
        let host = FunctionHost(store: store)
        let count = try host.register("count") { (batch: StreamBatch, _) in
            seen.add(batch.records.map(\.partitionKey))
        }
        try host.map(
            clicks, to: count, configuration: .init(startingPosition: .oldest),
            options: .init(checkpoints: StoredCheckpoints(in: store)))
        try await host.run { try await until { seen.count == 101 } }
        #expect(Set(seen.all).count == 100)
    }

    @Test func queue() async throws {
        let store = try SQLiteStore(path: directory.file())
        let dead = try await SQLiteQueue("dead", in: store)
        var rules = SQLiteQueue.Configuration()
        rules.redrive = .init(deadLetterQueue: dead, maximumReceiveCount: 3)
        let jobs = try await SQLiteQueue("jobs", configuration: rules, in: store)
        try await jobs.send("resize 7", delay: .seconds(900))
        #expect(try await jobs.figures.delayed == 1)
    }

    @Test func table() async throws {
        let (store, seen) = (try SQLiteStore(path: directory.file()), Gathered<TableChange>())
        let carts = try await SQLiteTable("carts", partitionKey: .string("id"), changes: .newAndOldImages, in: store)
        try await carts.put(["id": "c1", "total": 12], if: .notExists("id"))
        try await carts.update(["id": "c1"], [.add("total", 3)])
        let total = try await carts.get(["id": "c1"])?["total"]
        let host = FunctionHost(store: store)
        let archive = try host.register("archive") { (changes: [TableChange], _) in seen.add(changes) }
        try host.map(
            carts.changes, to: archive, configuration: .init(startingPosition: .oldest),
            options: .init(checkpoints: StoredCheckpoints(in: store)))
        try await host.run { try await until { seen.count == 2 } }
        #expect(total == 15)
    }
}
