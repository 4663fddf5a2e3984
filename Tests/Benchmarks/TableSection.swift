// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// The cost of tables in memory, while few items are in them and while many are, and what an item takes.
func measureTables(_ arguments: Arguments) async throws -> Bool {
    let before = residentBytes()
    let many = try FullTable(count: 1_000_000, changes: nil)
    if let before, let after = residentBytes() {
        print(
            "\ntable: \((after - before) / 1_000_000) bytes for each of a million items of four attributes, key included"
        )
    }
    let few = try FullTable(count: 1_000, changes: nil)
    try await Comparison(baseline: few.putting(goal: nil), operations: [many.putting(goal: nil)])
        .report("table: put an item in place of another", arguments)
    try await Comparison(baseline: few.getting(), operations: [many.getting()]).report("table: get an item", arguments)
    let followed = try FullTable(count: 1_000, changes: .newAndOldImages)
    try await Comparison(
        baseline: few.updating("without changes"), operations: [followed.updating("with both images")]
    ).report("table: add to a number under a condition", arguments)
    return true
}

/// A table that has as many items as it will have.
private final class FullTable: Sendable {
    private let table: InMemoryTable
    private let count: Int

    init(count: Int, changes: TableChangeView?) throws {
        var configuration = InMemoryTable.Configuration()
        configuration.changeLimit = 10_000
        configuration.changeOverflow = .dropOldest
        self.count = count
        table = try InMemoryTable(
            "carts", partitionKey: .string("id"), changes: changes, configuration: configuration)
        for number in 0..<count { try put(number, 0) }
    }

    private func key(_ number: Int) -> AttributeValue { .string("cart-\(number)") }

    private func put(_ number: Int, _ total: Int) throws {
        try table.put([
            "id": key(number), "isOpen": true, "note": "by the door", "total": .number(try TableNumber(total)),
        ])
    }

    /// Numbers of items, far from each other.
    private func place(_ value: Int) -> Int { Int(UInt(bitPattern: value &* 7_919) % UInt(count)) }

    func putting(goal: Double?) -> Operation {
        Operation("\(count) items", goal: goal) { [self] value in
            try put(place(value), value)
            return value &+ 1
        }
    }

    func getting() -> Operation {
        Operation("\(count) items") { [self] value in
            consume(try table.get(["id": key(place(value))]))
            return value &+ 1
        }
    }

    func updating(_ name: String) -> Operation {
        Operation(name) { [self] value in
            try table.update(["id": key(place(value))], [.add("total", 1)], if: .exists("id"))
            return value &+ 1
        }
    }
}
