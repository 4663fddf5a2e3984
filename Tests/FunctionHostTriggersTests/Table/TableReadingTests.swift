// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct TableReadingTests {
    private func table() throws -> InMemoryTable {
        let table = try TableBench(sortKey: .number("at")).table
        for id in ["a", "b", "c"] {
            for at in [-10, 1, 2, 5, 10, 100] {
                try table.put(["id": .string(id), "at": .number(try TableNumber(at)), "x": .string("\(id)\(at)")])
            }
        }
        return table
    }

    private func ats(_ items: [AttributeMap]) -> [String] {
        items.map { if case .number(let number)? = $0["at"] { number.description } else { "?" } }
    }

    @Test(
        "A query finds the items of a partition in a range, in the order of numbers",
        arguments: [
            (.all, "-10 1 2 5 10 100"), (.equal(5), "5"), (.equal(6), ""), (.less(5), "-10 1 2"),
            (.atMost(5), "-10 1 2 5"),
            (.greater(5), "10 100"), (.atLeast(5), "5 10 100"), (.between(2, 10), "2 5 10"), (.between(3, 4), ""),
            (.less(-10), ""), (.greater(100), ""), (.atLeast(-1000), "-10 1 2 5 10 100"),
        ] as [(SortKeyRange, String)])
    func ranges(range: SortKeyRange, found: String) throws {
        let table = try table()
        let expected = found.split(separator: " ").map(String.init)
        #expect(ats(try table.query("b", sortKey: range).items) == expected)
        #expect(ats(try table.query("b", sortKey: range, isDescending: true).items) == expected.reversed())
        #expect(try table.query("b", sortKey: range).items.allSatisfy { $0["id"] == "b" })
        for limit in 1...3 {
            for isDescending in [false, true] {
                var (items, next): ([AttributeMap], AttributeMap?) = ([], nil)
                repeat {
                    let page = try table.query(
                        "b", sortKey: range, isDescending: isDescending, limit: limit, startingAfter: next)
                    #expect(page.items.count <= limit)
                    items += page.items
                    next = page.next
                } while next != nil
                #expect(ats(items) == (isDescending ? expected.reversed() : expected))
            }
        }
    }

    @Test(
        "Texts are in the order of their bytes, and found by how they begin",
        arguments: [
            (.beginsWith("ab"), "ab abc abd"), (.beginsWith(""), "B a ab abc abd ac b \u{E9}"), (.beginsWith("x"), ""),
            (.beginsWith("\u{E9}"), "\u{E9}"), (.greater("ac"), "b \u{E9}"), (.less("a"), "B"),
        ] as [(SortKeyRange, String)])
    func prefixes(range: SortKeyRange, found: String) throws {
        let table = try TableBench(sortKey: .string("name")).table
        for name in ["b", "ab", "a", "abd", "B", "\u{E9}", "abc", "ac"] {
            try table.put(["id": "p", "name": .string(name)])
        }
        let names = try table.query("p", sortKey: range).items.map { $0["name"] }
        #expect(names == found.split(separator: " ").map { .string(String($0)) })
        #expect(
            try table.query("p", sortKey: range, isDescending: true).items.map { $0["name"] } == names.reversed())
    }

    @Test("A partition that has nothing has nothing")
    func nothing() throws {
        let page = try table().query("z")
        #expect(page.items == [] && page.next == nil)
        #expect(try TableBench().table.scan().items == [])
    }

    @Test("What makes no sense is refused")
    func refused() throws {
        let table = try table()
        #expect(tableCode { _ = try table.query(5) } == .invalidKey)
        #expect(tableCode { _ = try table.query("") } == .invalidKey)
        #expect(tableCode { _ = try table.query("a", sortKey: .equal("1")) } == .invalidKey)
        #expect(tableCode { _ = try table.query("a", sortKey: .between(2, 1)) } == .invalidKey)
        #expect(tableCode { _ = try table.query("a", sortKey: .beginsWith(1)) } == .invalidKey)
        #expect(tableCode { _ = try table.query("a", limit: 0) } == .invalidExpression)
        #expect(tableCode { _ = try table.scan(limit: -1) } == .invalidExpression)
        #expect(tableCode { _ = try table.query("a", startingAfter: ["id": "b", "at": 1]) } == .invalidKey)
        #expect(tableCode { _ = try table.scan(startingAfter: ["id": "b"]) } == .invalidKey)
        #expect(tableCode { _ = try TableBench().table.query("a", sortKey: .equal(1)) } == .invalidKey)
    }

    @Test("A scan has every item once, in pages, partitions together", arguments: [nil, 1, 4, 18, 100])
    func scan(limit: Int?) throws {
        let items = try table().allItems(limit: limit)
        #expect(items.count == 18)
        #expect(Set(items).count == 18)
        #expect(Set(stride(from: 0, to: 18, by: 6).map { items[$0]["id"] }).count == 3)
    }

    @Test("A scan over changes has each item that was there all the time")
    func scanOverChanges() throws {
        let table = try TableBench().table
        for number in 0..<1_000 { try table.put(["id": .string("\(number)")]) }
        var (seen, next): (Set<AttributeMap>, AttributeMap?) = ([], nil)
        var round = 0
        repeat {
            let page = try table.scan(limit: 100, startingAfter: next)
            seen.formUnion(page.items)
            next = page.next
            // The very item that comes next is deleted, too.
            for number in 0..<40 { try table.delete(["id": .string("\(number * 25 + round % 2)")]) }
            for number in 0..<50 { try table.put(["id": .string("new \(round) \(number)")]) }
            if let next { try table.delete(next) }
            round += 1
        } while next != nil && round < 100
        for number in 0..<1_000 where number % 25 > 1 {
            let item: AttributeMap = ["id": .string("\(number)")]
            #expect(seen.contains(item), "\(number)")
        }
    }

    @Test("A page has about a megabyte, and one item at least")
    func pageSize() throws {
        let table = try TableBench(sortKey: .number("at"), changes: nil).table
        for at in 0..<10 {
            try table.put([
                "id": "a", "at": .number(try TableNumber(at)), "b": .binary(Array(repeating: 0, count: 300 << 10)),
            ])
        }
        let page = try table.query("a")
        #expect(page.items.count == 3)
        #expect(page.next == ["id": "a", "at": 2])
        #expect(try table.allItems().count == 10)
    }
}
