// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// Mappings of tables in the file where the host's events and the checkpoints are, with real threads.
@Suite struct DurableTableTests {
    let directory = TemporaryDirectory()

    @Test("A host that begins again goes on where it stopped: each change in order, none twice, none missing")
    func restarted() async throws {
        var given: [TableChange] = []
        for life in 0..<3 {
            let store = try SQLiteStore(path: directory.file())
            var limits = SQLiteTable.Configuration()
            limits.shardCount = 2
            let table = try await SQLiteTable(
                "carts", partitionKey: .string("id"), changes: .newAndOldImages, configuration: limits, in: store)
            let seen = Gathered<TableChange>()
            let host = FunctionHost(store: store)
            let follow = try host.register("follow") { (changes: [TableChange], _) in seen.add(changes) }
            var configuration = StreamMappingConfiguration(startingPosition: .oldest)
            configuration.batchSize = 7
            try host.map(
                try table.changes, to: follow, configuration: configuration,
                options: .init(checkpoints: StoredCheckpoints(in: store)))
            for number in 0..<100 { try await table.update(["id": .string("cart \(number % 5)")], [.add("n", 1)]) }
            // The second life is cut off in the middle.
            try await host.run { try await until { given.count + seen.count >= (life == 1 ? 150 : (life + 1) * 100) } }
            given += seen.all
            await store.close()
        }
        #expect(given.count == 300)
        for cart in 0..<5 {
            let numbers = given.filter { $0.keys["id"] == .string("cart \(cart)") }.map { $0.newImage?["n"] }
            #expect(numbers == (1...60).map { .number(TableNumber(integerLiteral: $0)) }, "cart \(cart)")
        }
    }

    @Test("What another process writes is found by looking for it")
    func polled() async throws {
        var configuration = SQLiteStore.Configuration.patient
        configuration.pollInterval = .milliseconds(5)
        let stores = try (0..<2).map { _ in try SQLiteStore(path: directory.file(), configuration: configuration) }
        var tables: [SQLiteTable] = []
        for store in stores {
            tables.append(
                try await SQLiteTable("carts", partitionKey: .string("id"), changes: .keysOnly, in: store))
        }
        #expect(try tables[0].changes.pollInterval == .milliseconds(5))
        let seen = Gathered<TableChange>()
        let host = FunctionHost(store: stores[0])
        let follow = try host.register("follow") { (changes: [TableChange], _) in seen.add(changes) }
        try host.map(try tables[0].changes, to: follow, configuration: .init(startingPosition: .oldest))
        let other = tables[1]
        try await host.run {
            for number in 0..<3 {
                try await other.put(["id": .string("\(number)")])
                try await until { seen.count == number + 1 }
            }
        }
        #expect(seen.all.map(\.keys) == [["id": "0"], ["id": "1"], ["id": "2"]])
    }

    @Test("What has expired is taken away while a host runs, and the record says so")
    func expiry() async throws {
        let store = try SQLiteStore(path: directory.file())
        var configuration = SQLiteTable.Configuration()
        configuration.timeToLive = "until"
        let table = try await SQLiteTable(
            "sessions", partitionKey: .string("id"), changes: .oldImage, configuration: configuration, in: store)
        let past = try TableNumber(HostSystem.live.clock.wallTime.nanoseconds / 1_000_000_000 - 60)
        for number in 0..<250 { try await table.put(["id": .string("\(number)"), "until": .number(past)]) }
        try await table.put(["id": "stays"])
        let seen = Gathered<TableChange>()
        let host = FunctionHost(store: store)
        let follow = try host.register("follow") { (changes: [TableChange], _) in seen.add(changes) }
        try host.map(try table.changes, to: follow, configuration: .init(startingPosition: .oldest))
        try host.attach(TableExpiry(of: table))
        try await host.run { try await until { seen.count >= 501 } }
        #expect(seen.all.count { $0.kind == .remove && $0.isExpiry && $0.oldImage?["until"] == .number(past) } == 250)
        #expect(try await table.scan().items == [["id": "stays"]])
        #expect(throws: TableError.self) { try TableExpiry(of: table, every: .milliseconds(999)) }
    }
}
