// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension ItemTables {
    /// Items as they lie in the file; whoever asked for them reads them, and nobody else waits for that.
    struct Found: Sendable {
        var items: [[UInt8]] = []
        /// Whether there are more behind them.
        var hasMore = false
    }

    /// The item of a key, for a decision on it.
    func item(_ key: ItemKey, _ owner: Int64) throws(SQLiteFault) -> KeptItem? {
        bind(key, owner, to: look)
        guard try look.step() else { return nil }
        defer { look.reset() }
        return KeptItem(key: key, item: try AttributeMap(kept: look.bytes(1)), size: look.int(0))
    }

    /// The item of a key.
    func get(_ key: ItemKey, _ owner: Int64) throws(SQLiteFault) -> [UInt8]? {
        bind(key, owner, to: look)
        guard try look.step() else { return nil }
        defer { look.reset() }
        return look.bytes(1)
    }

    /// Items of a partition from a key on, in order or backwards.
    func query(
        _ partition: ItemKey, _ range: SortKeyRange, isDescending: Bool, limit: Int, after start: ItemKey?,
        _ owner: Int64
    ) throws(SQLiteFault) -> Found {
        var (from, to) = range.bytes
        if let start {
            if isDescending {
                to = to.map { $0.isLess(than: start.sortBytes) ? $0 : start.sortBytes } ?? start.sortBytes
            } else {
                let next = start.sortBytes + [0]
                if from.isLess(than: next) { from = next }
            }
        }
        let statement = isDescending ? backward : forward
        statement.bind(owner, 1)
        statement.bindCopy(partition.partitionBytes, 2)
        statement.bindCopy(from, 3)
        statement.bindCopy(to ?? Self.behindAll, 4)
        return try page(statement, limit)
    }

    /// No sort key has so many bytes.
    private static let behindAll = [UInt8](repeating: .max, count: 2_048)

    /// Items in the order of their keys' hashes from a key on.
    func scan(limit: Int, after start: ItemKey?, _ owner: Int64) throws(SQLiteFault) -> Found {
        through.bind(owner, 1)
        through.bindCopy(start?.partitionBytes ?? [], 2)
        through.bindCopy(start?.sortBytes ?? [], 3)
        return try page(through, limit)
    }

    private func page(_ statement: Statement, _ limit: Int) throws(SQLiteFault) -> Found {
        var (found, bytes) = (Found(), 0)
        while try statement.step() {
            let size = statement.int(0)
            guard found.items.count < limit, found.items.isEmpty || bytes + size <= TablePage.byteLimit else {
                statement.reset()
                found.hasMore = true
                return found
            }
            found.items.append(statement.bytes(1))
            bytes += size
        }
        return found
    }

    /// How much there is.
    func figures(_ table: OpenTable, now: Timestamp) throws -> InMemoryTable.Figures {
        let row = try row(table.number)
        let changes = try row.stream.map { try streams.figures(of: $0, table.configuration.stream, now: now) }
        return InMemoryTable.Figures(
            items: row.tally.items, bytes: row.tally.bytes, changes: changes?.records ?? 0,
            changeBytes: changes?.bytes ?? 0, changesOverflown: changes?.overflown ?? 0)
    }
}

extension AttributeMap {
    /// An item from the file.
    init(kept json: [UInt8]) throws(SQLiteFault) {
        do throws(TableError) { try self.init(dynamoDBJSON: json) } catch {
            throw SQLiteFault(damage: "what is kept of an item is none")
        }
    }
}

extension [UInt8] {
    fileprivate func isLess(than other: Self) -> Bool { lexicographicallyPrecedes(other) }
}
