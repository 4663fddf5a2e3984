// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension StreamStateMachine {
    /// Records of a shard from a position on, no more than `limit`.
    ///
    /// Costs the logarithm of how many there are to find the first, and nothing for what is not read.
    mutating func read(
        _ shard: ShardID, from position: StreamPosition, limit: Int, now: Timestamp
    ) throws(SourceError) -> StreamPage {
        purge(now: now)
        let slot = try slot(of: shard)
        let isClosed = slots[slot]!.isClosed
        return page(of: slots[slot]!.entries, isClosed: isClosed, from: position, limit: limit, now)
    }

    private func page(
        of entries: borrowing ChunkedQueue<Entry>, isClosed: Bool, from position: StreamPosition, limit: Int,
        _ now: Timestamp
    ) -> StreamPage {
        let start = first(from: position, in: entries)
        let end = start + min(max(0, limit), entries.count - start)
        var records: [StreamRecord] = []
        records.reserveCapacity(end - start)
        for place in start..<end { records.append(record(entries[place])) }
        let isAtEnd = end == entries.count
        return StreamPage(
            records: records, next: isAtEnd && isClosed ? nil : next(after: records.last, position),
            behindLatest: isAtEnd ? .zero : max(.zero, entries[end].cameAt.duration(to: now)))
    }

    /// Where to read on: what was asked for stays, unless a record was found behind it, or it means this moment.
    private func next(after last: StreamRecord?, _ position: StreamPosition) -> StreamPosition {
        if let last { return .after(last.sequenceNumber) }
        if case .latest = position { return .from(numbers[nextNumber]) }
        return position
    }

    private func first(from position: StreamPosition, in entries: borrowing ChunkedQueue<Entry>) -> Int {
        switch position {
        case .oldest: return 0
        case .latest: return entries.count
        case .at(let time): return entries.count { $0.arrivedAt < time }
        case .from(let number):
            let number = self.number(of: number)
            return entries.count { $0.number < number }
        case .after(let number):
            let number = self.number(of: number)
            return entries.count { $0.number <= number }
        }
    }

    private func number(of sequenceNumber: SequenceNumber) -> UInt64 {
        numbers.number(of: sequenceNumber, next: nextNumber)
    }

    private func record(_ entry: Entry) -> StreamRecord {
        StreamRecord(
            sequenceNumber: numbers[entry.number], partitionKey: entry.partitionKey,
            arrivedAt: entry.arrivedAt, data: entry.data)
    }
}
