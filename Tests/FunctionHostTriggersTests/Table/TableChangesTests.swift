// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct TableChangesTests {
    private let key: AttributeMap = ["id": "a"]

    @Test("Each view has its images", arguments: TableChangeView.allCases)
    func views(view: TableChangeView) async throws {
        let bench = try TableBench(changes: view)
        let (first, second): (AttributeMap, AttributeMap) = (["id": "a", "n": 1], ["id": "a", "n": 2])
        try bench.table.put(first)
        try bench.table.update(key, [.set("n", to: 2)])
        try bench.table.delete(key)
        let (new, old) = (view == .newImage || view == .newAndOldImages, view == .oldImage || view == .newAndOldImages)
        let expected = [
            TableChange(.insert, keys: key, newImage: new ? first : nil),
            TableChange(.modify, keys: key, newImage: new ? second : nil, oldImage: old ? first : nil),
            TableChange(.remove, keys: key, oldImage: old ? second : nil),
        ]
        #expect(try await bench.changes() == expected)
        let coder = JSONPayloadCoder()
        #expect(try await bench.records().map { try coder.decode(TableChange.self, from: $0.data) } == expected)
    }

    @Test("What changes nothing has no record")
    func noChange() async throws {
        let bench = try TableBench()
        try bench.table.put(["id": "a", "s": .stringSet(["x", "y"]), "n": try .number("1.0")])
        try bench.table.put(["id": "a", "s": .stringSet(["y", "x"]), "n": 1])
        try bench.table.update(key, [.set("n", to: 1), .remove("gone")])
        try bench.table.update(key, [.add("s", .stringSet(["x"]))])
        try bench.table.delete(["id": "b"])
        try bench.table.transact([
            .put(["id": "a", "s": .stringSet(["x", "y"]), "n": 1]), .check(["id": "c"], .notExists("id")),
        ])
        #expect(try await bench.changes().count == 1)
    }

    @Test("A table without changes says so")
    func none() throws {
        let table = try TableBench(changes: nil).table
        try table.put(key)
        #expect(tableCode { _ = try table.changes } == .noChangeStream)
        #expect(table.figures.changes == 0)
    }

    @Test("Items of a partition are in one shard, an item's key is its record's, and numbers rise over all shards")
    func shards() async throws {
        let bench = try TableBench(sortKey: .number("at")) { $0.shardCount = 4 }
        for number in 0..<200 {
            try bench.table.put([
                "id": .string("\(number % 20)"), "at": .number(try TableNumber(number % 3)),
                "n": .number(try TableNumber(number)),
            ])
        }
        let changes = try bench.table.changes
        let shards = try await changes.shards()
        #expect(shards.count == 4)
        var (homes, keys): ([AttributeValue: ShardID], [String: AttributeMap]) = ([:], [:])
        var count = 0
        for shard in shards {
            let records = try await changes.read(shard.id, from: .oldest, limit: .max).records
            #expect(!records.isEmpty)
            #expect(zip(records, records.dropFirst()).allSatisfy { $0.sequenceNumber < $1.sequenceNumber })
            for record in records {
                let change = try TableChange(record)
                let id = try #require(change.keys["id"])
                #expect(homes.updateValue(shard.id, forKey: id) ?? shard.id == shard.id)
                #expect(keys.updateValue(change.keys, forKey: record.partitionKey) ?? change.keys == change.keys)
            }
            count += records.count
        }
        #expect(count == 200 && homes.count == 20 && keys.count == 60)
    }

    @Test("Records are there for a day, and a day only")
    func retention() async throws {
        let bench = try TableBench()
        try bench.table.put(key)
        bench.clock.advance(by: .seconds(86_399))
        #expect(try await bench.records().count == 1)
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.records().count == 0)
        #expect(bench.table.figures.changes == 0)
        #expect(try bench.items() == [key])
    }

    @Test("Without room for its record a change is not made, in a transaction none of them")
    func full() async throws {
        let bench = try TableBench { $0.changeLimit = 3 }
        let table = bench.table
        try table.put(["id": "a"])
        try table.put(["id": "b"])
        #expect(tableCode { try table.transact([.put(["id": "c"]), .put(["id": "d"])]) } == .full)
        #expect(try bench.items().count == 2)
        try table.put(["id": "c"])
        #expect(tableCode { try table.put(["id": "d"]) } == .full)
        #expect(tableCode { try table.update(["id": "a"], [.set("n", to: 1)]) } == .full)
        #expect(tableCode { try table.delete(["id": "a"]) } == .full)
        try table.put(["id": "a"])
        #expect(Set(try bench.items()) == [["id": "a"], ["id": "b"], ["id": "c"]])
        #expect(try await bench.changes().count == 3)
        bench.clock.advance(by: .seconds(86_400))
        try table.delete(["id": "a"])
        #expect(table.figures.changes == 1)
    }

    @Test("Or the oldest records go, and are counted")
    func overflow() async throws {
        let bench = try TableBench {
            $0.changeLimit = 3
            $0.changeOverflow = .dropOldest
        }
        for number in 0..<10 { try bench.table.put(["id": .string("\(number)")]) }
        #expect(try await bench.changes().map { $0.keys["id"] } == ["7", "8", "9"])
        #expect(bench.table.figures.changesOverflown == 7)
        #expect(bench.table.figures.items == 10)
    }

    @Test("Items whose time is over go, and their records say who has done it")
    func expiry() async throws {
        let bench = try TableBench { $0.timeToLive = "end" }
        let now = HandMovedClock.start.nanoseconds / 1_000_000_000
        let table = bench.table
        for (id, end) in [
            ("past", try .number("\(now)")), ("soon", try .number("\(now + 10)")), ("text", .string("\(now - 1)")),
            ("ancient", try .number("\(now - 5 * 365 * 86_400)")), ("fraction", try .number("\(now).5")),
            ("old", try .number("\(now - 5 * 365 * 86_400 + 1)")),
        ] as [(String, AttributeValue)] {
            try table.put(["id": .string(id), "end": end])
        }
        try table.put(["id": "never"])
        #expect(try table.removeExpired() == 2)
        #expect(Set(try bench.items().map { $0["id"] }) == ["soon", "text", "ancient", "fraction", "never"])
        #expect(try table.removeExpired() == 0)
        bench.clock.advance(by: .seconds(10))
        #expect(try table.removeExpired() == 2)
        let removals = try await bench.changes().filter { $0.kind == .remove }
        #expect(removals.count == 4 && removals.allSatisfy { $0.isExpiry && $0.oldImage != nil })
        try table.delete(["id": "never"])
        #expect(try await bench.changes().last?.isExpiry == false)
    }

    @Test("A look at thousands of items finds all whose time is over")
    func manyExpired() async throws {
        let bench = try TableBench { $0.timeToLive = "end" }
        let past = HandMovedClock.start.nanoseconds / 1_000_000_000 - 1
        for number in 0..<2_000 {
            try bench.table.put([
                "id": .string("\(number)"), "end": .number(try TableNumber(past + (number % 3 == 0 ? 100 : 0))),
            ])
        }
        #expect(try bench.table.removeExpired() == 1_333)
        #expect(bench.table.figures.items == 667)
        #expect(try TableBench().table.removeExpired() == 0)
    }

    @Test("Without room for their records items stay, and those that went are told")
    func expiryWithoutRoom() async throws {
        let bench = try TableBench {
            $0.timeToLive = "end"
            $0.changeLimit = 5
        }
        for number in 0..<4 {
            try bench.table.put([
                "id": .string("\(number)"),
                "end": .number(try TableNumber(HandMovedClock.start.nanoseconds / 1_000_000_000)),
            ])
        }
        let told = Notes<Int>()
        let changes = try bench.table.changes
        let subscription = changes.subscribe(to: try await changes.shards()[0].id) { told.add(1) }
        #expect(tableCode { try bench.table.removeExpired() } == .full)
        #expect(bench.table.figures.items == 3 && told.count == 1)
        subscription.cancel()
        bench.clock.advance(by: .seconds(86_400))
        #expect(try bench.table.removeExpired() == 3)
        #expect(told.count == 1)
    }

    @Test(
        "What is no record of a table is no change",
        arguments: [
            "", "{}", "5", #"{"eventName":"INSERT"}"#, #"{"eventName":"X","dynamodb":{"Keys":{}}}"#,
            #"{"eventName":"INSERT","dynamodb":{"Keys":{"a":1}}}"#,
        ])
    func noChange(text: String) {
        let record = StreamRecord(
            sequenceNumber: SequenceNumber(low: 1), partitionKey: "", arrivedAt: Timestamp(nanoseconds: 0),
            data: Array(text.utf8))
        #expect(throws: TableError.self) { try TableChange(record) }
    }
}
