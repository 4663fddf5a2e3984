// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// Tumbling windows while hosts end at any moment: each record is reckoned once, in its window.
@Suite("Window scenarios") struct WindowScenarios {
    /// What was told at the ends of windows.
    private final class Ledger: Sendable {
        private struct Key: Hashable {
            var shard: ShardID
            var start: Timestamp
        }

        private struct State {
            /// The same end may be told more than once, with the same state.
            var ends: [Key: Set<[Int]>] = [:]
            var faults: Set<String> = []
        }

        private let state = Mutex(State())

        var faults: Set<String> { state.withLock { $0.faults } }
        /// All that was reckoned, as often as it was in different windows.
        var reckoned: [Int] { state.withLock { $0.ends.values.flatMap { $0.first ?? [] } } }

        func fault(_ what: String) { state.withLock { _ = $0.faults.insert(what) } }

        func end(_ batch: WindowBatch<[Int]>) {
            state.withLock { state in
                if !batch.records.isEmpty { state.faults.insert("the end of a window has records") }
                let key = Key(shard: batch.shard, start: batch.window.start)
                state.ends[key, default: []].insert(batch.state ?? [])
                if state.ends[key]!.count > 1 { state.faults.insert("a window ended twice with different states") }
            }
        }
    }

    @Test(
        "Hosts that end at any moment, failures and splits: each record is reckoned once, in the window it came in",
        .everySeed)
    func windows() async throws {
        let simulation = try #require(Simulation.current)
        let ledger = Ledger()
        let stream = TestStream(shards: 1)
        let checkpoints = FailingCheckpoints(failures: Countdown(simulation.random(in: 0...3)))
        let total = 80
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(simulation.random(in: 5...40))
        configuration.batchSize = simulation.random(in: 1...15)
        configuration.batchingWindow = simulation.chance(0.5) ? .zero : .seconds(2)
        configuration.bisectBatchOnFunctionError = simulation.chance(0.5)
        let window = configuration.tumblingWindow!
        let end = Simulation.start.advanced(by: .seconds(600))
        try await withThrowingTaskGroup(of: Void.self) { [configuration] group in
            group.addTask {
                var shard = 0
                for number in 0..<total {
                    if number == 50 {
                        stream.add(ShardID("s1"), parents: [ShardID("s0")])
                        shard = 1
                    }
                    stream.put([number], to: shard)
                    if simulation.chance(0.5) {
                        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...4_000)))
                    }
                }
            }
            group.addTask {
                while simulation.now < end, Set(ledger.reckoned).count < total {
                    let host = FunctionHost(system: .simulated(by: simulation))
                    let work = try host.register("work", configuration: .init(timeout: .seconds(20))) {
                        (batch: WindowBatch<[Int]>, context) in
                        let numbers = batch.records.map(\.number)
                        for record in batch.records {
                            if TumblingWindow(of: window, around: record.arrivedAt) != batch.window {
                                ledger.fault("a record is in another window than its own")
                            }
                        }
                        let state = batch.state ?? []
                        if let first = numbers.first, let last = state.last, first != last + 1 {
                            ledger.fault("a batch does not follow the state it is given")
                        }
                        if simulation.chance(0.5) {
                            try await context.sleep(for: .milliseconds(simulation.random(in: 0...2_000)))
                        }
                        switch simulation.random(in: 0...9) {
                        case 0: throw HandlerFailure()
                        case 1 where !numbers.isEmpty:
                            let done = simulation.random(in: 0...numbers.count - 1)
                            return WindowBatchResult(
                                state: state + numbers.prefix(done),
                                records: .failed(from: batch.records[done].sequenceNumber))
                        default:
                            if batch.isFinal { ledger.end(batch) }
                            return WindowBatchResult(state: state + numbers)
                        }
                    }
                    try host.map(
                        stream, to: work, configuration: configuration,
                        options: .init(name: "test", checkpoints: checkpoints))
                    if simulation.chance(0.3) { stream.fail(2) }
                    await withTaskGroup(of: Void.self) { life in
                        life.addTask { _ = try? await host.run() }
                        try? await simulation.advance(by: .milliseconds(simulation.random(in: 1...60_000)))
                        if simulation.chance(0.5) { host.triggerGracefulShutdown() } else { life.cancelAll() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(ledger.faults == [])
        #expect(ledger.reckoned.sorted() == Array(0..<total))
    }
}

/// Checkpoints in memory, whose first savings fail.
struct FailingCheckpoints: CheckpointStore {
    let inner = InMemoryCheckpoints()
    let failures: Countdown

    func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        try await inner.checkpoints(of: mapping)
    }

    func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        if failures.take() { throw SourceError(.other, reason: "planted") }
        try await inner.save(checkpoint, of: mapping, shard: shard)
    }

    func forget(_ mapping: String) async throws { try await inner.forget(mapping) }
}
