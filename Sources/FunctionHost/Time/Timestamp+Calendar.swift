// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// The time by the calendar, to the millisecond before it, as Lambda writes it: `2026-11-14T12:00:00.000Z`.
    ///
    /// Leap seconds are not told, as in all times counted from 1970. Every time that can be told has a year of four digits.
    package var iso8601: String {
        let (day, nanosecondOfDay) = Self.floored(nanoseconds, by: 86_400_000_000_000)
        let (year, month, dayOfMonth) = Self.date(ofDay: day)
        let milliseconds = nanosecondOfDay / 1_000_000
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let fields: [(value: Int64, width: Int, end: UInt8)] = [
            (year, 4, UInt8(ascii: "-")), (month, 2, UInt8(ascii: "-")), (dayOfMonth, 2, UInt8(ascii: "T")),
            (seconds / 3_600, 2, UInt8(ascii: ":")), (seconds / 60 % 60, 2, UInt8(ascii: ":")),
            (seconds % 60, 2, UInt8(ascii: ".")), (fraction, 3, UInt8(ascii: "Z")),
        ]
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var place = 0
            for (value, width, end) in fields {
                var rest = value
                for digit in (place..<place + width).reversed() {
                    buffer[digit] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                buffer[place + width] = end
                place += width + 1
            }
            return place
        }
    }

    /// The date of a day counted from 1 January 1970, by the Gregorian calendar.
    ///
    /// Counted in eras of 400 years from 1 March of the year 0, so that a leap day is the last of its year.
    ///
    /// Source: Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floored(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// Quotient and remainder, the remainder never negative.
    private static func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
