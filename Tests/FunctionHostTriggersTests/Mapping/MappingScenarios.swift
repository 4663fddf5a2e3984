// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// Mappings under everything at once, in many interleavings: failures, faults of the source, splits, pauses, and hosts that end at
/// any moment, with whoever goes on knowing no more than the checkpoints.
@Suite("Mapping scenarios") struct MappingScenarios {
    /// What was done with each record, and whether any rule was broken.
    private final class Account: Sendable {
        private struct State {
            var done: Set<Int> = []
            var given: Set<Int> = []
            var running: [String: Int] = [:]
            var inside = 0
            var most = 0
            var faults: Set<String> = []
        }

        private let state = Mutex(State())

        var done: Set<Int> { state.withLock { $0.done.union($0.given) } }
        var most: Int { state.withLock { $0.most } }
        var faults: Set<String> { state.withLock { $0.faults } }

        func fault(_ what: String) { state.withLock { _ = $0.faults.insert(what) } }

        /// A handler begins with records: nobody else has any of their keys, and of each key those before are done.
        func begin(_ numbers: [Int], keys: Int) {
            state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
                for key in Set(numbers.map { $0 % keys }) {
                    if state.running.updateValue(1, forKey: "\(key)") != nil {
                        state.faults.insert("a key runs twice at once")
                    }
                    let ofKey = numbers.filter { $0 % keys == key }
                    if ofKey != ofKey.sorted() { state.faults.insert("a batch is out of order") }
                    let first = ofKey[0]
                    for earlier in stride(from: key, to: first, by: keys)
                    where !state.done.contains(earlier) && !state.given.contains(earlier) {
                        state.faults.insert("a record runs before an earlier one of its key is done")
                    }
                }
            }
        }

        func end(_ numbers: [Int], keys: Int, done: some Sequence<Int>) {
            state.withLock { state in
                state.inside -= 1
                for key in Set(numbers.map { $0 % keys }) { state.running["\(key)"] = nil }
                state.done.formUnion(done)
            }
        }

        func giveUp(_ numbers: some Sequence<Int>) { state.withLock { $0.given.formUnion(numbers) } }
    }

    /// Checkpoints that are held against what is done.
    private struct CheckedCheckpoints: CheckpointStore {
        let inner = InMemoryCheckpoints()
        let account: Account
        let faults: Countdown
        /// The numbers of records with lower sequence numbers in the shard.
        let before: @Sendable (ShardID, SequenceNumber?) -> [Int]

        func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
            try await inner.checkpoints(of: mapping)
        }

        func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
            let passed: [Int] =
                switch checkpoint {
                case .finished: before(shard, nil)
                case .position(.from(let number)), .inWindow(_, .from(let number)): before(shard, number)
                case .position(.after(let number)), .inWindow(_, .after(let number)): before(shard, number.next)
                case .position, .inWindow: []
                }
            if !Set(passed).isSubset(of: account.done) {
                account.fault("a checkpoint passed a record that is not done")
            }
            if faults.take() { throw SourceError(.other, reason: "planted") }
            try await inner.save(checkpoint, of: mapping, shard: shard)
        }

        func forget(_ mapping: String) async throws { try await inner.forget(mapping) }
    }

    /// Tells the account of what is given up.
    private struct Graveyard: Destination {
        let name = "graveyard"
        let account: Account
        let fails: @Sendable () -> Bool
        let between: @Sendable (SequenceNumber, SequenceNumber) -> [Int]

        func deliver(_ delivery: Delivery) async throws {
            if fails() { throw HandlerFailure() }
            let text = String(decoding: delivery.record, as: UTF8.self)
            func number(_ key: String) -> SequenceNumber? {
                guard let start = text.ranges(of: "\"\(key)\":\"").first?.upperBound else { return nil }
                return SequenceNumber(text[start...].prefix { $0 != "\"" })
            }
            guard let first = number("startSequenceNumber"), let last = number("endSequenceNumber") else {
                return account.fault("a record of what is given up says not what")
            }
            account.giveUp(between(first, last))
        }
    }

    @Test(
        "Hosts that end at any moment, failures and splits: each record ends, in order, and no checkpoint is ahead",
        .everySeed, arguments: [1, 4])
    func stream(lanes: Int) async throws {
        let simulation = try #require(Simulation.current)
        let account = Account()
        let stream = TestStream(shards: 1)
        let keys = 5
        let total = 120
        let checkpoints = CheckedCheckpoints(account: account, faults: Countdown(simulation.random(in: 0...3))) {
            stream.numbers(in: $0, below: $1)
        }
        let graveyard = Graveyard(account: account, fails: { simulation.chance(0.5) }) {
            stream.numbers(from: $0, through: $1)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = simulation.random(in: 1...20)
        configuration.parallelizationFactor = lanes
        configuration.batchingWindow = simulation.chance(0.5) ? .zero : .seconds(2)
        configuration.maximumRetryAttempts = simulation.chance(0.5) ? nil : simulation.random(in: 0...3)
        configuration.bisectBatchOnFunctionError = simulation.chance(0.5)
        let end = Simulation.start.advanced(by: .seconds(400))
        try await withThrowingTaskGroup(of: Void.self) { [configuration] group in
            group.addTask {
                // Records come while hosts come and go, and the shard is split twice, each key keeping to one shard at a time.
                var shard = 0
                for number in 0..<total {
                    if number == 40 || number == 80 {
                        stream.add(ShardID("s\(shard + 1)"), parents: [ShardID("s\(shard)")])
                        shard += 1
                    }
                    stream.put([number], to: shard, key: { "\($0 % keys)" })
                    if simulation.chance(0.3) {
                        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...3_000)))
                    }
                }
            }
            group.addTask {
                while simulation.now < end, account.done.count < total {
                    let host = FunctionHost(system: .simulated(by: simulation))
                    let work = try host.register("work", configuration: .init(timeout: .seconds(20))) {
                        (batch: StreamBatch, context) in
                        let numbers = batch.records.map(\.number)
                        account.begin(numbers, keys: keys)
                        var done = 0
                        defer { account.end(numbers, keys: keys, done: numbers.prefix(done)) }
                        if simulation.chance(0.5) {
                            try await context.sleep(for: .milliseconds(simulation.random(in: 0...2_000)))
                        }
                        switch simulation.random(in: 0...9) {
                        case 0: throw HandlerFailure()
                        case 1:
                            done = simulation.random(in: 0...numbers.count - 1)
                            return StreamBatchResult.failed(from: batch.records[done].sequenceNumber)
                        default:
                            done = numbers.count
                            return .succeeded
                        }
                    }
                    let mapping = try host.map(
                        stream, to: work, configuration: configuration,
                        options: .init(name: "test", onFailure: graveyard, checkpoints: checkpoints))
                    if simulation.chance(0.3) { stream.fail(2) }
                    await withTaskGroup(of: Void.self) { life in
                        life.addTask { _ = try? await host.run() }
                        try? await simulation.advance(by: .milliseconds(simulation.random(in: 1...30_000)))
                        if simulation.chance(0.3) {
                            mapping.pause()
                            try? await simulation.advance(by: .milliseconds(simulation.random(in: 1...2_000)))
                            mapping.resume()
                        }
                        if simulation.chance(0.5) { host.triggerGracefulShutdown() } else { life.cancelAll() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(account.faults == [])
        #expect(account.done == Set(0..<total))
        #expect(account.most <= lanes)
        #expect(stream.subscriberCount == 0)
    }

    @Test(
        "Hosts that end at any moment share a queue: each message is done, groups in order, and no more run than may",
        .everySeed, arguments: [false, true])
    func queue(isFIFO: Bool) async throws {
        let simulation = try #require(Simulation.current)
        let account = Account()
        let groups = 4
        let total = 60
        let queue = try TestQueue(isFIFO: isFIFO, visibilityTimeout: .seconds(10))
        var configuration = QueueMappingConfiguration()
        configuration.maximumConcurrency = 3
        configuration.batchSize = simulation.random(in: 1...10)
        let end = Simulation.start.advanced(by: .seconds(600))
        let inside = [Occupancy(), Occupancy()]
        try await withThrowingTaskGroup(of: Void.self) { [configuration] group in
            group.addTask {
                for number in 0..<total {
                    queue.send([number]) { isFIFO ? "\($0 % groups)" : nil }
                    if simulation.chance(0.3) {
                        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...2_000)))
                    }
                }
            }
            for occupancy in inside {
                group.addTask {
                    while simulation.now < end, account.done.count < total {
                        let host = FunctionHost(system: .simulated(by: simulation))
                        let work = try host.register("work", configuration: .init(timeout: .seconds(40))) {
                            (batch: QueueBatch, context) in
                            let numbers = batch.messages.compactMap { Int($0.body) }
                            if isFIFO { account.begin(numbers, keys: groups) }
                            occupancy.enter()
                            var done: [Int] = []
                            defer {
                                occupancy.leave()
                                if isFIFO {
                                    account.end(numbers, keys: groups, done: done)
                                } else {
                                    account.giveUp(done)
                                }
                            }
                            if simulation.chance(0.5) {
                                try await context.sleep(for: .milliseconds(simulation.random(in: 0...20_000)))
                            }
                            if simulation.chance(0.2) { throw HandlerFailure() }
                            done = numbers
                        }
                        try host.map(queue, to: work, configuration: configuration)
                        await withTaskGroup(of: Void.self) { life in
                            life.addTask { _ = try? await host.run() }
                            try? await simulation.advance(by: .milliseconds(simulation.random(in: 1...60_000)))
                            if simulation.chance(0.5) { host.triggerGracefulShutdown() } else { life.cancelAll() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(account.faults == [])
        #expect(account.done == Set(0..<total))
        #expect(inside.allSatisfy { $0.most <= 3 })
        #expect(queue.left == [])
    }
}
