// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
public import FunctionHostTriggers

extension SQLiteTable {
    /// How many items one transaction takes away.
    private static var expiryStep: Int { 100 }

    /// Deletes items whose time is over, by the configuration's `timeToLive`; their records say that the table has done it.
    ///
    /// An item's time is over at the second that its attribute tells, if that is a number, and not more than five years ago. All
    /// items are looked at, page by page, while others write.
    ///
    /// - Returns: How many were deleted.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `full` if there is no room for the record of a deletion;
    ///   ``/FunctionHost/StoreError``.
    /// - Source: DynamoDB Developer Guide, *Using time to live (TTL)*.
    @discardableResult
    public func removeExpired() async throws -> Int {
        guard let attribute = table.configuration.timeToLive,
            let rule = TableExpiryRule(attribute, at: clock.wallTime)
        else { return 0 }
        var (count, start): (Int, AttributeMap?) = (0, nil)
        repeat {
            let page = try await scan(startingAfter: start)
            var keys = try page.items.filter(rule.isOver).map { item throws(TableError) in
                try table.schema.key(of: item)
            }[...]
            while !keys.isEmpty {
                count += try await expire(Array(keys.prefix(Self.expiryStep)), rule)
                keys = keys.dropFirst(Self.expiryStep)
            }
            start = page.next
        } while start != nil
        return count
    }

    private func expire(_ keys: [ItemKey], _ rule: TableExpiryRule) async throws -> Int {
        do {
            return try await change { try $0.expire(keys, rule, $1, now: $2) }.writes.count
        } catch let error as TableError where error.code == .full && keys.count > 1 {
            // As many as there is room for.
            var count = 0
            for key in keys { count += try await expire([key], rule) }
            return count
        }
    }
}

extension TableExpiry {
    /// Deletes items of a table in a file.
    ///
    /// - Parameters:
    ///   - table: One with the configuration's `timeToLive`.
    ///   - period: How long to wait from one look at all items to the next; at least a second.
    /// - Throws: ``/FunctionHostTriggers/TableError`` as `invalidConfiguration` if the table has no attribute for it, or the period
    ///   is shorter.
    public init(of table: SQLiteTable, every period: Duration = .seconds(60)) throws(TableError) {
        try self.init(table.name, arn: table.arn, table.table.configuration, every: period) {
            try await table.removeExpired()
        }
    }
}
