// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// The code of the article *Scheduling*.
@Suite struct SchedulingArticle {
    let friday = instant("2025-05-09T12:00:00Z")
    let newYear = instant("2026-01-01T00:00:00Z")

    @Test func expressions() throws {
        let weekdays = try ScheduleExpression("cron(0 9 ? * MON-FRI *)")
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let next = weekdays.next(after: friday, in: berlin)
        #expect(next == instant("2025-05-12T07:00:00Z"))
        let backups = try ScheduleExpression("30 3 * * 0", dialect: .unix)
        #expect(backups.next(after: friday) == instant("2025-05-11T03:30:00Z"))
        let error = #expect(throws: ScheduleExpressionError.self) { try ScheduleExpression("cron(0 25 * * ? *)") }
        let told = #"schedule "cron(0 25 * * ? *)", character 8, hours: 25 is out of range; give 0 to 23"#
        #expect(error?.description == told)
    }

    @Test func clocks() throws {
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let marchSaturday = instant("2025-03-29T12:00:00Z")
        let nightly = try ScheduleExpression("cron(30 2 * * ? *)")
        let spring = nightly.next(after: marchSaturday, in: berlin)
        // 31 March: the 30th has no 2:30.
        #expect(spring == instant("2025-03-31T00:30:00Z"))
    }

    @Test(.simulated(seeds: 0..<5)) func firing() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated)
        let times = Notes<String>()
        struct Event: Codable {
            let time: String
        }
        try host.register("report") { (event: Event, _) in times.add(event.time) }
        let nightly = Schedule(
            name: "nightly", expression: try ScheduleExpression("cron(30 2 * * ? *)"), created: Simulation.start)
        try host.schedule(nightly, functionNamed: "report")
        try await host.run { try await simulation.advance(by: .seconds(2 * 86_400)) }
        #expect(times.all == ["2026-01-01T02:30:00Z", "2026-01-02T02:30:00Z"])
    }

    @Test func schedules() throws {
        let weekdays = try ScheduleExpression("cron(0 9 ? * MON-FRI *)")
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        var report = Schedule(name: "report", expression: weekdays, zone: berlin, created: friday)
        report.end = newYear
        report.spread = .flexibleWindow(minutes: 15) ?? .none
        #expect(report.next(after: instant("2025-12-31T08:00:00Z")) == nil)

        var due: [String] = []
        let now = instant("2025-05-12T07:00:30Z")
        var machine = ScheduleStateMachine(schedule: report)
        let look = machine.looked(at: now)
        for firing in look.firings {
            due.append(firing.id)
        }
        #expect(due == ["report/2025-05-12T07:00:00Z"])
        #expect(look.lookAgain == instant("2025-05-12T07:01:30Z"))
    }

    @Test(
        "The table of expressions is true",
        arguments: [
            ("cron(0 6 * * ? *)", "2025-05-10T06:00:00Z"), ("cron(0/20 9-10 ? * TUE,THU *)", "2025-05-13T09:00:00Z"),
            ("cron(0/30 20-2 ? * MON-FRI *)", "2025-05-09T20:00:00Z"), ("cron(15 23 L * ? *)", "2025-05-31T23:15:00Z"),
            ("cron(0 7 2W * ? *)", "2025-06-02T07:00:00Z"), ("cron(0 7 LW * ? *)", "2025-05-30T07:00:00Z"),
            ("cron(0 7 L-3 * ? *)", "2025-05-28T07:00:00Z"), ("cron(0 7 ? * THUL *)", "2025-05-29T07:00:00Z"),
            ("cron(0 7 ? * 4#5 *)", "2025-07-30T07:00:00Z"), ("cron(0 0 29 2 ? 2025-2040)", "2028-02-29T00:00:00Z"),
            ("rate(5 minutes)", "2025-05-09T12:05:00Z"), ("at(2025-05-10T06:00:00)", "2025-05-10T06:00:00Z"),
        ])
    func table(expression: String, next: String) throws {
        #expect(try ScheduleExpression(expression).next(after: friday) == instant(next))
    }
}
