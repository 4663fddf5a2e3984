// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct LocalDateTimeTests {
    @Test("Every day from 1900 to 2262 is the day after the one before it, and its weekday follows")
    func calendar() throws {
        var (year, month, day, weekday) = (1_900, 1, 1, 1)
        while year < 2_262 {
            let date = try #require(LocalDateTime(year: year, month: month, day: day, hour: 23, minute: 59, second: 58))
            guard date.weekday == weekday, date.year == year, date.month == month, date.day == day, date.hour == 23,
                date.minute == 59, date.second == 58
            else {
                Issue.record("\(year)-\(month)-\(day) is read back as \(date)")
                return
            }
            let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            weekday = (weekday + 1) % 7
            day += 1
            if day > length { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }

    @Test(
        "What the calendar does not have is refused",
        arguments: [
            "2025-02-29T00:00:00", "2100-02-29T00:00:00", "2025-13-01T00:00:00", "2025-00-01T00:00:00",
            "2025-01-00T00:00:00", "2025-04-31T00:00:00", "2025-01-01T24:00:00", "2025-01-01T00:60:00",
            "2025-01-01T00:00:60", "1899-12-31T23:59:59", "2301-01-01T00:00:00",
        ])
    func noSuchDate(text: String) { #expect(LocalDateTime(text) == nil) }

    @Test(
        "What is not written as it has to be is refused",
        arguments: [
            "", "2025-01-01", "2025-01-01T00:00", "2025-01-01 00:00:00", "2025-01-01T00:00:00Z", "2025-1-01T00:00:000",
            "2025-01-01T00:00:00.0", "+025-01-01T00:00:00", "2025-01-01T00:00:0٠", "２025-01-01T00:00:00",
        ])
    func malformed(text: String) { #expect(LocalDateTime(text) == nil) }

    @Test(
        "It is written as it is read", arguments: ["2025-05-10T06:07:08", "1900-01-01T00:00:00", "2300-12-31T23:59:59"])
    func roundTrip(text: String) { #expect(LocalDateTime(text)?.description == text) }
}
