// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct TimestampCalendarTests {
    private static let day: Int64 = 86_400_000_000_000

    @Test(
        "A time is told by the calendar, to the millisecond before it",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (999_999, "1970-01-01T00:00:00.000Z"), (1_000_000, "1970-01-01T00:00:00.001Z"),
            (-1_000_000, "1969-12-31T23:59:59.999Z"), (-1_000_001, "1969-12-31T23:59:59.998Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999_999_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00.000Z"),
            (1_709_210_096_789_000_000, "2024-02-29T12:34:56.789Z"),
            (1_677_628_800_000_000_000, "2023-03-01T00:00:00.000Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
            (4_107_456_000_000_000_000, "2100-02-28T00:00:00.000Z"),
            (-2_203_891_200_000_000_000, "1900-03-01T00:00:00.000Z"),
            (-2_203_977_600_000_000_000, "1900-02-28T00:00:00.000Z"),
            (1_735_689_599_999_000_000, "2024-12-31T23:59:59.999Z"),
            (1_735_689_600_000_000_000, "2025-01-01T00:00:00.000Z"),
            (1_234_567_890_123_456_789, "2009-02-13T23:31:30.123Z"),
            (1_794_657_600_000_000_000, "2026-11-14T12:00:00.000Z"),
            (.max, "2262-04-11T23:47:16.854Z"), (.min, "1677-09-21T00:12:43.145Z"),
        ] as [(Int64, String)])
    func known(nanoseconds: Int64, expected: String) {
        #expect(Timestamp.at(nanoseconds).iso8601 == expected)
    }

    /// Counting on from a day that is known, by the rule for leap years as everybody learns it.
    @Test("Every day of six centuries has its date")
    func everyDay() {
        var (year, month, dayOfMonth) = (1700, 1, 1)
        // 270 years of 365 days, and 65 leap days: 1700, 1800 and 1900 had none.
        var number = -(270 * 365 + 65) as Int64
        while year < 2262 {
            let text = Timestamp.at(number * Self.day).iso8601
            let fields = text.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
            guard text.hasSuffix("T00:00:00.000Z"), Array(fields.prefix(3)) == [year, month, dayOfMonth] else {
                Issue.record("day \(number) is \(text), not \(year)-\(month)-\(dayOfMonth)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            number += 1
            dayOfMonth += 1
            if dayOfMonth > lengths[month - 1] { (month, dayOfMonth) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
    }
}
