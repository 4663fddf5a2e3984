// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Mappings under everything at once, in many interleavings: failures, faults of the source, splits, pauses, and hosts that end at
/// any moment, with whoever goes on knowing no more than the checkpoints.
@Suite("Mapping scenarios") struct MappingScenarios {
    @Test(
        "Hosts that end at any moment, failures and splits: each record ends, in order, and no checkpoint is ahead",
        .everySeed, arguments: [1, 4])
    func stream(lanes: Int) async throws {
        let simulation = try #require(Simulation.current)
        let keys = 5
        let account = MappingAccount(keys: keys, limit: lanes)
        let stream = TestStream(shards: 1)
        let total = 120
        let failing = FailingCheckpoints(failures: Countdown(simulation.random(in: 0...3)))
        let checkpoints = CheckedCheckpoints(inner: failing, account: account) { stream.numbers(in: $0, below: $1) }
        let graveyard = Graveyard(fails: { simulation.chance(0.5) }) {
            account.giveUp(stream.numbers(from: $0, through: $1))
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
                    account.announce(number)
                    stream.put([number], to: shard, key: { "\($0 % keys)" })
                    if simulation.chance(0.3) {
                        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...3_000)))
                    }
                }
            }
            group.addTask {
                while simulation.now < end, account.ended.count < total {
                    let host = FunctionHost(system: .simulated(by: simulation))
                    let work = try host.register("work", configuration: .init(timeout: .seconds(20))) {
                        (batch: StreamBatch, context) in
                        let numbers = batch.records.map(\.number)
                        account.begin(numbers)
                        var done = 0
                        defer { account.end(numbers, done: numbers.prefix(done)) }
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
        #expect(account.broken == [])
        #expect(account.ended == Set(0..<total))
        #expect(stream.subscriberCount == 0)
    }

    @Test(
        "Hosts that end at any moment share a queue: each message is done, groups in order, and no more run than may",
        .everySeed, arguments: [false, true])
    func queue(isFIFO: Bool) async throws {
        let simulation = try #require(Simulation.current)
        let groups = 4
        let account = MappingAccount(keys: isFIFO ? groups : nil)
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
                    account.announce(number)
                    queue.send([number]) { isFIFO ? "\($0 % groups)" : nil }
                    if simulation.chance(0.3) {
                        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...2_000)))
                    }
                }
            }
            for occupancy in inside {
                group.addTask {
                    while simulation.now < end, account.ended.count < total {
                        let host = FunctionHost(system: .simulated(by: simulation))
                        let work = try host.register("work", configuration: .init(timeout: .seconds(40))) {
                            (batch: QueueBatch, context) in
                            let numbers = batch.messages.compactMap { Int($0.body) }
                            account.begin(numbers)
                            occupancy.enter()
                            var done: [Int] = []
                            defer {
                                occupancy.leave()
                                account.end(numbers, done: done)
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
        #expect(account.broken == [])
        #expect(account.ended == Set(0..<total))
        #expect(inside.allSatisfy { $0.most <= 3 })
        #expect(queue.left == [])
    }
}
