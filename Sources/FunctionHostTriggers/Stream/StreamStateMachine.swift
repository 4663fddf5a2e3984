// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The shards of a stream that lives in memory, and their records.
///
/// ```
///          put                    split, merge            too old, and so are its records
///  open ─────────▶ open    open ───────────────▶ closed ──────────────────────────────────▶ forgotten
/// ```
///
/// All records are numbered in the order in which they came, whatever their shard: so those of a shard rise, and those of its
/// children are higher. They are dropped in that order too, and a queue of shards, one for each record, says whose is next.
struct StreamStateMachine: Sendable {
    struct Entry: Sendable {
        var number: UInt64
        /// On the clock that is never set, which says how old it is.
        var cameAt: Timestamp
        /// By the calendar, but never before one that came earlier.
        var arrivedAt: Timestamp
        var partitionKey: String
        var data: [UInt8]

        var size: Int { data.count + partitionKey.utf8.count }
    }

    struct ShardLog: Sendable {
        var id: ShardID
        var parents: [ShardID]
        var hashKeys: ClosedRange<UInt128>
        var isClosed = false
        var entries = ChunkedQueue<Entry>()
    }

    let configuration: InMemoryStream.Configuration
    /// In nanoseconds.
    private let retention: Int64
    /// What numbers are added to: the stream's beginning, so that those of an earlier life are lower.
    let base: SequenceNumber
    var nextNumber: UInt64 = 1
    var slots: ContiguousArray<ShardLog?> = []
    var freeSlots: [Int] = []
    var index: [ShardID: Int] = [:]
    var shardsMade = 0
    /// The open shards by the first hash key of each; together they have all keys.
    var open: [(start: UInt128, slot: Int)] = []
    /// The closed ones, in the order in which they were closed.
    var closed = ChunkedQueue<(slot: Int, closedAt: Timestamp)>()
    /// The shard of each record, in the order of their numbers.
    private var order = ChunkedQueue<Int32>()
    private(set) var bytes = 0
    private(set) var overflown = 0
    private var lastCameAt = Timestamp(nanoseconds: .min)
    private var lastArrivedAt = Timestamp(nanoseconds: .min)

    /// - Parameter base: What numbers are added to; nil for one as Kinesis has.
    init(
        shardCount: Int, configuration: InMemoryStream.Configuration, wallTime: Timestamp, base: SequenceNumber? = nil
    ) {
        self.configuration = configuration
        retention = configuration.retention.wholeNanoseconds
        self.base = base ?? Self.base(at: wallTime)
        for number in 0..<shardCount {
            let start = number == 0 ? 0 : Self.start(number, of: shardCount)
            let end = number == shardCount - 1 ? UInt128.max : Self.start(number + 1, of: shardCount) - 1
            open.append((start, makeShard(start...end, parents: [])))
        }
    }

    /// Where the shard of this number begins of so many, more than one.
    private static func start(_ number: Int, of count: Int) -> UInt128 {
        UInt128(count).dividingFullWidth((1, 0)).quotient * UInt128(number)
    }

    /// 56 digits as Kinesis has them: four that are always the same, 16 of microseconds since 1970, and 36 zeros to count in.
    private static func base(at wallTime: Timestamp) -> SequenceNumber {
        let microseconds = UInt128(max(0, wallTime.nanoseconds) / 1_000)
        let beginning = 49_650_000_000_000_000_000 + microseconds
        let product = beginning.multipliedFullWidth(by: 1_000_000_000_000_000_000_000_000_000_000_000_000)
        return SequenceNumber(high: UInt64(truncatingIfNeeded: product.high), low: product.low)
    }

    var recordCount: Int { order.count }

    // MARK: - Coming

    /// Takes in records: all of them, or none. Where no hash key is given it is reckoned if it matters.
    mutating func put(
        _ records: [(record: RecordEntry, hashKey: UInt128?)], now: Timestamp, wallTime: Timestamp
    ) throws(SourceError) -> [RecordPlace] {
        try makeRoom(count: records.count, bytes: records.reduce(0) { $0 + $1.record.size }, now)
        return records.map { accept($0.record, $0.hashKey, now, wallTime) }
    }

    /// Takes in one record.
    mutating func put(
        _ record: RecordEntry, hashKey: UInt128?, now: Timestamp, wallTime: Timestamp
    ) throws(SourceError) -> RecordPlace {
        try makeRoom(count: 1, bytes: record.size, now)
        return accept(record, hashKey, now, wallTime)
    }

    private mutating func accept(
        _ record: RecordEntry, _ hashKey: UInt128?, _ now: Timestamp, _ wallTime: Timestamp
    ) -> RecordPlace {
        let slot = open.count == 1 ? open[0].slot : open[openIndex(of: hashKey ?? record.hashKey)].slot
        let number = nextNumber
        nextNumber += 1
        lastCameAt = max(lastCameAt, now)
        lastArrivedAt = max(lastArrivedAt, wallTime)
        bytes += record.size
        order.append(Int32(slot))
        slots[slot]!.entries.append(
            Entry(
                number: number, cameAt: lastCameAt, arrivedAt: lastArrivedAt, partitionKey: record.partitionKey,
                data: record.data))
        return RecordPlace(shard: slots[slot]!.id, sequenceNumber: base.advanced(by: number))
    }

    /// Which of the open shards has a hash key.
    func openIndex(of hashKey: UInt128) -> Int {
        var (low, high) = (0, open.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if open[middle].start <= hashKey { low = middle } else { high = middle - 1 }
        }
        return low
    }

    // MARK: - Going

    private mutating func makeRoom(count: Int, bytes more: Int, _ now: Timestamp) throws(SourceError) {
        purge(now: now)
        let (countLimit, byteLimit) = (configuration.recordLimit, configuration.byteLimit)
        while order.count + count > countLimit || bytes + more > byteLimit {
            guard configuration.overflow == .dropOldest, count <= countLimit, more <= byteLimit else {
                throw SourceError(
                    .full,
                    reason: "no room for \(count) records of \(more) bytes: there are \(order.count) of \(countLimit) "
                        + "records, \(bytes) of \(byteLimit) bytes; wait until some are too old, or allow more")
            }
            dropFirst()
            overflown += 1
        }
    }

    /// Drops records that are too old, and forgets shards that are.
    mutating func purge(now: Timestamp) {
        let limit = now.advanced(byNanoseconds: -retention)
        while let oldest = oldestCameAt, oldest <= limit { dropFirst() }
        while let (slot, closedAt) = closed.first, closedAt <= limit {
            _ = closed.popFirst()
            if let shard = slots[slot].take() { index[shard.id] = nil }
            freeSlots.append(slot)
        }
    }

    private mutating func dropFirst() {
        guard let slot = order.popFirst(), let entry = slots[Int(slot)]?.entries.popFirst() else { return }
        bytes -= entry.size
    }

    /// How long ago the oldest record came; nil if there is none.
    func ageOfOldest(now: Timestamp) -> Duration? {
        oldestCameAt.map { max(.zero, $0.duration(to: now)) }
    }

    private var oldestCameAt: Timestamp? {
        guard let slot = order.first else { return nil }
        return slots[Int(slot)]?.entries.read(0) { $0.cameAt }
    }
}
