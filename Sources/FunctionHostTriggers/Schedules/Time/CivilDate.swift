// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A date of the Gregorian calendar, extended to all years.
struct CivilDate: Hashable, Sendable {
    var year: Int
    /// From 1.
    var month: Int
    /// From 1.
    var day: Int

    /// The date of a day counted from 1 January 1970.
    ///
    /// Counted in eras of 400 years from 1 March of the year 0, so that a leap day is the last of its year.
    ///
    /// Source: Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`.
    init(dayNumber: Int) {
        let (era, dayOfEra) = (dayNumber + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// A date that exists; nobody checks it here.
    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1 January 1970, negative before it.
    ///
    /// Source: as for the way back, `days_from_civil`.
    var dayNumber: Int {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 0 for Sunday to 6 for Saturday.
    static func weekday(ofDayNumber day: Int) -> Int { (day + 4).flooredDivision(by: 7).remainder }

    static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension FixedWidthInteger {
    /// Quotient and remainder by a positive divisor, the remainder never negative.
    func flooredDivision(by divisor: Self) -> (quotient: Self, remainder: Self) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
