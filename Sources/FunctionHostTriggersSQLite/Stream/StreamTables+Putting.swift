// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension StreamTables {
    /// How many rows of records that are gone are deleted at once, beside as many as come.
    static let sweepStep: Int64 = 1_000

    /// Takes in records: all of them, or none.
    func put(
        _ records: [(record: RecordEntry, hashKey: UInt128?)], into stream: Int64,
        _ configuration: InMemoryStream.Configuration, now: Timestamp
    ) throws -> [RecordPlace] {
        var row = try row(stream)
        let size = records.reduce(0) { $0 + $1.record.size }
        try makeRoom(in: &row, count: Int64(records.count), bytes: Int64(size), configuration, now)
        let shards = try shardList(row)
        let numbers = row.numbers
        row.arrived = max(row.arrived, now)
        var places: [RecordPlace] = []
        places.reserveCapacity(records.count)
        for (record, hashKey) in records {
            let isAlone = shards.open.count == 1
            let shard = isAlone ? shards.open[0] : shards.open(with: hashKey ?? record.hashKey)
            row.last += 1
            row.total += Int64(record.size)
            try write(record, in: isAlone ? nil : shard.number, row)
            places.append(RecordPlace(shard: shard.id, sequenceNumber: numbers[UInt64(row.last)]))
        }
        try sweep(&row, atMost: Self.sweepStep + Int64(records.count))
        try write(row)
        return places
    }

    private func write(_ record: RecordEntry, in shard: Int64?, _ row: StreamRow) throws(SQLiteFault) {
        insert.bind(Self.place(row.last, of: row.stream), 1)
        insert.bind(shard, 2)
        insert.bind(row.arrived, 3)
        insert.bind(row.total, 4)
        insert.bind(record.partitionKey, 5)
        try record.data.withUnsafeBufferPointer { bytes throws(SQLiteFault) in
            insert.bind(bytes, 6)
            try insert.run()
        }
    }

    private func makeRoom(
        in row: inout StreamRow, count: Int64, bytes: Int64, _ configuration: InMemoryStream.Configuration,
        _ now: Timestamp
    ) throws {
        try purge(&row, configuration, now)
        let (countLimit, byteLimit) = (Int64(configuration.recordLimit), Int64(configuration.byteLimit))
        guard row.count + count > countLimit || row.bytes + bytes > byteLimit else { return }
        guard configuration.overflow == .dropOldest, count <= countLimit, bytes <= byteLimit else {
            throw SourceError(
                .full,
                reason: "no room for \(count) records of \(bytes) bytes: there are \(row.count) of \(countLimit) "
                    + "records, \(row.bytes) of \(byteLimit) bytes; wait until some are too old, or allow more")
        }
        let first = row.first
        let (excess, limit) = (row.count + count - countLimit, row.total + bytes - byteLimit)
        try drop(&row, before: row.first + max(0, excess))
        if row.bytes + bytes > byteLimit {
            // The first that may stay has so many bytes before it, and its own.
            let end = try search(row) { $0.total >= limit }
            try drop(&row, before: min(row.last, end) + 1)
        }
        row.overflown += row.first - first
    }

    // MARK: - Going

    /// Forgets records that are too old, and shards that are.
    func purge(
        _ row: inout StreamRow, _ configuration: InMemoryStream.Configuration, _ now: Timestamp
    ) throws(SQLiteFault) {
        let limit = now.advanced(by: .zero - configuration.retention)
        try drop(&row, before: try firstKept(row, limit))
        let shards = try shardList(row)
        guard shards.all.contains(where: { $0.isForgotten(at: limit) }) else { return }
        forgetShards.bind(row.stream, 1)
        forgetShards.bind(limit, 2)
        forgetShards.bind(row.first, 3)
        if try forgetShards.change() > 0 { row.generation += 1 }
    }

    /// The first record that came later than `limit`; their times rise.
    func firstKept(_ row: StreamRow, _ limit: Timestamp) throws(SQLiteFault) -> Int64 {
        if row.count == 0 || row.arrived <= limit { return row.last + 1 }
        if try record(row.first, row).arrived > limit { return row.first }
        return try search(row) { $0.arrived > limit }
    }

    /// The first of the records that are kept for which something holds, as it does for all behind it; the next one to come if it
    /// does for none.
    func search(
        _ row: StreamRow, _ holds: ((arrived: Timestamp, total: Int64)) -> Bool
    ) throws(SQLiteFault) -> Int64 {
        var (low, high) = (row.first, row.last + 1)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(try record(middle, row)) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func record(_ number: Int64, _ row: StreamRow) throws(SQLiteFault) -> (arrived: Timestamp, total: Int64) {
        look.bind(Self.place(number, of: row.stream), 1)
        guard try look.step() else { throw SQLiteFault(damage: "record \(number) of stream \(row.stream) is missing") }
        defer { look.reset() }
        return (look.time(0), look.integer(1))
    }

    func drop(_ row: inout StreamRow, before number: Int64) throws(SQLiteFault) {
        guard number > row.first else { return }
        row.dropped = number > row.last ? row.total : try record(number - 1, row).total
        row.first = number
    }

    /// Deletes rows of records that are gone, a few at a time: how many there are to delete is bounded by nothing.
    func sweep(_ row: inout StreamRow, atMost limit: Int64) throws(SQLiteFault) {
        let end = min(row.first, row.floor + limit)
        guard row.floor < end else { return }
        delete.bind(Self.place(row.floor, of: row.stream), 1)
        delete.bind(Self.place(end, of: row.stream), 2)
        try delete.run()
        row.floor = end
    }

    /// Goes on deleting where nobody puts anything; returns whether there is more to delete.
    func sweep(
        _ stream: Int64, _ configuration: InMemoryStream.Configuration, now: Timestamp
    ) throws(SQLiteFault) -> Bool {
        var row = try row(stream)
        try purge(&row, configuration, now)
        try sweep(&row, atMost: Self.sweepStep)
        try write(row)
        return row.floor < row.first
    }
}

extension ShardRow {
    /// Whether it was closed so long ago that nothing of it is kept.
    func isForgotten(at limit: Timestamp) -> Bool { closedAt.map { $0 <= limit } ?? false }
}
