// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct TableWritingTests {
    @Test("What was put is there, until it is replaced or deleted; both images are returned")
    func writing() throws {
        let table = try TableBench().table
        let (first, second): (AttributeMap, AttributeMap) = (["id": "a", "n": 1], ["id": "a", "m": 2])
        #expect(try table.put(first) == TableWriteExpectation(nil, first))
        #expect(try table.get(["id": "a"]) == first)
        #expect(try table.put(second) == TableWriteExpectation(first, second))
        #expect(try table.get(["id": "a"]) == second)
        #expect(try table.get(["id": "b"]) == nil)
        #expect(try table.delete(["id": "a"]) == TableWriteExpectation(second, nil))
        #expect(try table.delete(["id": "a"]) == TableWriteExpectation(nil, nil))
        #expect(try table.get(["id": "a"]) == nil)
        #expect(table.figures.items == 0 && table.figures.bytes == 0)
    }

    @Test("An update makes an item where there is none, with the key alone if it only takes away")
    func upsert() throws {
        let table = try TableBench().table
        try table.update(["id": "a"], [.add("n", 1)])
        try table.update(["id": "a"], [.add("n", 1), .set("x", to: true)])
        #expect(try table.get(["id": "a"]) == ["id": "a", "n": 2, "x": true])
        try table.update(["id": "b"], [.remove("x")])
        #expect(try table.get(["id": "b"]) == ["id": "b"])
    }

    @Test("A condition that fails tells of the item, and nothing is written")
    func condition() async throws {
        let bench = try TableBench()
        let item: AttributeMap = ["id": "a", "secret": "x"]
        try bench.table.put(item, if: .notExists("id"))
        for write in [
            { try bench.table.put(["id": "a", "n": 2], if: .notExists("id")) },
            { try bench.table.update(["id": "a"], [.set("n", to: 1)], if: .exists("n")) },
            { try bench.table.delete(["id": "a"], if: .compare("secret", .equal, "y")) },
        ] {
            let error = try #require(throws: TableError.self) { try write() }
            #expect(error.code == .conditionFailed)
            #expect(error.item == item)
            #expect(!error.description.contains("x\""))
        }
        let error = try #require(throws: TableError.self) { try bench.table.put(["id": "b"], if: .exists("id")) }
        #expect(error.item == nil)
        #expect(try bench.items() == [item])
        #expect(try await bench.changes().count == 1)
    }

    @Test("An update that fails in one part does nothing of the others")
    func allOrNothing() throws {
        let table = try TableBench().table
        try table.put(["id": "a", "n": 1, "s": "x"])
        #expect(tableCode { try table.update(["id": "a"], [.set("n", to: 2), .add("s", 1)]) } == .invalidExpression)
        let large = AttributeValue.binary(Array(repeating: 0, count: 400 << 10))
        #expect(tableCode { try table.update(["id": "a"], [.set("n", to: 2), .set("b", to: large)]) } == .invalidValue)
        #expect(try table.get(["id": "a"]) == ["id": "a", "n": 1, "s": "x"])
    }

    @Test(
        "A key has the table's attributes, of their types, and is neither empty nor too long",
        arguments: [
            [:], ["id": 5], ["id": ""], ["id": "a"], ["id": "a", "at": "1"], ["id": "a", "at": 1, "x": 1],
            ["id": .string(String(repeating: "x", count: 2_049)), "at": 1],
        ] as [AttributeMap])
    func keys(key: AttributeMap) throws {
        let table = try TableBench(sortKey: .number("at")).table
        #expect(tableCode { _ = try table.get(key) } == .invalidKey)
        #expect(tableCode { try table.delete(key) } == .invalidKey)
        #expect(tableCode { try table.update(key, [.set("x", to: 1)]) } == .invalidKey)
        if key["x"] == nil { #expect(tableCode { try table.put(key) } == .invalidKey) }
    }

    @Test("Keys of each type are told apart by what they are worth")
    func keyTypes() throws {
        let clock = HandMovedClock()
        let numbers = try InMemoryTable("numbers", partitionKey: .number("n"), system: clock.system())
        try numbers.put(["n": try .number("1.0")])
        #expect(try numbers.get(["n": try .number("0.1e1")]) != nil)
        let bytes = try InMemoryTable(
            "bytes", partitionKey: .binary("b"), sortKey: .binary("c"), system: clock.system())
        try bytes.put(["b": .binary([0]), "c": .binary(Array(repeating: 1, count: 1_024))])
        #expect(
            tableCode { try bytes.put(["b": .binary([0]), "c": .binary(Array(repeating: 1, count: 1_025))]) }
                == .invalidKey)
        #expect(tableCode { try bytes.put(["b": .binary([]), "c": .binary([1])]) } == .invalidKey)
        #expect(bytes.figures.items == 1)
    }

    @Test("A table has a name, a key of two different attributes, and finite limits")
    func configuration() {
        func code(
            _ name: String = "carts", sort: String? = nil,
            _ change: (inout InMemoryTable.Configuration) -> Void = { _ in }
        )
            -> TableError.Code?
        {
            var configuration = InMemoryTable.Configuration()
            change(&configuration)
            return tableCode {
                _ = try InMemoryTable(
                    name, partitionKey: .string("id"), sortKey: sort.map { .string($0) }, configuration: configuration)
            }
        }
        #expect(code("abc", sort: "at") == nil)
        for name in ["ab", "", "a/b", String(repeating: "x", count: 256)] {
            #expect(code(name) == .invalidConfiguration)
        }
        #expect(code(sort: "id") == .invalidConfiguration)
        #expect(code(sort: "") == .invalidConfiguration)
        #expect(code { $0.itemLimit = 0 } == .invalidConfiguration)
        #expect(code { $0.byteLimit = 0 } == .invalidConfiguration)
        #expect(code { $0.shardCount = 0 } == .invalidConfiguration)
        #expect(code { $0.changeLimit = 0 } == .invalidConfiguration)
        #expect(code { $0.changeRetention = .zero } == .invalidConfiguration)
        #expect(code { $0.timeToLive = "" } == .invalidConfiguration)
    }

    @Test("There is room for so many items and bytes; what does not grow is always done")
    func room() throws {
        let table = try TableBench {
            $0.itemLimit = 2
            $0.byteLimit = 12
        }.table
        try table.put(["id": "a"])
        try table.put(["id": "b", "n": 1])
        #expect(table.figures.bytes == 9)
        #expect(tableCode { try table.put(["id": "c"]) } == .full)
        #expect(tableCode { try table.update(["id": "a"], [.set("text", to: "")]) } == .full)
        try table.update(["id": "a"], [.set("m", to: 1)])
        #expect(table.figures.bytes == 12)
        try table.put(["id": "a", "m": 2])
        try table.delete(["id": "b"])
        #expect(table.figures.bytes == 6)
    }

    @Test("A transaction is done as a whole or not at all, and says what each write failed at")
    func transaction() async throws {
        let bench = try TableBench()
        let table = bench.table
        try table.put(["id": "a", "n": 10])
        try table.put(["id": "b", "n": 0])
        let writes = try table.transact([
            .update(["id": "a"], [.add("n", -4)], if: .compare("n", .atLeast, 4)), .update(["id": "b"], [.add("n", 4)]),
            .put(["id": "log"]), .check(["id": "c"], .notExists("id")), .delete(["id": "gone"]),
        ])
        #expect(writes.map { $0.new?["n"] } == [6, 4, nil, nil, nil])
        #expect(try await bench.changes().count == 5)
        let error = try #require(throws: TableError.self) {
            try table.transact([
                .update(["id": "a"], [.add("n", -1)]),
                .update(["id": "b"], [.add("n", 9)], if: .compare("n", .greater, 4)),
                .update(["id": "log"], [.set("x.y", to: 1)]), .put(["id": "new"]),
            ])
        }
        #expect(error.code == .transactionCancelled)
        #expect(error.reasons.map { $0?.code } == [nil, .conditionFailed, .invalidExpression, nil])
        #expect(error.reasons[1]?.item == ["id": "b", "n": 4])
        #expect(try bench.items().count == 3)
        #expect(try table.get(["id": "a"]) == ["id": "a", "n": 6])
        #expect(try await bench.changes().count == 5)
    }

    @Test("A transaction has 1 to 100 writes of different items, of 4 MB together")
    func transactionLimits() throws {
        let table = try TableBench().table
        let puts = (0...100).map { TableOperation.put(["id": .string("\($0)")]) }
        #expect(tableCode { try table.transact([]) } == .invalidExpression)
        #expect(tableCode { try table.transact(puts) } == .invalidExpression)
        #expect(
            tableCode { try table.transact([.put(["id": "a"]), .check(["id": "a"], .exists("id"))]) }
                == .invalidExpression)
        #expect(tableCode { try table.transact([.put(["id": "a"]), .put(["id": ""])]) } == .invalidKey)
        let large = (0..<11).map { number in
            TableOperation.put(["id": .string("\(number)"), "b": .binary(Array(repeating: 0, count: 390 << 10))])
        }
        #expect(tableCode { try table.transact(large) } == .invalidValue)
        #expect(table.figures.items == 0)
        try table.transact(Array(puts.dropLast()))
        #expect(table.figures.items == 100)
    }
}

/// A write whose images are these.
private struct TableWriteExpectation {
    let old: AttributeMap?
    let new: AttributeMap?

    init(_ old: AttributeMap?, _ new: AttributeMap?) {
        self.old = old
        self.new = new
    }

    static func == (write: TableWrite, expected: Self) -> Bool {
        write.old == expected.old && write.new == expected.new
    }
}
