// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// Reads a stream of a file, whatever its records are.
struct StreamReader: Sendable {
    /// How many bytes one read gives at most, but for a first record that has more.
    static let byteLimit = 8 << 20

    let store: SQLiteStore
    let number: Int64
    let configuration: InMemoryStream.Configuration
    let clock: any HostClock
    let hub: StreamHub

    /// The shards that there are, parents before their children.
    func shards() async throws -> [Shard] {
        let rows = try await rows()
        let known = Set(rows.map(\.number))
        return rows.map { row in
            Shard(
                id: row.id, parents: row.parents.filter { known.contains($0) }.map { ShardID(number: Int($0)) },
                isClosed: row.ended != nil)
        }
    }

    func rows() async throws -> [ShardRow] {
        let (now, configuration, number) = (clock.wallTime, configuration, number)
        let rows = try await store.look(StreamTables.self) { try $0.shards(of: number, configuration, now: now) }
        hub.saw(openShards: rows.count { $0.ended == nil })
        return rows
    }

    /// Records of a shard from a position on.
    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        let (now, configuration, number) = (clock.wallTime, configuration, number)
        let reading = try await store.look(StreamTables.self) { tables in
            try tables.read(
                shard, of: number, from: position, limit: limit, bytes: Self.byteLimit, configuration, now: now)
        }
        if reading.shouldSweep {
            // Nobody has to wait for a fault of this: whoever comes next tries again, and is told if it is the file's.
            _ = try? await store.change(StreamTables.self) { try $0.sweep(number, configuration, now: now) }
        }
        return reading.page
    }
}
