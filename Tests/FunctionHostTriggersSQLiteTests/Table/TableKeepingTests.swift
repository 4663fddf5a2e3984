// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// What a table in a file keeps, whoever opens it, and what it refuses.
@Suite struct TableKeepingTests {
    let directory = TemporaryDirectory()

    private func carts(_ store: SQLiteStore, _ changes: TableChangeView? = .newAndOldImages) async throws -> SQLiteTable
    {
        try await SQLiteTable("carts", partitionKey: .string("id"), changes: changes, in: store)
    }

    private func changes(of table: SQLiteTable) async throws -> [TableChange] {
        var found: [TableChange] = []
        for shard in try await table.changes.shards() {
            var position = StreamPosition.oldest
            while true {
                let page = try await table.changes.read(shard.id, from: position, limit: 1_000)
                found += try page.records.map { try TableChange($0) }
                guard let next = page.next, !page.records.isEmpty else { break }
                position = next
            }
        }
        return found
    }

    @Test("Items, their changes and the name of these are there after the store is opened again")
    func reopened() async throws {
        struct Cart: Codable, Equatable {
            var id: String
            var total: Double
        }
        var store = try SQLiteStore(path: directory.file())
        var table = try await carts(store)
        try await table.put(encoding: Cart(id: "c1", total: 12.5))
        try await table.update(["id": "c1"], [.add("total", 1)])
        let (arn, before) = (try table.changes.arn, try await changes(of: table))
        await store.close()
        store = try SQLiteStore(path: directory.file())
        table = try await carts(store, nil)
        #expect(try await table.get(["id": "c1"], as: Cart.self) == Cart(id: "c1", total: 13.5))
        #expect(try table.changes.arn == arn)
        #expect(try await changes(of: table) == before)
        #expect(before.map(\.kind) == [.insert, .modify])
    }

    @Test("A table is not opened with another key; tables and streams of one name have nothing in common")
    func names() async throws {
        let store = try SQLiteStore(path: directory.file())
        let table = try await carts(store)
        let stream = try await SQLiteStream("carts", in: store)
        for (partition, sort) in [("id", "at"), ("ID", nil)] {
            let error = await #expect(throws: TableError.self) {
                try await SQLiteTable(
                    "carts", partitionKey: .string(partition), sortKey: sort.map { .number($0) }, in: store)
            }
            #expect(error?.code == .invalidConfiguration)
        }
        try await table.put(["id": "c1"])
        let other = try await SQLiteTable("other", partitionKey: .string("id"), in: store)
        try await other.put(["id": "c2"])
        #expect(try await stream.figures.records == 0)
        #expect(try await table.scan().items == [["id": "c1"]])
        #expect(try await table.figures.changes == 1)
        #expect(throws: TableError.self) { try other.changes }
    }

    @Test("Changes are kept from when somebody asked for them, also of what others write who did not")
    func later() async throws {
        let (mine, theirs) = (
            try SQLiteStore(path: directory.file(), configuration: .patient),
            try SQLiteStore(path: directory.file(), configuration: .patient)
        )
        let early = try await carts(mine, nil)
        try await early.put(["id": "a"])
        let late = try await carts(theirs, .keysOnly)
        try await early.put(["id": "b"])
        try await late.put(["id": "c"])
        #expect(try await changes(of: late).map(\.keys) == [["id": "b"], ["id": "c"]])
        #expect(try await carts(mine, nil).changes.arn == late.changes.arn)
    }

    @Test("Of all who write under a condition at once, in two stores on one file, one wins each time")
    func twoStores() async throws {
        let stores = try (0..<2).map { _ in try SQLiteStore(path: directory.file(), configuration: .patient) }
        let tables = [try await carts(stores[0]), try await carts(stores[1])]
        try await tables[0].put(["id": "count", "n": 0])
        let won = Gathered<Int>()
        try await withThrowingDiscardingTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    let table = tables[worker % 2]
                    var done = 0
                    while done < 15 {
                        guard case .number(let n)? = try await table.get(["id": "count"])?["n"] else { return }
                        do {
                            try await table.update(
                                ["id": "count"], [.add("n", 1)], if: .compare("n", .equal, .number(n)))
                            done += 1
                        } catch let error as TableError where error.code == .conditionFailed {}
                    }
                    won.add([done])
                }
            }
        }
        #expect(won.count == 8)
        #expect(try await tables[1].get(["id": "count"]) == ["id": "count", "n": 120])
        let images = try await changes(of: tables[0]).map { $0.newImage?["n"] }
        #expect(images == (0...120).map { .number(TableNumber(integerLiteral: $0)) })
        #expect(try await stores[0].integrityCheck() == [])
    }

    @Test("A full disk refuses what comes: no item without its record, no record without its item")
    func fullDisk() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.maximumPages = 160
        configuration.durability = .losesLastEventsOnPowerCut
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let (table, plain) = (
            try await carts(store), try await SQLiteTable("plain", partitionKey: .number("id"), in: store)
        )
        try await plain.put(["id": 1, "text": .string(String(repeating: "x", count: 5_000))])
        let big = AttributeValue.string(String(repeating: "x", count: 900))
        var count = 0
        #expect(
            await code {
                while true {
                    try await table.transact((0..<3).map { .put(["id": .string("\(count) \($0)"), "text": big]) })
                    count += 3
                }
            } == .diskFull)
        #expect(count > 20)
        #expect(try await table.figures.items == count)
        let (items, changes) = (try await table.scan().items, try await changes(of: table))
        #expect(items.count == count)
        #expect(Set(changes.compactMap(\.newImage)) == Set(items))
        try await plain.delete(["id": 1])
        #expect(try await plain.figures.items == 0)
        #expect(try await store.integrityCheck() == [])
    }

    @Test("A page has about a megabyte, and goes on where it ended")
    func pages() async throws {
        let store = try SQLiteStore(path: directory.file())
        let table = try await SQLiteTable(
            "files", partitionKey: .string("id"), sortKey: .number("at"), in: store)
        let big = AttributeValue.binary([UInt8](repeating: 7, count: 300_000))
        for at in 0..<8 { try await table.put(["id": "a", "at": .number(try TableNumber(at)), "data": big]) }
        let page = try await table.query("a", isDescending: true)
        #expect(page.items.compactMap { $0["at"] } == [7, 6, 5])
        #expect(page.next == ["id": "a", "at": 5])
        #expect(try await table.query("a", isDescending: true, startingAfter: page.next).items.count == 3)
        #expect(try await table.scan(startingAfter: ["id": "a", "at": 5]).items.count == 2)
    }

    @Test("An item that is damaged in the file is told as that")
    func damaged() async throws {
        let store = try SQLiteStore(path: directory.file())
        let table = try await carts(store)
        try await table.put(["id": "a"])
        #expect(RawConnection(directory.file()).run("UPDATE items SET json = x'7b'") == 0)
        #expect(await code { _ = try await table.get(["id": "a"]) } == .corrupt)
        #expect(await code { _ = try await table.scan() } == .corrupt)
        #expect(await code { try await table.put(["id": "a", "n": 1]) } == .corrupt)
    }
}
