// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension StreamTables {
    /// What was read, and whether rows of records that are gone should be deleted.
    struct Reading: Sendable {
        var page: StreamPage
        var shouldSweep: Bool
    }

    /// Records of a shard from a position on: no more than `limit`, and no more than so many bytes but for the first.
    func read(
        _ id: ShardID, of stream: Int64, from position: StreamPosition, limit: Int, bytes: Int,
        _ configuration: InMemoryStream.Configuration, now: Timestamp
    ) throws -> Reading {
        var row = try row(stream)
        let end = now.advanced(by: .zero - configuration.retention)
        let shard = try shard(id, row, end)
        let floor = row.floor
        row.first = try firstKept(row, end)
        let shouldSweep = row.first - floor >= Self.sweepStep || (floor < row.first && row.count == 0)
        let start = max(try start(position, row), row.first, shard.began)
        let found = try records(of: shard, from: start, limit: max(0, limit), bytes: bytes, row)
        let isAtEnd = found.nextArrived == nil
        let next: StreamPosition? =
            isAtEnd && shard.ended != nil ? nil : Self.next(after: found.records.last, position, row)
        let behind = found.nextArrived.map { max(.zero, $0.duration(to: now)) } ?? .zero
        return Reading(
            page: StreamPage(records: found.records, next: next, behindLatest: behind), shouldSweep: shouldSweep)
    }

    /// Where to read on: what was asked for stays, unless a record was found behind it, or it means this moment.
    private static func next(
        after last: StreamRecord?, _ position: StreamPosition, _ row: StreamRow
    ) -> StreamPosition {
        if let last { return .after(last.sequenceNumber) }
        if case .latest = position { return .from(row.numbers[UInt64(row.last) + 1]) }
        return position
    }

    /// The number of the first record that a position means, whatever its shard.
    private func start(_ position: StreamPosition, _ row: StreamRow) throws(SQLiteFault) -> Int64 {
        switch position {
        case .oldest: row.first
        case .latest: row.last + 1
        case .at(let time): try search(row) { $0.arrived >= time }
        case .from(let number): row.number(of: number)
        case .after(let number): row.number(of: number) + 1
        }
    }

    /// Records of a shard, and when the one behind them came.
    private func records(
        of shard: ShardRow, from start: Int64, limit: Int, bytes: Int, _ row: StreamRow
    ) throws(SQLiteFault) -> (records: [StreamRecord], nextArrived: Timestamp?) {
        let statement = shard.isAlone ? readAlone : readShard
        statement.bind(Self.place(start, of: row.stream), 1)
        statement.bind(Self.place(shard.ended ?? row.last, of: row.stream), 2)
        // One more tells how far behind the page is.
        statement.bind(limit == .max ? limit : limit + 1, 3)
        if !shard.isAlone { statement.bind(shard.number, 4) }
        let numbers = row.numbers
        var (records, size): ([StreamRecord], Int) = ([], 0)
        while try statement.step() {
            let arrived = statement.time(1)
            guard records.count < limit, records.isEmpty || size < bytes else {
                statement.reset()
                return (records, arrived)
            }
            let number = statement.integer(0) - Self.place(0, of: row.stream)
            let record = StreamRecord(
                sequenceNumber: numbers[UInt64(number)], partitionKey: statement.text(2) ?? "", arrivedAt: arrived,
                data: statement.bytes(3))
            size += record.data.count + record.partitionKey.utf8.count + 64
            records.append(record)
        }
        return (records, nil)
    }

    /// How much there is.
    func figures(
        of stream: Int64, _ configuration: InMemoryStream.Configuration, now: Timestamp
    ) throws -> InMemoryStream.Figures {
        var row = try row(stream)
        let limit = now.advanced(by: .zero - configuration.retention)
        let shards = try shardList(row).all.filter { !$0.isForgotten(at: limit) }
        try drop(&row, before: try firstKept(row, limit))
        let oldest = row.count == 0 ? nil : try record(row.first, row).arrived
        let open = shards.count { $0.ended == nil }
        return InMemoryStream.Figures(
            records: Int(row.count), bytes: Int(row.bytes), openShards: open, closedShards: shards.count - open,
            ageOfOldest: oldest.map { max(.zero, $0.duration(to: now)) },
            overflown: Int(row.overflown))
    }
}
