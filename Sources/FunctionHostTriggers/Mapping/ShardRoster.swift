// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Which shards of a stream are worked on, and which are next.
struct ShardRoster {
    /// Shards that are done with, told by their pollers.
    let finished: FinishedShards
    private let mapping: StreamMapping
    private let start: StreamMappingConfiguration.StartingPosition
    private let saved: [ShardID: ShardCheckpoint]
    private var begun: Set<ShardID> = []
    private var pollers: [ShardPoller] = []
    /// The shards that were there at the very first, which are begun at the starting position; nil until it is known.
    private var initial: Set<ShardID>?
    /// Whether the list of shards could not be had.
    private(set) var hasFailed = false

    /// - Returns: nil if the host shuts down before it is known how far the mapping has come.
    init?(
        of mapping: StreamMapping, _ start: StreamMappingConfiguration.StartingPosition, _ host: FunctionHost
    ) async {
        guard let saved = await mapping.checkpoints(host) else { return nil }
        self.mapping = mapping
        self.start = start
        self.saved = saved
        finished = FinishedShards(Set(saved.filter { $0.value == .finished }.keys))
        if !saved.isEmpty { initial = [] }
    }

    /// The shards whose turn has come, and where to begin in them: those whose parents are done with.
    mutating func beginning(_ host: FunctionHost) async -> [(ShardID, ShardStart)] {
        guard let shards = await mapping.shards(host) else {
            hasFailed = true
            return []
        }
        hasFailed = false
        let known = Set(shards.map(\.id))
        if initial == nil { initial = known }
        for poller in pollers where !known.contains(poller.shard) { poller.sourceForgot() }
        let done = finished.all
        // Of a shard that is done with only its name is kept: a source may list it for a while, or again.
        pollers.removeAll { done.contains($0.shard) }
        var beginning: [(ShardID, ShardStart)] = []
        for shard in shards where !begun.contains(shard.id) && !done.contains(shard.id) {
            // A parent that the source has forgotten may have records in hand.
            guard shard.parents.allSatisfy({ done.contains($0) || !known.contains($0) && !begun.contains($0) })
            else { continue }
            begun.insert(shard.id)
            beginning.append((shard.id, start(of: shard.id)))
        }
        return beginning
    }

    private func start(of shard: ShardID) -> ShardStart {
        switch saved[shard] {
        case .position(let position): return ShardStart(position: position)
        case .inWindow(let window, let position): return ShardStart(position: position, window: window)
        case .finished, nil: break
        }
        guard initial?.contains(shard) ?? false else { return ShardStart(position: .oldest) }
        return switch start {
        case .oldest: ShardStart(position: .oldest)
        case .latest: ShardStart(position: .latest)
        case .at(let time): ShardStart(position: .at(time))
        }
    }

    mutating func add(_ poller: ShardPoller) { pollers.append(poller) }

    /// No poller begins a batch any more.
    func stop() { for poller in pollers { poller.stop() } }
}

/// Where to begin in a shard.
struct ShardStart: Sendable {
    var position: StreamPosition
    /// The window that was open there.
    var window: OpenWindow?
}

/// Shards that have been read to their end.
final class FinishedShards: Sendable {
    private let shards: Mutex<Set<ShardID>>

    init(_ shards: Set<ShardID>) { self.shards = Mutex(shards) }

    var all: Set<ShardID> { shards.withLock { $0 } }
    func add(_ shard: ShardID) { shards.withLock { _ = $0.insert(shard) } }
}
