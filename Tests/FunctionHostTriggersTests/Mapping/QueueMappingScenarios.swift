// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Mappings of queues while functions fail, take too long and are turned away, and hosts end.
@Suite("Queue mapping scenarios", .everySeed) struct QueueMappingScenarios {
    @Test("A message that always fails is received as often as it may be and is dead then, and all others are done")
    func poison() async throws {
        let broken = try await Self.poison()
        #expect(broken == [])
    }

    static func poison(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let most = simulation.random(in: 1...4)
        let world = try QueueWorld(isFIFO: simulation.chance(0.3), timeout: .seconds(10), receivedAtMost: most, bug)
        let poison = Set((0..<25).filter { _ in simulation.chance(0.15) })
        let broken = try await world.run(25) { host in
            var configuration = world.configuration()
            let throwsAll = simulation.chance(0.5)
            if throwsAll || world.source.isFIFO { configuration.batchSize = 1 }
            return try world.map(on: host, configuration) { numbers in
                let failed = poison.intersection(numbers)
                // From here on those behind it may run.
                world.account.giveUp(failed.filter { world.account.runs(of: $0) == most })
                return throwsAll && !failed.isEmpty ? nil : failed
            }
        }
        world.account.expect(poison.allSatisfy { world.account.runs(of: $0) == most }, .asOftenAsMayBe)
        let dead = Set(try await world.dead.receive(25, visibility: .zero).compactMap { Int($0.body) })
        world.account.expect(dead.isSubset(of: poison), .onlyPoison)
        world.account.expect(dead.isSuperset(of: poison), .poisonGivenUp)
        return broken.union(world.account.broken)
    }

    @Test(
        "Handlers take longer than messages are invisible, and hosts are cut off: none is in two handlers, all are done"
    )
    func slow() async throws {
        let broken = try await Self.slow()
        #expect(broken == [])
    }

    static func slow(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let world = try QueueWorld(isFIFO: simulation.chance(0.5), timeout: .seconds(5), bug)
        return try await world.run(25, hosts: 2, isMortal: simulation.chance(0.7)) { host in
            let function = FunctionConfiguration(timeout: simulation.chance(0.5) ? .seconds(60) : .seconds(15))
            return try world.map(
                on: host, world.configuration(), function: function, forGood: false, rest: 20_000
            ) { _ in simulation.chance(0.1) ? nil : [] }
        }
    }

    @Test(
        "Those of a batch that failed come again, and only they; groups keep their order although some fail in the middle"
    )
    func partly() async throws {
        let broken = try await Self.partly()
        #expect(broken == [])
    }

    static func partly(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let world = try QueueWorld(
            isFIFO: bug == .groupsAreNotLocked || simulation.chance(0.5), timeout: .seconds(10), bug)
        return try await world.run(25) { host in
            try world.map(on: host, world.configuration()) { numbers in
                if simulation.chance(0.1) { return nil }
                let failing = numbers.filter { _ in simulation.chance(0.2) }
                guard world.source.isFIFO else { return Set(failing) }
                // Behind the first that fails none of its group is done.
                return Set(
                    numbers.filter { number in
                        failing.contains { $0 <= number && ($0 - number) % QueueWorld.groups == 0 }
                    })
            }
        }
    }

    @Test("What the filter passes over is deleted and never given, and where many are turned away no more run than may")
    func filters() async throws {
        let broken = try await Self.filters()
        #expect(broken == [])
    }

    static func filters(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let limit = simulation.random(in: 1...4)
        let share = simulation.random(in: 0...3)
        let world = try QueueWorld(isFIFO: simulation.chance(0.3), limit: min(limit, 2), bug) { $0 % 3 < share }
        return try await world.run(25) { host in
            var configuration = world.configuration()
            configuration.maximumConcurrency = bug == .queueLimitIsOneMore ? 3 : 2
            var function = FunctionConfiguration(timeout: .seconds(60))
            function.reservedConcurrency = limit
            return try world.map(on: host, configuration, function: function)
        }
    }

    @Test(
        "Paused, deleted or ended at any moment, a mapping gives back what it has, and nothing stays invisible for long"
    )
    func pauses() async throws {
        let broken = try await Self.pauses()
        #expect(broken == [])
    }

    static func pauses(_ bug: MappingBug? = nil) async throws -> Set<MappingRule> {
        let simulation = try #require(Simulation.current)
        let world = try QueueWorld(isFIFO: simulation.chance(0.3), timeout: .seconds(20), bug)
        let mayFail = simulation.chance(0.3)
        @Sendable func checkReturned() async throws {
            // What has failed is invisible until its time is over.
            if mayFail { try await simulation.advance(by: world.source.visibilityTimeout) }
            world.account.expect(world.queue.figures.invisible == 0, .returned)
        }
        return try await world.run(25, isMortal: true) { host in
            try world.map(on: host, world.configuration(), forGood: false, rest: 10_000) { _ in
                mayFail && simulation.chance(0.2) ? nil : []
            }
        } meanwhile: { _, mapping in
            while mapping.status != .deleted {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...5_000)))
                let isForGood = simulation.chance(0.2)
                isForGood ? mapping.delete() : mapping.pause()
                while mapping.status != (isForGood ? .deleted : .disabled) {
                    try await simulation.advance(by: .milliseconds(20))
                }
                world.account.be(quiet: true)
                defer { world.account.be(quiet: false) }
                try await checkReturned()
                mapping.resume()
            }
        } afterwards: {
            try await checkReturned()
        }
    }
}
