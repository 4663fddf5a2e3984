// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// What the file has of one stream, but its shards and records.
struct StreamRow {
    let stream: Int64
    /// Whether it holds the changes of a table.
    let isOfTable: Bool
    let began: Timestamp
    var last: Int64
    var total: Int64
    var arrived: Timestamp
    var first: Int64
    var dropped: Int64
    var floor: Int64
    var overflown: Int64
    var shards: Int64
    var generation: Int64

    /// How many records are kept.
    var count: Int64 { last - first + 1 }
    /// How many bytes they have.
    var bytes: Int64 { total - dropped }

    var numbers: StreamNumbers { isOfTable ? StreamNumbers(tableBeganAt: began) : StreamNumbers(beganAt: began) }

    /// The number of the record that is told by this, or of the next one to come.
    func number(of sequenceNumber: SequenceNumber) -> Int64 {
        Int64(min(UInt64(last) + 1, numbers.number(of: sequenceNumber, next: UInt64(last) + 1)))
    }
}

/// What the file has of one shard.
struct ShardRow: Sendable {
    let number: Int64
    let hashKeys: HashKeys
    let parents: [Int64]
    let began: Int64
    let ended: Int64?
    let closedAt: Timestamp?

    var id: ShardID { ShardID(number: Int(number)) }

    /// Whether no other shard was open as long as it was: all records of that time are its own.
    var isAlone: Bool { hashKeys == 0...UInt128.max }
}

/// The shards of a stream that are known.
struct ShardList {
    let generation: Int64
    /// In the order in which they were made.
    let all: [ShardRow]
    /// The open ones by their hash keys, of which they have all together.
    let open: [ShardRow]

    init(generation: Int64, all: [ShardRow]) {
        self.generation = generation
        self.all = all
        open = all.filter { $0.ended == nil }.sorted { $0.hashKeys.lowerBound < $1.hashKeys.lowerBound }
    }

    /// The open shard that has a hash key.
    func open(with hashKey: UInt128) -> ShardRow {
        var (low, high) = (0, open.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if open[middle].hashKeys.lowerBound <= hashKey { low = middle } else { high = middle - 1 }
        }
        return open[low]
    }
}

/// Where a record lies in the table of all streams.
enum RecordPlace46 {
    /// How many records a stream may have in all its life: at a million a second, two years' worth and more.
    static let bits: Int64 = 46
}
