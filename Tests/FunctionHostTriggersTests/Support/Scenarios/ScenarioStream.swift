// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization

/// A stream that takes its time and fails now and then, counts who listens, and does one thing wrong, or none.
struct ScenarioStream: StreamSource {
    let stream: InMemoryStream
    let simulation: Simulation
    let bug: MappingBug?
    let listeners = Occupancy()

    var arn: String { stream.arn }
    var pollInterval: Duration? { nil }

    func shards() async throws -> [Shard] {
        try await simulation.beRemote()
        let shards = try await stream.shards()
        guard bug == .childrenWithoutParents else { return shards }
        return shards.reversed().map { Shard(id: $0.id, isClosed: $0.isClosed) }
    }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        try await simulation.beRemote()
        var page = try await stream.read(shard, from: position, limit: limit)
        switch bug {
        case .recordComesTwice: if page.records.count > 1 { page.records.append(page.records[0]) }
        case .recordIsSkipped:
            if page.records.count > 1, simulation.chance(0.3) { page.records.remove(at: page.records.count / 2) }
        case .openShardEnds: if page.records.isEmpty, simulation.chance(0.1) { page.next = nil }
        case .keyIsAnother: page.records = page.records.map { changed($0, key: "\(simulation.random(in: 0...9))") }
        case .recordsLookOlder: page.records = page.records.map { changed($0, later: .seconds(-20)) }
        case .recordsLookYounger: page.records = page.records.map { changed($0, later: .seconds(20)) }
        default: break
        }
        return page
    }

    private func changed(_ record: StreamRecord, key: String? = nil, later: Duration = .zero) -> StreamRecord {
        StreamRecord(
            sequenceNumber: record.sequenceNumber, partitionKey: key ?? record.partitionKey,
            arrivedAt: record.arrivedAt.advanced(by: later), data: record.data)
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        listeners.enter()
        let subscription = stream.subscribe(to: shard) {
            if bug != .streamWakeUpIsLost || simulation.chance(0.8) { changed() }
        }
        return SourceSubscription {
            if bug != .subscriptionStays || simulation.chance(0.8) { listeners.leave() }
            subscription.cancel()
        }
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] { stream.event(of: records, shard: shard) }
}

extension Simulation {
    /// Takes a while now and then, and may fail instead.
    func beRemote(mayFail: Bool = true) async throws {
        // Somebody far away has had the message, and does what it says, though whoever asked is cut off.
        if chance(0.2) { try? await advance(by: .milliseconds(random(in: 1...50))) }
        if mayFail, chance(0.02) { throw SourceError(.other, reason: "planted") }
    }
}

/// Checkpoints that are kept wrongly, or rightly.
struct ScenarioCheckpoints: CheckpointStore {
    let simulation: Simulation
    let bug: MappingBug?
    let inner = InMemoryCheckpoints()

    private func name(_ mapping: String) -> String { bug == .checkpointsAreOfAll ? "all" : mapping }

    func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        try await inner.checkpoints(of: name(mapping))
    }

    func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        try await simulation.beRemote()
        switch (bug, checkpoint) {
        case (.checkpointIsForgotten, _) where simulation.chance(0.3): return
        case (.checkpointIsAhead, .position(.from(let number))):
            try await inner.save(.position(.after(number)), of: name(mapping), shard: shard)
        default: try await inner.save(checkpoint, of: name(mapping), shard: shard)
        }
    }

    func forget(_ mapping: String) async throws { try await inner.forget(name(mapping)) }
}
