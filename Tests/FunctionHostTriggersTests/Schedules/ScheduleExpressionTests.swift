// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// Rates, single dates, and what is refused of AWS's dialect.
@Suite struct ScheduleExpressionTests {
    @Test(
        "A rate fires in steps of elapsed time",
        arguments: [
            ("rate(5 minutes)", ["2025-05-10T06:05:00Z", "2025-05-10T06:10:00Z"]),
            ("rate(1 minute)", ["2025-05-10T06:01:00Z", "2025-05-10T06:02:00Z"]),
            ("rate(1 minutes)", ["2025-05-10T06:01:00Z"]),
            ("rate(5 minute)", ["2025-05-10T06:05:00Z"]),
            ("rate(1 hour)", ["2025-05-10T07:00:00Z", "2025-05-10T08:00:00Z"]),
            ("rate(12 hours)", ["2025-05-10T18:00:00Z", "2025-05-11T06:00:00Z"]),
            ("rate(1 day)", ["2025-05-11T06:00:00Z"]),
            ("rate(400 days)", ["2026-06-14T06:00:00Z"]),
        ])
    func rate(expression: String, expected: [String]) throws {
        #expect(try firings(expression, after: "2025-05-10T06:00:00Z", count: expected.count) == expected)
    }

    @Test("A day is 24 hours, whatever the clock does")
    func rateIgnoresClocks() throws {
        #expect(
            try firings("rate(1 day)", zone: "Europe/Berlin", after: "2025-03-29T12:00:00Z", count: 2)
                == ["2025-03-30T12:00:00Z", "2025-03-31T12:00:00Z"])
    }

    @Test("The first firing of a rate is its anchor")
    func anchor() throws {
        let rate = try ScheduleExpression("rate(7 minutes)")
        let anchor = instant("2025-05-10T06:00:00.5Z")
        #expect(rate.next(after: instant("2025-05-01T00:00:00Z"), anchor: anchor) == anchor)
        #expect(rate.next(after: anchor, anchor: anchor) == instant("2025-05-10T06:07:00.5Z"))
        #expect(rate.next(after: instant("2025-05-10T06:13:59Z"), anchor: anchor) == instant("2025-05-10T06:14:00.5Z"))
        #expect(
            rate.next(after: instant("2025-05-10T06:14:00.5Z"), anchor: anchor) == instant("2025-05-10T06:21:00.5Z"))
        #expect(rate.next(after: .distantFuture, anchor: anchor) == nil)
        #expect(rate.next(after: .distantFuture, anchor: Timestamp(nanoseconds: .min)) == nil)
        let longest = try ScheduleExpression("rate(106751991167300 days)")
        #expect(longest.next(after: anchor) == nil)
    }

    @Test("Rules insist on singular with 1 and plural otherwise")
    func rateUnits() throws {
        for text in ["rate(1 minute)", "rate(2 minutes)", "rate(1 day)", "rate(24 hours)"] {
            _ = try ScheduleExpression(text, rateUnits: .matchingNumber)
        }
        for text in ["rate(1 minutes)", "rate(2 minute)", "rate(1 days)", "rate(24 hour)"] {
            let error = #expect(throws: ScheduleExpressionError.self) {
                try ScheduleExpression(text, rateUnits: .matchingNumber)
            }
            #expect(error?.reason.contains("singular") == true)
        }
    }

    @Test("At fires once, by the clock of its zone, and never if the time is past or skipped")
    func at() throws {
        #expect(
            try firings("at(2025-05-10T06:00:01)", after: "2025-05-10T06:00:00Z", count: 9) == ["2025-05-10T06:00:01Z"])
        #expect(try firings("at(2025-05-10T06:00:00)", after: "2025-05-10T06:00:00Z", count: 9) == [])
        #expect(try firings("at(2000-01-01T00:00:00)", after: "2025-05-10T06:00:00Z", count: 9) == [])
        #expect(
            try firings("at(2025-05-10T06:00:00)", zone: "Asia/Kolkata", after: "2025-01-01T00:00:00Z", count: 9)
                == ["2025-05-10T00:30:00Z"])
        #expect(
            try firings("at(2025-03-09T02:30:00)", zone: "America/New_York", after: "2025-01-01T00:00:00Z", count: 9)
                == [])
        #expect(
            try firings("at(2025-11-02T01:30:00)", zone: "America/New_York", after: "2025-01-01T00:00:00Z", count: 9)
                == ["2025-11-02T05:30:00Z"])
        #expect(
            try firings("at(2025-11-02T01:30:00)", zone: "America/New_York", after: "2025-11-02T05:45:00Z", count: 9)
                == [])
        #expect(try !ScheduleExpression("at(2025-05-10T06:00:00)").isRecurring)
    }

    @Test(
        "What is no expression is refused",
        arguments: [
            "", "cron", "cron(", "cron()", "cron(0 6 * * ? *", "0 6 * * ? *", "CRON(0 6 * * ? *)", "Rate(5 minutes)",
            " cron(0 6 * * ? *)", "cron (0 6 * * ? *)", "cron(0 6 * * ? *) ", "cron(0 6 * * ? *))", "every(5 minutes)",
            // Six fields, exactly one of the day fields is ?, and no other.
            "cron(0 6 * * ?)", "cron(0 6 * * ? * *)", "cron(0 6 * * * *)", "cron(0 6 ? * ? *)", "cron(0 6 1 * MON *)",
            "cron(0 6 1 * * *)", "cron(0 6 * * MON *)", "cron(? 6 * * ? *)", "cron(0 ? * * ? *)", "cron(0 6 * ? ? *)",
            "cron(0 6 * * ? ?)", "cron(0 6 1,? * ? *)", "cron(0 6 ?/2 * MON *)", "cron(0 6 ? * MON,? *)",
            // Ranges of the fields.
            "cron(60 6 * * ? *)", "cron(0 24 * * ? *)", "cron(0 6 0 * ? *)", "cron(0 6 32 * ? *)", "cron(0 6 * 0 ? *)",
            "cron(0 6 * 13 ? *)", "cron(0 6 ? * 0 *)", "cron(0 6 ? * 8 *)", "cron(0 6 * * ? 1969)",
            "cron(0 6 * * ? 2200)",
            "cron(-1 6 * * ? *)", "cron(0-60 6 * * ? *)", "cron(0 6 * * ? 2030-2025)",
            // Steps, lists and names.
            "cron(*/0 6 * * ? *)", "cron(0/ 6 * * ? *)", "cron(/5 6 * * ? *)", "cron(1/2/3 6 * * ? *)",
            "cron(1,,2 6 * * ? *)",
            "cron(1, 6 * * ? *)", "cron(*-5 6 * * ? *)", "cron(1- 6 * * ? *)", "cron(1-2-3 6 * * ? *)",
            "cron(*5 6 * * ? *)",
            "cron(0 6 * JUNE ? *)", "cron(0 6 * MON ? *)", "cron(0 6 ? * JAN *)", "cron(0 6 ? * ſun *)",
            "cron(a 6 * * ? *)",
            "cron(0.5 6 * * ? *)", "cron(+1 6 * * ? *)", "cron(0 6 * * ? *,)", "cron(*/99999999999999999999 6 * * ? *)",
            // L, W and #.
            "cron(L 6 * * ? *)", "cron(0 6 * L ? *)", "cron(0 6 W * ? *)", "cron(0 6 0W * ? *)", "cron(0 6 32W * ? *)",
            "cron(0 6 1-5W * ? *)", "cron(0 6 5L * ? *)", "cron(0 6 L-31 * ? *)", "cron(0 6 L-x * ? *)",
            "cron(0 6 1#2 * ? *)",
            "cron(0 6 ? * 8L *)", "cron(0 6 ? * 2W *)", "cron(0 6 ? * 2#0 *)", "cron(0 6 ? * 2#6 *)",
            "cron(0 6 ? * #2 *)",
            "cron(0 6 ? * 2# *)", "cron(0 6 ? * 2#1,3#1 *)", "cron(0 6 ? * 2#1,FRI *)", "cron(0 6 ? * L-2 *)",
            "cron(0 6 ? * MON-FRI#1 *)", "cron(5 6 L/2 * ? *)",
            // Rates.
            "rate()", "rate(0 minutes)", "rate(-5 minutes)", "rate(5 seconds)", "rate(1 years)", "rate(5 MINUTES)",
            "rate(5)", "rate(minutes)", "rate(5minutes)", "rate(5  minutes)", "rate( 5 minutes)", "rate(5 minutes )",
            " rate(5 minutes)", "rate (5 minutes)", "rate(1.5 hours)", "rate(+5 minutes)", "rate(5 minutess)",
            "rate(5 s)",
            "rate(99999999999999999999 days)", "rate(9223372036854775807 days)", "rate(5 weeks)", "RATE(5 minutes)",
            // Single dates.
            "at()", "at(2025-05-10)", "at(2025-05-10T06:00)", "at(2025-05-10T06:00:00Z)", "at(2025-05-10T06:00:00.000)",
            "at(2025-05-10T06:00:00+01:00)", "at(2025-02-30T06:00:00)", "at(2025-05-10T24:00:00)",
            "at(2025-05-10 06:00:00)",
            "at( 2025-05-10T06:00:00)", "at(25-05-10T06:00:00)", "at(2200-01-01T00:00:00)", "AT(2025-05-10T06:00:00)",
        ])
    func invalid(expression: String) {
        let error = #expect(throws: ScheduleExpressionError.self) { try ScheduleExpression(expression) }
        #expect(error.map { 0...expression.utf8.count ~= $0.position } == true)
    }

    @Test(
        "An error points at the place and says what to write there",
        arguments: [
            ("cron(0 25 * * ? *)", 7, "hours", "0 to 23"),
            ("cron(0 6 ? * FRY *)", 13, "day-of-week", "SUN to SAT"),
            ("cron(0 6 * * * *)", 13, "day-of-week", "write ? in one"),
            ("cron(0 6 * * ?)", 14, nil, "write six"),
            ("cron(0 6 * ? ? *)", 11, nil, "write *"),
            ("cron(0,5,x 6 * * ? *)", 9, "minutes", "0 to 59"),
            ("rate(5 lightyears)", 7, nil, "minutes, hours and days"),
            ("0 6 * * *", 0, nil, "begin with cron("),
        ] as [(String, Int, String?, String)])
    func place(expression: String, position: Int, field: String?, advice: String) throws {
        let error = try #require(throws: ScheduleExpressionError.self) { try ScheduleExpression(expression) }
        #expect(error.position == position)
        #expect(error.field == field)
        #expect(error.description.contains(advice))
        #expect(error.description.contains("character \(position + 1)"))
    }

    @Test("A text of 256 bytes is read, one of 257 is not")
    func limit() throws {
        func expression(ofSize size: Int) -> String {
            let rest = " 6 * * ? *)"
            return "cron(0" + String(repeating: ",1", count: (size - 6 - rest.count) / 2) + rest
        }
        #expect(expression(ofSize: 255).utf8.count == 255)
        _ = try ScheduleExpression(expression(ofSize: 255))
        let padded = expression(ofSize: 255).replacing("cron(0,", with: "cron(00,")
        #expect(padded.utf8.count == 256)
        _ = try ScheduleExpression(padded)
        let error = #expect(throws: ScheduleExpressionError.self) {
            try ScheduleExpression(padded.replacing("cron(00,", with: "cron(000,"))
        }
        #expect(error?.expression.utf8.count == 256)
    }

    @Test("Random and mutated text is read or refused, never a crash, and what is read can be asked")
    func fuzz() throws {
        let seeds = [
            "cron(0/20 9-10 ? * TUE,THU *)", "cron(0 0 L-3,LW,15W */2 ? 2025-2040)", "cron(0 6 ? JAN-3 4#5 *)",
            "rate(5 minutes)",
            "at(2025-05-10T06:00:00)", "*/10 0-6/2 1,15 * mon-fri", "@daily",
        ]
        let alphabet = Array("0123456789 ,-*/?LW#()@abcMONJratecron:Té🕰\0\t".unicodeScalars)
        var random = SplitMix64(seed: 5)
        let zone = try TimeZoneRules(named: "Europe/Berlin")
        var read = 0
        for _ in 0..<20_000 {
            var scalars = Array(seeds.randomElement(using: &random)!.unicodeScalars)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<max(1, scalars.count), using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0 where !scalars.isEmpty: scalars.remove(at: min(place, scalars.count - 1))
                case 1 where !scalars.isEmpty: scalars[place] = alphabet.randomElement(using: &random)!
                default: scalars.insert(alphabet.randomElement(using: &random)!, at: min(place, scalars.count))
                }
            }
            let text = String(String.UnicodeScalarView(scalars))
            for dialect in [ScheduleExpression.Dialect.aws, .unix] {
                guard let expression = try? ScheduleExpression(text, dialect: dialect) else { continue }
                read += 1
                let now = Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &random))
                if let next = expression.next(after: now, in: zone) { #expect(next > now) }
            }
        }
        #expect(read > 1_000)
    }
}
