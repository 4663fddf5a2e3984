// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// What a test leaves for itself to look at, in order.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])

    var all: [Note] { notes.withLock { $0 } }
    var count: Int { notes.withLock { $0.count } }
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
}

/// How many are inside at one time.
final class Occupancy: Sendable {
    private let state = Mutex((inside: 0, most: 0))

    var most: Int { state.withLock { $0.most } }
    var isEmpty: Bool { state.withLock { $0.inside == 0 } }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
}

/// A handler's failure.
struct HandlerFailure: Error {}

/// Takes the records of batches that are given up.
struct Letters: Destination {
    let name = "letters"
    let all = Notes<String>()
    /// How many deliveries fail first.
    var failures = Countdown(0)

    func deliver(_ delivery: Delivery) async throws {
        if failures.take() { throw HandlerFailure() }
        all.add(String(decoding: delivery.record, as: UTF8.self))
    }
}

/// So many times yes.
final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    func take() -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}

/// Hears of mappings.
struct MappingEvents: HostObserver {
    let delivery = ObserverDelivery.immediate
    let all = Notes<MappingEvent>()

    func told(_ event: any ServiceEvent) {
        if let event = event as? MappingEvent { all.add(event) }
    }

    /// What was told, without shard and name.
    var texts: [String] {
        all.all.map { event in
            switch event.kind {
            case .batchEnded(let records, let result, _): "\(records) \(result.rawValue)"
            case .discarded(let records, let condition): "\(records) \(condition)"
            case .destinationFailed(let records, _): "\(records) not told"
            case .sourceFailed: "source failed"
            case .checkpointFailed: "checkpoint failed"
            }
        }
    }
}

/// A host in the simulation of this test, with a stream and all that was seen of it.
final class MappingRig: Sendable {
    let host: FunctionHost
    let simulation: Simulation
    let stream: TestStream
    let events = MappingEvents()
    let checkpoints = InMemoryCheckpoints()
    let letters: Letters
    /// The batches that handlers were given, by the numbers in their records.
    let batches = Notes<[Int]>()

    init(shards: Int = 1, concurrency: Int = 20, letters: Letters = Letters()) throws {
        simulation = try #require(Simulation.current)
        stream = TestStream(shards: shards)
        self.letters = letters
        var configuration = FunctionHost.Configuration(concurrency: concurrency)
        configuration.drainTimeout = .seconds(10)
        configuration.cancellationGrace = .seconds(4)
        host = FunctionHost(configuration: configuration, observers: [events], system: .simulated(by: simulation))
    }

    func pass(_ duration: Duration) async throws { try await simulation.advance(by: duration) }

    /// Maps the stream to a function that does `body` with the numbers of each batch.
    func map(
        from position: StreamMappingConfiguration.StartingPosition = .oldest,
        filter: (@Sendable (StreamRecord) -> Bool)? = nil,
        configured change: (inout StreamMappingConfiguration) -> Void = { _ in },
        doing body: @escaping @Sendable ([Int]) async throws -> Void = { _ in }
    ) throws -> StreamMapping {
        let work = try host.register("work", configuration: .init(timeout: .seconds(60))) {
            [batches] (batch: StreamBatch, _) in
            let numbers = batch.records.map(\.number)
            batches.add(numbers)
            try await body(numbers)
        }
        var configuration = StreamMappingConfiguration(startingPosition: position)
        change(&configuration)
        return try host.map(
            stream, to: work, configuration: configuration,
            options: .init(name: "test", filter: filter, onFailure: letters, checkpoints: checkpoints))
    }

    /// Maps it to a function that answers which of the numbers failed.
    func mapAnswering(
        configured change: (inout StreamMappingConfiguration) -> Void = { _ in },
        doing body: @escaping @Sendable (StreamBatch) async throws -> StreamBatchResult
    ) throws -> StreamMapping {
        let work = try host.register("work") { [batches] (batch: StreamBatch, _) in
            batches.add(batch.records.map(\.number))
            return try await body(batch)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        change(&configuration)
        return try host.map(
            stream, to: work, configuration: configuration,
            options: .init(name: "test", onFailure: letters, checkpoints: checkpoints))
    }

    /// Where the mapping would go on in a shard.
    func checkpoint(_ shard: Int = 0) async throws -> ShardCheckpoint? {
        try await checkpoints.checkpoints(of: "test")[ShardID("s\(shard)")]
    }
}
