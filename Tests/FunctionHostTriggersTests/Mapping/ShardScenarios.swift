// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// Mappings of streams while shards come and go, hosts end, and functions fail, are changed and are turned away.
@Suite("Shard scenarios", .everySeed) struct ShardScenarios {
    @Test(
        "Shards split and merge at any moment: parents come first, keys keep their order on their way, nothing is lost")
    func tree() async throws {
        let broken = try await Self.tree()
        #expect(broken == [])
    }

    static func tree(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(bug)
        return try await world.run(30) { _ in
            if world.simulation.chance(0.2) { try world.reshard() }
        } begin: {
            try world.map(on: $0, world.configuration())
        }
    }

    @Test("Shards are forgotten as their records become too old: what was kept when it was read is done, in order")
    func forgetting() async throws {
        let broken = try await Self.forgetting()
        #expect(broken == [])
    }

    static func forgetting(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(retention: .seconds(40), bug)
        return try await world.run(30, isMortal: false, pause: 20) { _ in
            if world.simulation.chance(0.2) { try world.reshard() }
        } begin: { host in
            var configuration = world.configuration()
            // Fast enough, or what is too old would be gone before it is read.
            configuration.batchSize += 4
            return try world.map(on: host, configuration, outcome: { _ in .done })
        }
    }

    @Test("Bisecting and a limit of retries give up what is poison, and nothing else")
    func poison() async throws {
        let broken = try await Self.poison()
        #expect(broken == [])
    }

    static func poison(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(bug)
        let poison = Set((0..<30).filter { _ in world.simulation.chance(0.1) })
        let broken = try await world.run(30) { _ in
            if world.simulation.chance(0.05) { try world.reshard() }
        } begin: { host in
            var configuration = world.configuration()
            configuration.bisectBatchOnFunctionError = true
            configuration.maximumRetryAttempts = world.simulation.random(in: 0...2)
            return try world.map(on: host, configuration, outcome: { world.fail($0, where: poison.contains) })
        }
        world.account().expect(world.account().givenUp.isSubset(of: poison), .onlyPoison)
        world.account().expect(world.account().givenUp == poison, .poisonGivenUp)
        return broken.union(world.account().broken)
    }

    @Test(
        "A mapping is paused, resumed and changed at any moment: nothing runs in a pause, nothing is lost or turned round"
    )
    func changes() async throws {
        let broken = try await Self.changes()
        #expect(broken == [])
    }

    static func changes(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(bug)
        return try await world.run(30, isMortal: false) { _ in
            if world.simulation.chance(0.1) { try world.reshard() }
        } begin: {
            try world.map(on: $0, world.configuration())
        } meanwhile: { _, mapping in
            for _ in 0..<8 {
                try await world.simulation.advance(by: .milliseconds(world.simulation.random(in: 0...4_000)))
                if world.simulation.chance(0.5) {
                    try mapping.update { $0 = world.configuration() }
                } else {
                    try await world.pause(mapping)
                }
            }
        }
    }

    @Test("Windows whose length is changed at any moment: each record is reckoned once, in one window")
    func windows() async throws {
        let broken = try await Self.windows()
        #expect(broken == [])
    }

    static func windows(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(shards: 1, bug)
        @Sendable func change(_ configuration: inout StreamMappingConfiguration) {
            configuration.batchSize = world.simulation.random(in: 1...8)
            configuration.tumblingWindow = .seconds(world.simulation.random(in: 5...40))
        }
        let ended = Notes<[Int]>()
        var broken: Set<MappingRule> = try await world.run(30, isMortal: false) { host in
            let work = try host.register("work", configuration: .init(timeout: .seconds(60))) {
                (batch: WindowBatch<[Int]>, context) -> WindowBatchResult<[Int]> in
                let plain = StreamBatch(records: batch.records, shard: batch.shard)
                if batch.isFinal {
                    ended.add(batch.state ?? [])
                    return WindowBatchResult(state: [])
                }
                let result: StreamBatchResult = try await world.work(
                    plain, context, world.account(), outcome: world.someFail)
                let done = batch.records.prefix { result != .failed(from: $0.sequenceNumber) }.map(\.number)
                return WindowBatchResult(state: (batch.state ?? []) + done, records: result)
            }
            var configuration = StreamMappingConfiguration(startingPosition: .oldest)
            change(&configuration)
            return try host.map(world.source, to: work, configuration: configuration, options: world.options())
        } meanwhile: { _, mapping in
            for _ in 0..<5 {
                try await world.simulation.advance(by: .milliseconds(world.simulation.random(in: 0...8_000)))
                try mapping.update(change)
            }
        }
        let all = ended.all.flatMap { $0 }
        if Set(all).count < all.count { broken.insert(.reckonedOnce) }
        return broken
    }

    @Test("Mappings and callers share a limit: it holds, nothing is charged, everything is done")
    func throttling() async throws {
        let broken = try await Self.throttling()
        #expect(broken == [])
    }

    static func throttling(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let worlds = try [ShardWorld(keys: 4, bug), ShardWorld(keys: 4, from: 1_000, bug)]
        let simulation = worlds[0].simulation
        let limit = simulation.random(in: 1...3)
        let inside = Occupancy()
        let lives = HostLives(simulation: simulation, isMortal: simulation.chance(0.5))
        try await lives.run {
            worlds.allSatisfy(\.isOver)
        } producing: {
            async let first: Void = worlds[0].produce(20)
            async let second: Void = worlds[1].produce(20)
            _ = try await (first, second)
        } begin: { host in
            var configuration = FunctionConfiguration(timeout: .seconds(60))
            configuration.reservedConcurrency = bug == .limitIsOneMore ? limit + 1 : limit
            let work = try host.register("work", configuration: configuration) { (batch: StreamBatch, context) in
                inside.enter()
                defer { inside.leave() }
                guard let first = batch.records.first?.number else {
                    try await context.sleep(for: .milliseconds(simulation.random(in: 0...2_000)))
                    return StreamBatchResult.succeeded
                }
                let world = worlds[first / 1_000]
                return try await world.work(batch, context, world.account()) { _ in .done }
            }
            for world in worlds {
                var configuration = world.configuration()
                configuration.maximumRetryAttempts = 0
                var options = world.options()
                options.name = "test \(world.source.arn)"
                try host.map(world.source, to: work, configuration: configuration, options: options)
            }
            return work
        } meanwhile: { host, work in
            for _ in 0..<20 {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...1_500)))
                // One that is turned away has had its answer.
                _ = try? await host.invoke(work, with: StreamBatch(records: [], shard: ShardID("none")))
            }
        }
        for world in worlds {
            world.account().expect(inside.most <= limit, .limit)
            world.account().expect(world.account().givenUp.isEmpty, .onlyPoison)
        }
        return worlds[0].broken.union(worlds[1].broken)
    }

    @Test("Each record is done or told to be too old, never run when it is and never given up before")
    func age() async throws {
        let broken = try await Self.age()
        #expect(broken == [])
    }

    static func age(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(bug)
        let simulation = world.simulation
        let limit = Duration.seconds(60)
        let stubborn = Set((0..<30).filter { _ in simulation.chance(0.15) })
        @Sendable func isTooOld(_ number: Int) -> Bool {
            world.arrival(of: number).duration(to: simulation.clock.wallTime) >= limit
        }
        return try await world.run(30) { host in
            var configuration = world.configuration()
            configuration.maximumRecordAge = limit
            // So that what is given up is a piece of the shard.
            if configuration.batchSize > 1 { configuration.parallelizationFactor = 1 }
            return try world.map(on: host, configuration) { numbers in
                world.account().expect(numbers.allSatisfy(isTooOld), .notTooEarly)
            } began: { numbers in
                world.account().expect(!numbers.contains(where: isTooOld), .neverTooOld)
            } outcome: { numbers in
                world.fail(numbers, where: stubborn.contains)
            }
        } meanwhile: { _, mapping in
            guard simulation.chance(0.3) else { return }
            try await simulation.advance(by: .seconds(simulation.random(in: 0...30)))
            try await world.pause(mapping, forSeconds: 80)
        }
    }

    @Test("What the filter passes over is never given, and the checkpoint passes it, also if that is everything")
    func filters() async throws {
        let broken = try await Self.filters()
        #expect(broken == [])
    }

    static func filters(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let share = simulation.random(in: 0...3)
        let world = try ShardWorld(bug) { $0 % 3 < share }
        return try await world.run(30) { _ in
            if simulation.chance(0.1) { try world.reshard() }
        } begin: {
            try world.map(on: $0, world.configuration())
        }
    }

    @Test("Of two mappings of one stream, one blocks: the other is not disturbed, and each is given everything")
    func twoMappings() async throws {
        let broken = try await Self.twoMappings()
        #expect(broken == [])
    }

    static func twoMappings(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let world = try ShardWorld(names: ["good", "bad"], bug)
        let simulation = world.simulation
        let good = world.account("good")
        let patience = Simulation.start.advanced(by: .seconds(400))
        return try await world.run(30) { host in
            try world.map(on: host, world.configuration(), named: "good")
            return try world.map(
                on: host, world.configuration(), named: "bad",
                outcome: { numbers in
                    // It would fail for ever if the other one did not come to its end.
                    if good.done.count == 30 { return .done }
                    good.expect(simulation.now < patience, .undisturbed)
                    return simulation.now < patience ? world.fail(numbers) { $0 % 5 == 0 } : .done
                })
        }
    }
}

extension ShardWorld {
    /// Pauses a mapping for a while, and holds against it what begins meanwhile.
    func pause(_ mapping: StreamMapping, forSeconds most: Int = 3) async throws {
        if bug != .pauseIsNotHeard {
            mapping.pause()
            while mapping.status != .disabled { try await simulation.advance(by: .milliseconds(20)) }
        }
        account().be(quiet: true)
        defer { account().be(quiet: false) }
        try await simulation.advance(by: .milliseconds(simulation.random(in: 0...most * 1_000)))
        mapping.resume()
    }
}
