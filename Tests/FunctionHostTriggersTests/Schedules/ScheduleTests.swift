// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct ScheduleTests {
    private let created = instant("2025-05-10T05:30:00Z")

    private func schedule(
        _ expression: String, start: String? = nil, end: String? = nil, spread: ScheduleSpread = .none
    ) throws -> Schedule {
        Schedule(
            name: "nightly", expression: try ScheduleExpression(expression), created: created,
            start: start.map(instant),
            end: end.map(instant), spread: spread)
    }

    private func firings(_ schedule: Schedule, after: String = "2000-01-01T00:00:00Z") -> [String] {
        sequence(first: instant(after)) { schedule.next(after: $0) }.dropFirst().prefix(4).map(text)
    }

    @Test("A rate counts from its creation, and first fires one step later")
    func fromCreation() throws {
        #expect(
            firings(try schedule("rate(1 hour)", end: "2025-05-10T07:30:00Z"))
                == ["2025-05-10T06:30:00Z", "2025-05-10T07:30:00Z"])
    }

    @Test("A rate with a start fires at it and counts from it")
    func start() throws {
        #expect(
            firings(try schedule("rate(1 hour)", start: "2025-05-10T08:00:00Z", end: "2025-05-10T10:59:59Z"))
                == ["2025-05-10T08:00:00Z", "2025-05-10T09:00:00Z", "2025-05-10T10:00:00Z"])
        // It may lie before the creation.
        #expect(
            firings(try schedule("rate(1 day)", start: "2025-05-01T01:00:00Z"), after: "2025-05-10T05:30:00Z").first
                == "2025-05-11T01:00:00Z")
    }

    @Test("Start and end bound cron, both included")
    func bounds() throws {
        let bounded = try schedule("cron(0 * * * ? *)", start: "2025-05-10T08:00:00Z", end: "2025-05-10T10:00:00Z")
        #expect(firings(bounded) == ["2025-05-10T08:00:00Z", "2025-05-10T09:00:00Z", "2025-05-10T10:00:00Z"])
        let never = try schedule("cron(0 * * * ? *)", start: "2025-05-10T08:30:00Z", end: "2025-05-10T08:59:59Z")
        #expect(firings(never) == [])
    }

    @Test("At looks at no bounds; one that is past when the schedule is made never fires")
    func at() throws {
        let bounded = try schedule(
            "at(2025-06-01T00:00:00)", start: "2026-01-01T00:00:00Z", end: "2024-01-01T00:00:00Z")
        #expect(firings(bounded) == ["2025-06-01T00:00:00Z"])
        #expect(firings(try schedule("at(2025-05-10T05:30:00)")) == [])
    }

    @Test("A delay is drawn from name, instant and seed, lies in its window, and is spread over it")
    func spread() throws {
        var schedule = try schedule("cron(0 * * * ? *)", spread: try #require(.flexibleWindow(minutes: 15)))
        var delays: [Duration] = []
        var planned = created
        for _ in 0..<1_000 {
            planned = try #require(schedule.next(after: planned))
            let firing = schedule.firing(at: planned)
            #expect(firing == schedule.firing(at: planned))
            delays.append(planned.duration(to: firing.notBefore))
        }
        #expect(delays.allSatisfy { .zero ..< .seconds(900) ~= $0 })
        let mean = delays.reduce(.zero, +) / delays.count
        #expect(.seconds(420) ... .seconds(480) ~= mean)
        #expect(Set(delays).count > 990)
        let other = schedule.firing(at: planned)
        schedule.seed = 1
        #expect(schedule.firing(at: planned).notBefore != other.notBefore)
        schedule.name = "hourly"
        schedule.seed = 0
        #expect(schedule.firing(at: planned).notBefore != other.notBefore)
        // The same in every process, and in every version: it is kept in queues.
        #expect(text(other.notBefore) == "2025-06-20T21:01:11Z")
    }

    @Test("Windows have 1 to 1,440 minutes, and jitter is at most a day")
    func spreadBounds() {
        #expect(ScheduleSpread.flexibleWindow(minutes: 0) == nil)
        #expect(ScheduleSpread.flexibleWindow(minutes: 1) != nil)
        #expect(ScheduleSpread.flexibleWindow(minutes: 1_440) == .jitter(below: .seconds(86_400)))
        #expect(ScheduleSpread.flexibleWindow(minutes: 1_441) == nil)
        #expect(ScheduleSpread.jitter(below: .seconds(-1)) == nil)
        #expect(ScheduleSpread.jitter(below: .zero) == ScheduleSpread.none)
        #expect(ScheduleSpread.jitter(below: .seconds(86_401)) == nil)
    }

    @Test("A firing is known by its schedule's name and its planned instant")
    func identity() throws {
        let schedule = try schedule("rate(1 hour)", spread: try #require(.jitter(below: .seconds(60))))
        #expect(schedule.firing(at: instant("2025-05-10T06:00:00Z")).id == "nightly/2025-05-10T06:00:00Z")
        #expect(schedule.firing(at: instant("2025-05-10T06:00:00.05Z")).id == "nightly/2025-05-10T06:00:00.050000000Z")
    }
}
