// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// A table on the bench, under a clock that is moved by hand: short words for what tests do again and again.
struct TableBench {
    let clock = HandMovedClock()
    let table: InMemoryTable

    init(
        sortKey: TableKeyAttribute? = nil, changes: TableChangeView? = .newAndOldImages,
        _ change: (inout InMemoryTable.Configuration) -> Void = { _ in }
    ) throws(TableError) {
        var configuration = InMemoryTable.Configuration()
        change(&configuration)
        table = try InMemoryTable(
            "carts", partitionKey: .string("id"), sortKey: sortKey, changes: changes, configuration: configuration,
            system: clock.system())
    }

    /// All records of the table's changes, shard by shard.
    func records() async throws -> [StreamRecord] {
        let changes = try table.changes
        var records: [StreamRecord] = []
        for shard in try await changes.shards() {
            records += try await changes.read(shard.id, from: .oldest, limit: .max).records
        }
        return records
    }

    func changes() async throws -> [TableChange] { try await records().map { try TableChange($0) } }

    /// All items by their keys, page by page.
    func items(limit: Int? = nil) throws -> [AttributeMap] { try table.allItems(limit: limit) }
}

extension InMemoryTable {
    func allItems(limit: Int? = nil) throws -> [AttributeMap] {
        var page = try scan(limit: limit)
        var items = page.items
        while let next = page.next {
            page = try scan(limit: limit, startingAfter: next)
            items += page.items
        }
        return items
    }
}

/// The code of the error that `body` throws.
func tableCode(_ body: () throws -> Void) -> TableError.Code? {
    do {
        try body()
        return nil
    } catch let error as TableError {
        return error.code
    } catch {
        Issue.record(error)
        return nil
    }
}
