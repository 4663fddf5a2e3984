// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension StreamStateMachine {
    /// The shards that there are, in the order in which they were made: parents before their children.
    func shards() -> [Shard] {
        slots.compactMap { $0 }.sorted { $0.id < $1.id }.map { shard in
            Shard(
                id: shard.id, parents: shard.parents.filter { index[$0] != nil }, isClosed: shard.isClosed)
        }
    }

    /// The hash keys of a shard; nil if there is none of this name.
    func hashKeys(of shard: ShardID) -> ClosedRange<UInt128>? { index[shard].flatMap { slots[$0]?.hashKeys } }

    /// Closes a shard and opens two in its place, the second from `hashKey` on, or from the middle.
    mutating func split(
        _ shard: ShardID, at hashKey: UInt128?, now: Timestamp
    ) throws(SourceError) -> (ShardID, ShardID) {
        purge(now: now)
        let slot = try openSlot(of: shard)
        let keys = slots[slot]!.hashKeys
        let (lower, upper) = try keys.split(at: hashKey, of: shard)
        try checkRoom(forShards: 2)
        close(slot, now)
        let place = openIndex(of: keys.lowerBound)
        let left = makeShard(lower, parents: [shard])
        let right = makeShard(upper, parents: [shard])
        open.replaceSubrange(place...place, with: [(lower.lowerBound, left), (upper.lowerBound, right)])
        return (slots[left]!.id, slots[right]!.id)
    }

    /// Closes two shards that are neighbours and opens one in their place.
    mutating func merge(_ shard: ShardID, _ other: ShardID, now: Timestamp) throws(SourceError) -> ShardID {
        purge(now: now)
        let (first, second) = (try openSlot(of: shard), try openSlot(of: other))
        let keys = try slots[first]!.hashKeys.merged(with: slots[second]!.hashKeys, shard, other)
        try checkRoom(forShards: 1)
        close(first, now)
        close(second, now)
        let place = openIndex(of: keys.lowerBound)
        // As the service has it, the shard that was named first is the parent, and the other one the adjacent parent.
        let child = makeShard(keys, parents: [shard, other])
        open.replaceSubrange(place...(place + 1), with: [(keys.lowerBound, child)])
        return slots[child]!.id
    }

    /// Makes an open shard, which the list of them does not have yet.
    mutating func makeShard(_ hashKeys: ClosedRange<UInt128>, parents: [ShardID]) -> Int {
        let id = ShardID(number: shardsMade)
        shardsMade += 1
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(nil) }
        slots[slot] = ShardLog(id: id, parents: parents, hashKeys: hashKeys)
        index[id] = slot
        return slot
    }

    private mutating func close(_ slot: Int, _ now: Timestamp) {
        slots[slot]!.isClosed = true
        closed.append((slot, now))
    }

    private func openSlot(of shard: ShardID) throws(SourceError) -> Int {
        let slot = try self.slot(of: shard)
        guard !slots[slot]!.isClosed else {
            throw SourceError(.invalidArgument, reason: "\(shard) is closed: it was split or merged before")
        }
        return slot
    }

    func slot(of shard: ShardID) throws(SourceError) -> Int {
        guard let slot = index[shard] else {
            throw SourceError(.shardNotFound, reason: "there is no shard \(shard), or not any more")
        }
        return slot
    }

    private func checkRoom(forShards count: Int) throws(SourceError) {
        guard index.count + count > configuration.shardLimit else { return }
        throw SourceError(
            .full,
            reason: "no room for \(count) more shards: there are \(index.count) of \(configuration.shardLimit), "
                + "closed ones included")
    }
}
