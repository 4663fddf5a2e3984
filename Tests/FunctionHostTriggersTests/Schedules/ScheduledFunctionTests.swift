// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Schedules that fire functions of a host, under virtual time.
@Suite("Scheduled functions", .simulated(seeds: 0..<5)) struct ScheduledFunctionTests {
    private struct Events: HostObserver {
        let delivery = ObserverDelivery.immediate
        let all = Notes<String>()

        func told(_ event: any ServiceEvent) { all.add("\(event)") }
    }

    private static func hourly(_ zone: TimeZoneRules = .utc) throws -> Schedule {
        Schedule(
            name: "hourly", expression: try ScheduleExpression("cron(0 * * * ? *)"), zone: zone,
            created: Simulation.start)
    }

    private struct Time: Codable {
        let time: String
    }

    @Test("A schedule fires at its instants, with the event that the service sends")
    func fires() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated(by: simulation))
        let payloads = Notes<String>()
        let times = Notes<Timestamp>()
        try host.register(raw: "report") { bytes, _ in
            payloads.add(String(decoding: bytes, as: UTF8.self))
            times.add(simulation.clock.wallTime)
            return []
        }
        let scheduled = try host.schedule(try Self.hourly(), functionNamed: "report")
        try await host.run { try await simulation.advance(by: .seconds(3 * 3_600 + 1)) }
        #expect(
            times.all.map { Simulation.start.duration(to: $0) } == [.seconds(3_600), .seconds(7_200), .seconds(10_800)])
        let first = try #require(payloads.all.first)
        #expect(first.contains(#""detail-type":"Scheduled Event","source":"aws.events","account":"000000000000","#))
        #expect(first.contains(#""time":"2026-01-01T01:00:00Z","region":"local","#))
        #expect(first.hasSuffix(#""resources":["arn:aws:events:local:000000000000:rule/hourly"],"detail":{}}"#))
        #expect(
            scheduled.firings(after: Simulation.start, count: 2).map(\.id) == [
                "hourly/2026-01-01T01:00:00Z", "hourly/2026-01-01T02:00:00Z",
            ])
    }

    @Test("A queue that is full delays a firing, and loses none")
    func full() async throws {
        let simulation = try #require(Simulation.current)
        let events = Events()
        var configuration = FunctionHost.Configuration()
        configuration.queueCapacity = 1
        let host = FunctionHost(configuration: configuration, observers: [events], system: .simulated(by: simulation))
        let runs = Notes<String>()
        try host.register("report") { (event: Time, context) in
            runs.add(event.time)
            try await context.sleep(for: .seconds(2))
        }
        let schedule = Schedule(
            name: "often", expression: try ScheduleExpression("rate(1 minute)"), created: Simulation.start)
        try host.schedule(schedule, functionNamed: "report")
        try await host.run {
            try await simulation.advance(by: .seconds(59))
            try await host.enqueue(named: "report", payload: Array(#"{"time":"other"}"#.utf8))
            try await simulation.advance(by: .seconds(10))
        }
        #expect(runs.all == ["other", "2026-01-01T00:01:00Z"])
        #expect(events.all.all.contains { $0.hasPrefix("did not fire often/2026-01-01T00:01:00Z: queueFull") })
    }

    @Test("A clock that is set back between a look and the wait for the next does not silence the schedule")
    func setBackBeforeWait() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated(by: simulation))
        let runs = Notes<String>()
        try host.register("report") { (event: Time, _) in runs.add(event.time) }
        let memory = SettingBackMemory(simulation)
        // A year ahead, as after a start without a battery.
        simulation.stepWallClock(by: .seconds(366 * 86_400))
        try host.schedule(try Self.hourly(), functionNamed: "report", memory: memory)
        try await host.run { try await simulation.advance(by: .seconds(2 * 3_600 + 1)) }
        #expect(runs.all.suffix(2) == ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"])
    }

    /// Has the clock set right while it keeps what was decided first.
    private final class SettingBackMemory: ScheduleMemory {
        private let simulation: Simulation
        private let left = Countdown(1)

        init(_ simulation: Simulation) { self.simulation = simulation }

        func decidedThrough(of schedule: String) async throws -> Timestamp? { nil }

        func remember(_ decidedThrough: Timestamp, of schedule: String) async throws {
            if left.take() { simulation.stepWallClock(by: .seconds(-366 * 86_400)) }
        }
    }

    @Test("A second schedule of one name is refused, whose firings would be taken for those of the first")
    func nameTaken() throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated(by: simulation))
        try host.schedule(try Self.hourly(), functionNamed: "report", input: [1])
        let error = #expect(throws: FunctionHostError.self) {
            try host.schedule(try Self.hourly(), functionNamed: "report", input: [2])
        }
        #expect(error?.code == .alreadyRegistered)
    }

    @Test("A name that is none is refused, and a function that is not there is told of")
    func refused() async throws {
        let simulation = try #require(Simulation.current)
        let events = Events()
        let host = FunctionHost(observers: [events], system: .simulated(by: simulation))
        var schedule = try Self.hourly()
        schedule.name = "every hour"
        let error = #expect(throws: FunctionHostError.self) { try host.schedule(schedule, functionNamed: "report") }
        #expect(error?.code == .invalidConfiguration)
        try host.schedule(try Self.hourly(), functionNamed: "nobody")
        try await host.run { try await simulation.advance(by: .seconds(3_601)) }
        #expect(events.all.all.contains { $0.hasPrefix("did not fire hourly/2026-01-01T01:00:00Z: notFound") })
    }
}

/// A year of one schedule in two hosts on one queue, which end and begin again at any time.
@Suite struct ScheduleYearTests {
    @Test(
        "In a year each instant fires exactly once, with two hosts that crash and a clock that is set",
        .simulated(seeds: 0..<2))
    func year() async throws {
        let simulation = try #require(Simulation.current)
        let store = InMemoryStore()
        let memories = [InMemoryScheduleMemory(), InMemoryScheduleMemory()]
        let runs = Notes<String>()
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let schedule = Schedule(
            name: "hourly", expression: try ScheduleExpression("cron(30 * * * ? *)"), zone: berlin,
            created: Simulation.start)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for memory in memories {
                group.addTask {
                    while simulation.now < Simulation.start.advanced(by: .seconds(365 * 86_400)) {
                        let host = FunctionHost(store: store, system: .simulated(by: simulation))
                        try host.register("report") { (event: YearTime, _) in runs.add(event.time) }
                        var rules = ScheduleStateMachine.Configuration()
                        // Half an hour late at most, for the sake of steps.
                        rules.longestWait = .seconds(1_800)
                        try host.schedule(
                            schedule, functionNamed: "report", configuration: rules, memory: memory)
                        await withTaskGroup(of: Void.self) { life in
                            life.addTask { _ = try? await host.run() }
                            // Up to a fortnight, and then cut off without a word.
                            try? await simulation.advance(by: .seconds(simulation.random(in: 1...1_209_600)))
                            life.cancelAll()
                        }
                        try await simulation.advance(by: .seconds(simulation.random(in: 0...3_000)))
                    }
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    try await simulation.advance(by: .seconds(simulation.random(in: 1...1_500_000)))
                    let step = Duration.seconds(simulation.random(in: -3_600...3_600))
                    simulation.stepWallClock(by: step)
                    try await simulation.advance(by: .seconds(10_000))
                    simulation.stepWallClock(by: .zero - step)
                }
            }
            try await group.waitForAll()
        }
        let fired = runs.all
        #expect(Set(fired).count == fired.count)
        let last = try #require(fired.max())
        var expected: [String] = []
        var time = Simulation.start
        while let next = schedule.next(after: time), case let text = schedule.firing(at: next).id.dropFirst(7),
            text <= last
        {
            expected.append(String(text))
            time = next
        }
        #expect(expected.count > 8_700)
        #expect(Set(expected).subtracting(fired) == [])
        #expect(Set(fired).subtracting(expected) == [])
    }

    private struct YearTime: Codable {
        let time: String
    }
}
