// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// A bus whose targets fail, whose program crashes at any step and begins again on one store, and whose rules come back with it.
@Suite("Bus scenarios") struct BusScenarios {
    /// What outlives the program: the store's disk, the queues outside, and what is known to whoever puts.
    private final class World: Sendable {
        struct State: Sendable {
            /// Events by number whose acceptance was told.
            var accepted: Set<Int> = []
            /// What reached each target, its dead-letter queue included, and what was refused half-way or not answered.
            var reached: [String: [Int: Int]] = [:]
            var next = 0
            var isUnsure: Set<Int> = []
        }

        let disk = SimulatedDisk()
        private let state = Mutex(State())

        var now: State { state.withLock { $0 } }

        func begin() -> Int {
            state.withLock { state in
                defer { state.next += 1 }
                state.isUnsure.insert(state.next)
                return state.next
            }
        }

        func accepted(_ number: Int) {
            state.withLock { state in
                state.accepted.insert(number)
                state.isUnsure.remove(number)
            }
        }

        func reached(_ target: String, _ body: String) {
            guard let number = Self.number(in: body) else { return }
            state.withLock { $0.reached[target, default: [:]][number, default: 0] += 1 }
        }

        static func number(in body: String) -> Int? {
            body.ranges(of: #""n":"#).first.flatMap { Int(body[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }

    /// A queue outside of the program, which fails by lot.
    private struct Outside: MessageSink {
        let name: String
        let world: World
        let isFIFO = false
        var failures = 0.0
        var arn: String { "arn:aws:sqs:local:000000000000:\(name)" }

        func send(_ entry: MessageEntry) async throws -> SentMessage {
            if let simulation = Simulation.current, failures > 0 {
                if simulation.chance(0.3) {
                    try await simulation.advance(by: .milliseconds(simulation.random(in: 0...50)))
                }
                if simulation.chance(failures / 2) { throw fullSink }
                if simulation.chance(failures / 2) { throw HandlerFailure() }
            }
            world.reached(name, entry.body)
            return SentMessage(id: "1")
        }
    }

    private static let targets = ["all", "odd", "work"]
    private static let wanted: @Sendable (String, Int) -> Bool = { $0 == "odd" ? $1 % 2 == 1 : true }

    /// A program on the world's disk: a host, a bus and its rules.
    private static func program(_ world: World, failures: Double) throws -> (FunctionHost, EventBus) {
        let host = FunctionHost(store: SimulatedDiskStore(world.disk), system: .simulated)
        let bus = try EventBus("orders", on: host)
        try host.register(raw: "work") { bytes, _ in
            world.reached("work", String(decoding: bytes, as: UTF8.self))
            return []
        }
        let policy = DeliveryPolicy(
            maximumRetryAttempts: 2, deadLetterQueue: Outside(name: "all", world: world, failures: failures))
        try bus.putRule(
            "all", pattern: #"{"source":["shop"]}"#,
            targets: [
                RuleTarget("q", .queue(Outside(name: "all", world: world, failures: failures)), delivery: policy),
                RuleTarget("f", .function("work"), input: .path("$.detail")),
            ])
        try bus.putRule(
            "odd", pattern: #"{"detail":{"odd":[true]}}"#,
            targets: [RuleTarget("q", .queue(Outside(name: "odd", world: world, failures: failures)))])
        return (host, bus)
    }

    private static func put(_ bus: EventBus, _ world: World) async throws {
        let number = world.begin()
        let detail = #"{"n":\#(number),"odd":\#(number % 2 == 1)}"#
        let entry = EventEntry(source: "shop", detailType: "t", detail: detail)
        if case .success = try await bus.put([entry])[0] { world.accepted(number) }
    }

    /// Every accepted event is with each target that it is for, and none with another.
    private static func check(_ state: World.State, isExact: Bool) {
        for target in targets {
            let reached = state.reached[target] ?? [:]
            for number in state.accepted where wanted(target, number) {
                #expect(reached[number] != nil, "\(target) never got \(number)")
            }
            for (number, times) in reached {
                #expect(wanted(target, number), "\(target) got \(number), which is not for it")
                #expect(state.accepted.contains(number) || state.isUnsure.contains(number))
                if isExact { #expect(times == 1, "\(target) got \(number) \(times) times") }
            }
        }
    }

    @Test("Whatever is accepted reaches each of its targets or their dead letters, through crashes", arguments: 0..<150)
    func crashes(seed: Int) throws {
        let world = World()
        try Lives(seed: seed, crashes: 1...4, maximumSteps: 200_000).run { life in
            let (host, bus) = try Self.program(world, failures: life.isLast ? 0.2 : 0.5)
            try await host.run {
                for _ in 0..<6 {
                    try await Self.put(bus, world)
                    try await life.simulation.advance(by: .milliseconds(life.simulation.random(in: 0...3_000)))
                }
                if life.isLast { try await host.drain() }
            }
        }
        Self.check(world.now, isExact: false)
        #expect(world.now.accepted.count >= 6)
    }

    @Test("Hosts that are shut down at any moment hand over what they have", .simulated(seeds: 0..<60))
    func shutdowns() async throws {
        let simulation = try #require(Simulation.current)
        let world = World()
        for life in 0..<4 {
            let (host, bus) = try Self.program(world, failures: 0.4)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await host.run() }
                group.addTask { for _ in 0..<5 { try? await Self.put(bus, world) } }
                group.addTask { for _ in 0..<5 { try? await Self.put(bus, world) } }
                try? await simulation.advance(by: .milliseconds(simulation.random(in: 0...5_000)))
                if life == 3 { try? await host.drain() }
                host.triggerGracefulShutdown()
            }
        }
        let (host, _) = try Self.program(world, failures: 0)
        try await host.run { try await host.drain() }
        Self.check(world.now, isExact: false)
    }

    @Test("When nothing fails each event comes exactly once", .simulated(seeds: 0..<40))
    func exact() async throws {
        let world = World()
        let (host, bus) = try Self.program(world, failures: 0)
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { for _ in 0..<5 { try await Self.put(bus, world) } } }
                try await group.waitForAll()
            }
            try await host.drain()
        }
        Self.check(world.now, isExact: true)
        #expect(world.now.accepted.count == 15)
    }
}
