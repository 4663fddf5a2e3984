// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

extension StreamTables {
    /// The shards that have not been forgotten.
    func shardList(_ row: StreamRow) throws(SQLiteFault) -> ShardList {
        if let known = shardLists[row.stream], known.generation == row.generation { return known }
        listShards.bind(row.stream, 1)
        var all: [ShardRow] = []
        while try listShards.step() {
            guard let first = listShards.text(1).flatMap({ UInt128($0) }),
                let last = listShards.text(2).flatMap({ UInt128($0) }), first <= last
            else { throw SQLiteFault(damage: "a shard of stream \(row.stream) has no hash keys") }
            all.append(
                ShardRow(
                    number: listShards.integer(0), hashKeys: first...last,
                    parents: [3, 4].filter { !listShards.isNull($0) }.map { listShards.integer($0) },
                    began: listShards.integer(5), ended: listShards.isNull(6) ? nil : listShards.integer(6),
                    closedAt: listShards.isNull(7) ? nil : listShards.time(7)))
        }
        let list = ShardList(generation: row.generation, all: all)
        guard !list.open.isEmpty else { throw SQLiteFault(damage: "stream \(row.stream) has no open shard") }
        shardLists[row.stream] = list
        return list
    }

    /// A shard that is known.
    func shard(_ id: ShardID, _ row: StreamRow, _ limit: Timestamp) throws -> ShardRow {
        guard let number = id.number, let shard = try shardList(row).all.first(where: { $0.number == number }),
            !shard.isForgotten(at: limit)
        else { throw SourceError(.shardNotFound, reason: "there is no shard \(id), or not any more") }
        return shard
    }

    /// The shards that there are, parents before their children.
    func shards(
        of stream: Int64, _ configuration: InMemoryStream.Configuration, now: Timestamp
    ) throws -> [ShardRow] {
        let limit = now.advanced(by: .zero - configuration.retention)
        return try shardList(try row(stream)).all.filter { !$0.isForgotten(at: limit) }
    }

    /// Closes a shard and opens two in its place.
    func split(
        _ id: ShardID, at hashKey: UInt128?, of stream: Int64, _ configuration: InMemoryStream.Configuration,
        now: Timestamp
    ) throws -> (ShardID, ShardID) {
        var row = try row(stream)
        try purge(&row, configuration, now)
        let shard = try openShard(id, row)
        let (lower, upper) = try shard.hashKeys.split(at: hashKey, of: id)
        try checkRoom(forShards: 2, row, configuration)
        try close(shard, &row, now)
        let children = (
            try add(lower, parents: [shard.number], to: &row), try add(upper, parents: [shard.number], to: &row)
        )
        try write(row)
        return children
    }

    /// Closes two shards that are neighbours and opens one in their place.
    func merge(
        _ id: ShardID, _ otherID: ShardID, of stream: Int64, _ configuration: InMemoryStream.Configuration,
        now: Timestamp
    ) throws -> ShardID {
        var row = try row(stream)
        try purge(&row, configuration, now)
        let (shard, other) = (try openShard(id, row), try openShard(otherID, row))
        let keys = try shard.hashKeys.merged(with: other.hashKeys, id, otherID)
        try checkRoom(forShards: 1, row, configuration)
        try close(shard, &row, now)
        try close(other, &row, now)
        let child = try add(keys, parents: [shard.number, other.number], to: &row)
        try write(row)
        return child
    }

    private func openShard(_ id: ShardID, _ row: StreamRow) throws -> ShardRow {
        let shard = try shard(id, row, Timestamp(nanoseconds: .min))
        guard shard.ended == nil else {
            throw SourceError(.invalidArgument, reason: "\(id) is closed: it was split or merged before")
        }
        return shard
    }

    private func checkRoom(
        forShards count: Int, _ row: StreamRow, _ configuration: InMemoryStream.Configuration
    ) throws {
        let known = try shardList(row).all.count
        guard known + count > configuration.shardLimit else { return }
        throw SourceError(
            .full,
            reason: "no room for \(count) more shards: there are \(known) of \(configuration.shardLimit), "
                + "closed ones included")
    }

    private func close(_ shard: ShardRow, _ row: inout StreamRow, _ now: Timestamp) throws(SQLiteFault) {
        // No earlier than its last record, which is to be kept as long as it is.
        row.arrived = max(row.arrived, now)
        closeShard.bind(row.stream, 1)
        closeShard.bind(shard.number, 2)
        closeShard.bind(row.last, 3)
        closeShard.bind(row.arrived, 4)
        try closeShard.run()
        row.generation += 1
    }

    /// Makes an open shard.
    func add(_ keys: HashKeys, parents: [Int64], to row: inout StreamRow) throws(SQLiteFault) -> ShardID {
        makeShard.bind(row.stream, 1)
        makeShard.bind(row.shards, 2)
        makeShard.bind(String(keys.lowerBound), 3)
        makeShard.bind(String(keys.upperBound), 4)
        makeShard.bind(parents.first, 5)
        makeShard.bind(parents.dropFirst().first, 6)
        makeShard.bind(row.last + 1, 7)
        try makeShard.run()
        defer {
            row.shards += 1
            row.generation += 1
        }
        return ShardID(number: Int(row.shards))
    }
}
