// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Dates by counting, year for year and month for month.
struct NaiveDate: Hashable {
    var year = 1_970
    var month = 1
    var day = 1

    /// Of a day counted from 1970, not before it.
    init(dayNumber: Int) {
        var rest = dayNumber
        while rest >= (Self.isLeap(year) ? 366 : 365) {
            rest -= Self.isLeap(year) ? 366 : 365
            year += 1
        }
        while rest >= length {
            rest -= length
            month += 1
        }
        day = rest + 1
    }

    init(_ year: Int, _ month: Int, _ day: Int) { (self.year, self.month, self.day) = (year, month, day) }

    /// Days since 1970.
    var number: Int {
        var count = day - 1
        for year in 1_970..<year { count += Self.isLeap(year) ? 366 : 365 }
        for month in 1..<month { count += NaiveDate(year, month, 1).length }
        return count
    }

    /// How many days its month has.
    var length: Int {
        [31, Self.isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// 0 for Sunday.
    ///
    /// Source: Zeller, *Die Grundaufgaben der Kalenderrechnung auf neue und vereinfachte Weise gelöst*, 1882.
    var weekday: Int {
        let (month, year) = month < 3 ? (month + 12, year - 1) : (month, year)
        return (day + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400 + 6) % 7
    }

    private static func isLeap(_ year: Int) -> Bool { year % 400 == 0 || year % 100 != 0 && year % 4 == 0 }
}
