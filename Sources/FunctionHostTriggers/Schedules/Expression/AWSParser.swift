// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Reads `cron(…)`, `rate(…)` and `at(…)`.
struct AWSParser {
    let rateUnits: ScheduleExpression.RateUnits

    private static let minutes = CronField("minutes", 0...59)
    private static let hours = CronField("hours", 0...23)
    private static let daysOfMonth = CronField("day-of-month", 1...31)
    private static let months = CronField("month", 1...12, names: CronField.months)
    /// Sunday is 1.
    private static let daysOfWeek = CronField("day-of-week", 1...7, names: CronField.weekdays)
    private static let years = CronField("year", CronYears.range, wraps: false)

    func rule(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> ScheduleExpression.Rule {
        guard let open = text.firstIndex(of: UInt8(ascii: "(")) else { throw Self.unknown }
        guard text.last == UInt8(ascii: ")") else {
            throw ScheduleFault(at: text.endIndex, "the expression must end with a closing parenthesis")
        }
        let inside = text[(open + 1)..<(text.endIndex - 1)]
        switch String(decoding: text[..<open], as: UTF8.self) {
        case "cron": return .cron(try cron(inside))
        case "rate": return .rate(seconds: try rate(inside))
        case "at": return .at(try at(inside))
        default: throw Self.unknown
        }
    }

    private static let unknown = ScheduleFault(
        at: 0, "begin with cron(, rate( or at(, in lower case and with nothing in front; five fields are Unix's dialect"
    )

    private func cron(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> CronRule {
        let fields = CronField.split(text)
        guard fields.count == 6 else {
            throw ScheduleFault(
                at: fields.count > 6 ? fields[6].startIndex : text.endIndex,
                "there are \(fields.count) fields; write six: minutes hours day-of-month month day-of-week year")
        }
        for (index, field) in fields.enumerated() where index != 2 && index != 4 {
            guard let place = field.firstIndex(of: UInt8(ascii: "?")) else { continue }
            throw ScheduleFault(at: place, "? can stand in one of the two day fields only; write * here")
        }
        return CronRule(
            minutes: UInt64(bits: try Self.minutes.values(fields[0])),
            hours: UInt64(bits: try Self.hours.values(fields[1])),
            days: try days(ofMonth: fields[2], ofWeek: fields[4]),
            months: UInt64(bits: try Self.months.values(fields[3])),
            years: CronYears(try Self.years.values(fields[5])))
    }

    /// Exactly one of the two is `?`, and the other one tells the days.
    private func days(
        ofMonth month: ArraySlice<UInt8>, ofWeek week: ArraySlice<UInt8>
    ) throws(ScheduleFault) -> CronDays {
        switch (month.elementsEqual("?".utf8), week.elementsEqual("?".utf8)) {
        case (true, true):
            throw Self.daysOfWeek.fault(at: week, "both day fields are ?; write * or a value in one of them")
        case (false, false):
            throw Self.daysOfWeek.fault(at: week, "both day fields are given; write ? in one of them")
        case (false, true): return .ofMonth(try AWSDayParser.daysOfMonth(month, Self.daysOfMonth))
        case (true, false): return .ofWeek(try AWSDayParser.daysOfWeek(week, Self.daysOfWeek))
        }
    }

    private func rate(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> Int64 {
        let digits = text.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard !digits.isEmpty else {
            throw ScheduleFault(
                at: text.startIndex, "a rate begins with a whole number from 1 on, as in rate(5 minutes)")
        }
        let rest = text[digits.endIndex...]
        guard rest.first == UInt8(ascii: " ") else {
            throw ScheduleFault(
                at: rest.startIndex, "write one space and a unit behind the number: minutes, hours or days")
        }
        let unit = String(decoding: rest.dropFirst(), as: UTF8.self)
        let isPlural = unit.hasSuffix("s")
        guard let length = Self.units[isPlural ? String(unit.dropLast()) : unit] else {
            throw ScheduleFault(at: rest.startIndex + 1, "the units are minutes, hours and days, in lower case")
        }
        guard let number = Int64(String(decoding: digits, as: UTF8.self)), number > 0 else {
            throw ScheduleFault(at: digits.startIndex, "the number must be 1 or more, and fit into 64 bits")
        }
        if rateUnits == .matchingNumber, isPlural == (number == 1) {
            throw ScheduleFault(at: rest.startIndex + 1, "the unit must be singular with 1 and plural otherwise")
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: length)
        guard !overflow else { throw ScheduleFault(at: digits.startIndex, "the number is too large") }
        return seconds
    }

    private static let units: [String: Int64] = ["minute": 60, "hour": 3_600, "day": 86_400]

    private func at(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> LocalDateTime {
        guard let local = LocalDateTime(String(decoding: text, as: UTF8.self)) else {
            throw ScheduleFault(
                at: text.startIndex,
                "write a date and time that exist, without zone or fraction, as in at(2025-05-10T06:00:00)")
        }
        guard local.year <= CronYears.range.upperBound else {
            throw ScheduleFault(at: text.startIndex, "the last year is \(CronYears.range.upperBound)")
        }
        return local
    }
}
