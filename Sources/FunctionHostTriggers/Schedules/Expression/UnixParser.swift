// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Reads five fields of Unix's cron, or a nickname for them.
///
/// Source: `crontab(5)` of Vixie cron 4.1.
struct UnixParser {
    private static let minutes = CronField("minute", 0...59, wraps: false)
    private static let hours = CronField("hour", 0...23, wraps: false)
    private static let daysOfMonth = CronField("day-of-month", 1...31, wraps: false)
    private static let months = CronField("month", 1...12, names: CronField.months, wraps: false)
    /// Sunday is 0, and 7 as well.
    private static let daysOfWeek = CronField("day-of-week", 0...7, names: CronField.weekdays, wraps: false)

    private static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    func rule(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> CronRule {
        let fields = CronField.split(text)
        if let nickname = fields.first, nickname.first == UInt8(ascii: "@") {
            guard fields.count == 1, let line = Self.nicknames[String(decoding: nickname, as: UTF8.self)] else {
                let known = Self.nicknames.keys.sorted().joined(separator: " ")
                throw ScheduleFault(at: nickname.startIndex, "the nicknames are \(known), each by itself")
            }
            return try rule(Array(line.utf8)[...])
        }
        guard fields.count == 5 else {
            throw ScheduleFault(
                at: fields.count > 5 ? fields[5].startIndex : text.endIndex,
                "there are \(fields.count) fields; write five: minute hour day-of-month month day-of-week")
        }
        return CronRule(
            minutes: UInt64(bits: try Self.minutes.values(fields[0])),
            hours: UInt64(bits: try Self.hours.values(fields[1])),
            days: try days(ofMonth: fields[2], ofWeek: fields[4]),
            months: UInt64(bits: try Self.months.values(fields[3])),
            years: .all)
    }

    /// Either day field is enough if both are restricted; one that begins with `*` is not, even as `*/10`, and then both
    /// must hold.
    private func days(
        ofMonth month: ArraySlice<UInt8>, ofWeek week: ArraySlice<UInt8>
    ) throws(ScheduleFault) -> CronDays {
        let days = DaysOfMonth(days: UInt64(bits: try Self.daysOfMonth.values(month)))
        let weekdays = DaysOfWeek(days: UInt64(bits: try Self.daysOfWeek.values(week).map { $0 % 7 }))
        let star = UInt8(ascii: "*")
        return month.first == star || week.first == star ? .both(days, weekdays) : .either(days, weekdays)
    }
}
