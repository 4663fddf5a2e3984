// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Synchronization

/// Who is told of what comes into a stream, by all that use it through one store.
final class StreamHub: Sendable {
    /// By shard, and nil for the list of shards.
    let subscribers = Subscribers<ShardID?>()
    /// A hint: where there is one shard, hash keys decide nothing and are not reckoned.
    private let isSingle = Atomic(false)

    var hasOneShard: Bool { isSingle.load(ordering: .relaxed) }

    func saw(openShards: Int) { isSingle.store(openShards == 1, ordering: .relaxed) }

    /// Records have come.
    func put(_ places: [RecordPlace]) {
        var last: ShardID?
        // Records of one call are mostly of one shard.
        for place in places where place.shard != last {
            subscribers.tell(place.shard)
            last = place.shard
        }
    }

    /// Shards were closed, and others opened.
    func resharded(_ closed: [ShardID]) {
        saw(openShards: 0)
        for shard in closed { subscribers.tell(shard) }
        subscribers.tell(nil)
    }
}
