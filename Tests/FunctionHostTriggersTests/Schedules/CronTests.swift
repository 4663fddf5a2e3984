// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// So many firings after an instant, as text.
func firings(
    _ expression: String, _ dialect: ScheduleExpression.Dialect = .aws, zone: String = "UTC", after: String, count: Int
) throws -> [String] {
    let expression = try ScheduleExpression(expression, dialect: dialect)
    let zone = try TimeZoneRules(named: zone)
    let found = sequence(first: instant(after)) { expression.next(after: $0, in: zone, anchor: instant(after)) }
    return found.dropFirst().prefix(count).map(text)
}

@Suite struct CronTests {
    struct Case: Sendable {
        let expression: String
        var zone = "UTC"
        let after: String
        let next: [String]

        init(_ expression: String, _ zone: String = "UTC", after: String, _ next: String...) {
            (self.expression, self.zone, self.after, self.next) = (expression, zone, after, next)
        }
    }

    @Test(
        "The ten examples fire as two other implementations have them",
        arguments: [
            Case(
                "cron(0 6 * * ? *)", after: "2025-05-10T06:00:00Z", "2025-05-11T06:00:00Z", "2025-05-12T06:00:00Z",
                "2025-05-13T06:00:00Z", "2025-05-14T06:00:00Z", "2025-05-15T06:00:00Z"),
            Case(
                "cron(0/20 9-10 ? * TUE,THU *)", after: "2025-05-08T10:30:00Z", "2025-05-08T10:40:00Z",
                "2025-05-13T09:00:00Z", "2025-05-13T09:20:00Z", "2025-05-13T09:40:00Z", "2025-05-13T10:00:00Z"),
            Case(
                "cron(15 23 L * ? *)", after: "2025-01-30T00:00:00Z", "2025-01-31T23:15:00Z", "2025-02-28T23:15:00Z",
                "2025-03-31T23:15:00Z", "2025-04-30T23:15:00Z", "2025-05-31T23:15:00Z"),
            Case(
                "cron(0 7 2W * ? *)", after: "2025-01-15T00:00:00Z", "2025-02-03T07:00:00Z", "2025-03-03T07:00:00Z",
                "2025-04-02T07:00:00Z", "2025-05-02T07:00:00Z", "2025-06-02T07:00:00Z"),
            Case(
                "cron(0 7 ? * 5L *)", after: "2025-02-01T00:00:00Z", "2025-02-27T07:00:00Z", "2025-03-27T07:00:00Z",
                "2025-04-24T07:00:00Z", "2025-05-29T07:00:00Z", "2025-06-26T07:00:00Z"),
            Case(
                "cron(0 7 ? * 4#5 *)", after: "2025-01-10T00:00:00Z", "2025-01-29T07:00:00Z", "2025-04-30T07:00:00Z",
                "2025-07-30T07:00:00Z", "2025-10-29T07:00:00Z", "2025-12-31T07:00:00Z"),
            Case(
                "cron(30 22-1 ? * SAT *)", after: "2025-05-10T21:00:00Z", "2025-05-10T22:30:00Z",
                "2025-05-10T23:30:00Z", "2025-05-17T00:30:00Z", "2025-05-17T01:30:00Z", "2025-05-17T22:30:00Z"),
            Case(
                "cron(30 2 ? * SUN *)", "America/New_York", after: "2025-03-01T00:00:00Z", "2025-03-02T07:30:00Z",
                "2025-03-16T06:30:00Z", "2025-03-23T06:30:00Z", "2025-03-30T06:30:00Z", "2025-04-06T06:30:00Z"),
            Case(
                "cron(0 8 1 */4 ? *)", "Europe/Madrid", after: "2025-01-01T08:00:00Z", "2025-05-01T06:00:00Z",
                "2025-09-01T06:00:00Z", "2026-01-01T07:00:00Z", "2026-05-01T06:00:00Z", "2026-09-01T06:00:00Z"),
        ])
    func examples(_ example: Case) throws { try check(example) }

    @Test("When the years are over there is no next firing")
    func exhausted() throws {
        let expected = [2_028, 2_032, 2_036, 2_040].map { "\($0)-02-29T00:00:00Z" }
        #expect(try firings("cron(0 0 29 2 ? 2025-2040)", after: "2025-01-01T00:00:00Z", count: 9) == expected)
        #expect(try firings("cron(0 0 1 1 ? *)", after: "2198-06-01T00:00:00Z", count: 9) == ["2199-01-01T00:00:00Z"])
        #expect(
            try firings("cron(* * * * ? 2199)", after: "2199-12-31T23:58:00Z", count: 9) == ["2199-12-31T23:59:00Z"])
        #expect(try firings("cron(0 0 1 1 ? *)", after: "1950-06-01T00:00:00Z", count: 1) == ["1970-01-01T00:00:00Z"])
        #expect(try firings("0 0 1 1 *", .unix, after: "2199-06-01T00:00:00Z", count: 1) == [])
        let last = ScheduleExpression.Dialect.aws
        #expect(try ScheduleExpression("cron(* * * * ? *)", dialect: last).next(after: .distantFuture) == nil)
        #expect(
            try firings("cron(* * * * ? *)", zone: "Pacific/Kiritimati", after: "2199-12-31T09:58:00Z", count: 9)
                == ["2199-12-31T09:59:00Z"])
        #expect(
            try firings("cron(* * * * ? *)", zone: "America/New_York", after: "2200-01-01T04:58:00Z", count: 9)
                == ["2200-01-01T04:59:00Z"])
    }

    @Test(
        "Fields read as they are written",
        arguments: [
            // A range that wraps is read on the day that the day field names.
            Case(
                "cron(0/30 20-2 ? * MON-FRI *)", after: "2025-05-09T22:30:00Z", "2025-05-09T23:00:00Z",
                "2025-05-09T23:30:00Z", "2025-05-12T00:00:00Z", "2025-05-12T00:30:00Z"),
            Case(
                "cron(0 0 ? * FRI-MON *)", after: "2025-05-11T00:00:00Z", "2025-05-12T00:00:00Z", "2025-05-16T00:00:00Z"
            ),
            Case(
                "cron(0 0 1 NOV-FEB ? *)", after: "2025-02-01T00:00:00Z", "2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z"
            ),
            Case(
                "cron(50-10 0 1 1 ? *)", after: "2025-01-01T00:09:00Z", "2025-01-01T00:10:00Z", "2025-01-01T00:50:00Z"),
            Case(
                "cron(0 0 30-2 * ? *)", after: "2025-02-02T00:00:00Z", "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z",
                "2025-03-30T00:00:00Z"),
            // Steps go on over the end of such a range.
            Case(
                "cron(50-10/7 0 1 1 ? *)", after: "2025-01-01T00:00:00Z", "2025-01-01T00:04:00Z",
                "2025-01-01T00:50:00Z", "2025-01-01T00:57:00Z"),
            // Steps begin anew in each unit.
            Case("cron(*/59 0 1 1 ? *)", after: "2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z", "2025-01-01T00:59:00Z"),
            Case(
                "cron(0 0 1/5 * ? *)", after: "2025-01-25T00:00:00Z", "2025-01-26T00:00:00Z", "2025-01-31T00:00:00Z",
                "2025-02-01T00:00:00Z"),
            Case(
                "cron(10-30/10 0 * * ? *)", after: "2025-01-25T00:20:00Z", "2025-01-25T00:30:00Z",
                "2025-01-26T00:10:00Z"),
            Case(
                "cron(7/100 0 * * ? *)", after: "2025-01-25T00:00:00Z", "2025-01-25T00:07:00Z", "2025-01-26T00:07:00Z"),
            Case(
                "cron(0 0 1 */5 ? *)", after: "2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z", "2025-11-01T00:00:00Z",
                "2026-01-01T00:00:00Z"),
            Case(
                "cron(0 0 1 1 ? 2026/3)", after: "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2029-01-01T00:00:00Z"),
            Case(
                "cron(0 0 1 1 ? 2027,2030-2031)", after: "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z",
                "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"),
            // Names mix with numbers, in any case.
            Case(
                "cron(0 0 1 jan,3,Nov-12 ? *)", after: "2025-01-15T00:00:00Z", "2025-03-01T00:00:00Z",
                "2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z"),
            Case(
                "cron(0 0 ? * 2-wed,SAT *)", after: "2025-05-07T00:00:00Z", "2025-05-10T00:00:00Z",
                "2025-05-12T00:00:00Z"),
            Case(
                "cron(0 0 ? * 2/2 *)", after: "2025-05-11T00:00:00Z", "2025-05-12T00:00:00Z", "2025-05-14T00:00:00Z",
                "2025-05-16T00:00:00Z", "2025-05-19T00:00:00Z"),
            Case("cron(0 0 ? * 1 *)", after: "2025-05-05T00:00:00Z", "2025-05-11T00:00:00Z"),
            Case("cron(0 0 ? * 7 *)", after: "2025-05-05T00:00:00Z", "2025-05-10T00:00:00Z"),
        ])
    func fields(_ example: Case) throws { try check(example) }

    @Test(
        "L, W and # name days that move",
        arguments: [
            Case("cron(0 0 ? * L *)", after: "2025-05-05T00:00:00Z", "2025-05-10T00:00:00Z", "2025-05-17T00:00:00Z"),
            Case("cron(0 0 ? * THUL *)", after: "2025-02-01T00:00:00Z", "2025-02-27T00:00:00Z", "2025-03-27T00:00:00Z"),
            Case("cron(0 0 ? * 1L *)", after: "2025-08-01T00:00:00Z", "2025-08-31T00:00:00Z", "2025-09-28T00:00:00Z"),
            Case(
                "cron(0 0 ? * MON#1 *)", after: "2025-08-31T00:00:00Z", "2025-09-01T00:00:00Z", "2025-10-06T00:00:00Z"),
            Case("cron(0 0 ? 2 2#5 *)", after: "2025-01-01T00:00:00Z", "2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z"),
            // Saturday the 1st: Monday the 3rd, in the same month.
            Case("cron(0 0 1W * ? *)", after: "2025-02-15T00:00:00Z", "2025-03-03T00:00:00Z", "2025-04-01T00:00:00Z"),
            // Sunday the last: the Friday before.
            Case("cron(0 0 31W * ? *)", after: "2025-08-01T00:00:00Z", "2025-08-29T00:00:00Z", "2025-10-31T00:00:00Z"),
            Case("cron(0 0 30W * ? *)", after: "2025-11-01T00:00:00Z", "2025-11-28T00:00:00Z", "2025-12-30T00:00:00Z"),
            Case("cron(0 0 15W * ? *)", after: "2025-02-01T00:00:00Z", "2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z"),
            Case("cron(0 0 LW * ? *)", after: "2025-05-01T00:00:00Z", "2025-05-30T00:00:00Z", "2025-06-30T00:00:00Z"),
            Case("cron(0 0 LW 8 ? *)", after: "2025-05-01T00:00:00Z", "2025-08-29T00:00:00Z"),
            Case("cron(0 0 L-3 * ? *)", after: "2025-02-01T00:00:00Z", "2025-02-25T00:00:00Z", "2025-03-28T00:00:00Z"),
            Case("cron(0 0 L-30 * ? *)", after: "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z", "2025-05-01T00:00:00Z"),
            Case("cron(0 0 1,L * ? *)", after: "2025-02-01T00:00:00Z", "2025-02-28T00:00:00Z", "2025-03-01T00:00:00Z"),
        ])
    func movingDays(_ example: Case) throws { try check(example) }

    @Test(
        "What is skipped in spring does not fire, what comes twice in autumn fires the first time only",
        arguments: [
            Case("cron(30 2 * * ? *)", "Europe/Berlin", after: "2025-03-29T12:00:00Z", "2025-03-31T00:30:00Z"),
            Case(
                "cron(30 2 * * ? *)", "Europe/Berlin", after: "2025-10-25T12:00:00Z", "2025-10-26T00:30:00Z",
                "2025-10-27T01:30:00Z"),
            // From within the second pass.
            Case("cron(30 2 * * ? *)", "Europe/Berlin", after: "2025-10-26T01:10:00Z", "2025-10-27T01:30:00Z"),
            Case(
                "cron(0/20 * * * ? *)", "Europe/Berlin", after: "2025-03-30T00:20:00Z", "2025-03-30T00:40:00Z",
                "2025-03-30T01:00:00Z", "2025-03-30T01:20:00Z"),
            Case(
                "cron(0/20 * * * ? *)", "Europe/Berlin", after: "2025-10-26T00:00:00Z", "2025-10-26T00:20:00Z",
                "2025-10-26T00:40:00Z", "2025-10-26T02:00:00Z"),
            Case(
                "cron(0/20 * * * ? *)", "Australia/Lord_Howe", after: "2025-04-05T14:00:00Z", "2025-04-05T14:20:00Z",
                "2025-04-05T14:40:00Z", "2025-04-05T15:30:00Z"),
            Case("cron(15 2 * * ? *)", "Australia/Lord_Howe", after: "2025-10-04T00:00:00Z", "2025-10-05T15:15:00Z"),
            // A day that was left out.
            Case("cron(0 12 30 12 ? *)", "Pacific/Apia", after: "2011-01-01T00:00:00Z", "2012-12-29T22:00:00Z"),
            Case("cron(0 0 * * ? *)", "America/Sao_Paulo", after: "2018-11-03T03:00:00Z", "2018-11-05T02:00:00Z"),
        ])
    func changes(_ example: Case) throws { try check(example) }

    @Test("The next firing is strictly later, to the nanosecond")
    func strictlyLater() throws {
        let expression = try ScheduleExpression("cron(0 6 * * ? *)")
        let six = instant("2025-05-10T06:00:00Z")
        #expect(expression.next(after: Timestamp(nanoseconds: six.nanoseconds - 1)) == six)
        #expect(expression.next(after: six) == instant("2025-05-11T06:00:00Z"))
        #expect(expression.next(after: Timestamp(nanoseconds: six.nanoseconds + 1)) == instant("2025-05-11T06:00:00Z"))
    }

    @Test(
        "What can never be is known at once",
        arguments: [
            "cron(0 0 30 2 ? *)", "cron(0 0 31 4,6,9,11 ? *)", "cron(* * 29 2 ? 2025-2027)", "cron(0 0 31W 2 ? *)",
        ])
    func impossible(expression: String) throws {
        let expression = try ScheduleExpression(expression)
        let zone = try TimeZoneRules(named: "America/New_York")
        let time = ContinuousClock().measure {
            for _ in 0..<10 { #expect(expression.next(after: instant("2025-01-01T00:00:00Z"), in: zone) == nil) }
        }
        #expect(time < .seconds(5))
    }

    @Test("29 February on a Monday comes every 28 years, but for 2100")
    func rare() throws {
        let expected = ["2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z", "2112-02-29T00:00:00Z", "2140-02-29T00:00:00Z"]
        #expect(try firings("cron(0 0 ? 2 MON#5 *)", after: "2025-01-01T00:00:00Z", count: 4) == expected)
        #expect(
            try firings("0 0 */29 2 */7", .unix, after: "2025-01-01T00:00:00Z", count: 1) == ["2026-02-01T00:00:00Z"])
    }

    private func check(_ example: Case) throws {
        let found = try firings(example.expression, zone: example.zone, after: example.after, count: example.next.count)
        #expect(found == example.next)
    }
}
