// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the two fields for days say, together.
enum CronDays: Hashable, Sendable {
    case ofMonth(DaysOfMonth)
    case ofWeek(DaysOfWeek)
    case both(DaysOfMonth, DaysOfWeek)
    case either(DaysOfMonth, DaysOfWeek)

    /// The matching days of a month whose first is a day counted from 1970, as bits 1 to 31.
    func inMonth(_ month: Int, of year: Int, startingOn dayNumber: Int) -> UInt64 {
        let days = Month(
            length: CivilDate.days(inMonth: month, of: year), firstWeekday: CivilDate.weekday(ofDayNumber: dayNumber))
        return switch self {
        case .ofMonth(let rule): rule.days(in: days)
        case .ofWeek(let rule): rule.days(in: days)
        case .both(let left, let right): left.days(in: days) & right.days(in: days)
        case .either(let left, let right): left.days(in: days) | right.days(in: days)
        }
    }
}

/// All that the days of a month depend on.
struct Month {
    let length: Int
    /// 0 for Sunday.
    let firstWeekday: Int

    func weekday(of day: Int) -> Int { (firstWeekday + day - 1) % 7 }
}

/// What a day-of-month field says.
struct DaysOfMonth: Hashable, Sendable {
    /// Bits 1 to 31.
    var days: UInt64 = 0
    /// Of the days from Monday to Friday the nearest to these, without leaving the month: bits 1 to 31.
    var nearestWorkdays: UInt64 = 0
    /// Days before the last one, which is bit 0.
    var fromLast: UInt64 = 0
    /// The last day that is none of a weekend.
    var lastWorkday = false

    func days(in month: Month) -> UInt64 {
        var found = days & (1 << UInt64(month.length + 1) - 1)
        for day in 1...month.length {
            if fromLast & 1 << UInt64(month.length - day) != 0 { found |= 1 << UInt64(day) }
            if nearestWorkdays & 1 << UInt64(day) != 0 { found |= 1 << UInt64(Self.workday(nearest: day, in: month)) }
        }
        if lastWorkday { found |= 1 << UInt64(Self.workday(nearest: month.length, in: month)) }
        return found
    }

    private static func workday(nearest day: Int, in month: Month) -> Int {
        switch month.weekday(of: day) {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == month.length ? day - 2 : day + 1
        default: day
        }
    }
}

/// What a day-of-week field says; 0 is Sunday.
struct DaysOfWeek: Hashable, Sendable {
    /// Bits 0 to 6.
    var days: UInt64 = 0
    /// Only the last such day of the month: bits 0 to 6.
    var last: UInt64 = 0
    /// Only the n-th such day of the month, n from 1.
    var nth: Nth?

    struct Nth: Hashable, Sendable {
        var weekday: Int
        var n: Int
    }

    func days(in month: Month) -> UInt64 {
        var found: UInt64 = 0
        for day in 1...month.length {
            let weekday = month.weekday(of: day)
            let bit: UInt64 = 1 << UInt64(weekday)
            let isNth = nth.map { $0.weekday == weekday && $0.n == (day + 6) / 7 } ?? false
            if days & bit != 0 || last & bit != 0 && day + 7 > month.length || isNth { found |= 1 << UInt64(day) }
        }
        return found
    }
}
