// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The rule at the end of a time zone file, for the years after its table: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2024, *Environment Variables*, `TZ`; RFC 9636, section 3.3.1, for hours from −167 to 167.
struct PosixTimeZone {
    /// Seconds east of UTC.
    let standardOffset: Int
    private let summer: Summer?

    private struct Summer {
        let offset: Int
        let start: Day
        let end: Day
    }

    /// A day of each year, and seconds from its beginning, which may be before it or beyond its end.
    fileprivate struct Day {
        enum Kind {
            /// The n-th of the year from 1, 29 February not counted.
            case julian(Int)
            /// The n-th of the year from 0.
            case ordinal(Int)
            /// The n-th such weekday of a month; 5 is the last one.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        let kind: Kind
        let time: Int
    }

    init(_ text: ArraySlice<UInt8>) throws(TimeZoneFile.Fault) {
        var parser = Parser(rest: text)
        try parser.name()
        standardOffset = -(try parser.time(largestHour: 24))
        guard !parser.rest.isEmpty else {
            summer = nil
            return
        }
        try parser.name()
        let offset =
            parser.rest.first == UInt8(ascii: ",") ? standardOffset + 3_600 : -(try parser.time(largestHour: 24))
        summer = Summer(offset: offset, start: try parser.day(), end: try parser.day())
        guard parser.rest.isEmpty else { throw Parser.fault }
    }

    /// How the clock is set in a year, in order.
    func changes(inYear year: Int) -> [(second: Int64, offset: Int)] {
        guard let summer else { return [] }
        // Each time is told by the clock as it was until then.
        let start = (second: summer.start.second(ofYear: year) - Int64(standardOffset), offset: summer.offset)
        let end = (second: summer.end.second(ofYear: year) - Int64(summer.offset), offset: standardOffset)
        return start.second <= end.second ? [start, end] : [end, start]
    }
}

extension PosixTimeZone.Day {
    /// Seconds since 1970-01-01T00:00:00 by the clock on the wall.
    func second(ofYear year: Int) -> Int64 {
        let newYear = CivilDate(year: year, month: 1, day: 1).dayNumber
        let day =
            switch kind {
            case .julian(let number): newYear + number - 1 + (CivilDate.isLeap(year) && number >= 60 ? 1 : 0)
            case .ordinal(let number): newYear + number
            case .weekday(let month, let week, let weekday):
                Self.day(of: weekday, week: week, month: month, year: year)
            }
        return Int64(day) * 86_400 + Int64(time)
    }

    private static func day(of weekday: Int, week: Int, month: Int, year: Int) -> Int {
        let first = CivilDate(year: year, month: month, day: 1).dayNumber
        let wait = (weekday - CivilDate.weekday(ofDayNumber: first)).flooredDivision(by: 7).remainder
        let length = CivilDate.days(inMonth: month, of: year)
        var offset = wait + (week - 1) * 7
        while offset >= length { offset -= 7 }
        return first + offset
    }
}

extension PosixTimeZone {
    private struct Parser {
        static let fault = TimeZoneFile.Fault(reason: "the rule after the last change cannot be read")
        var rest: ArraySlice<UInt8>

        /// Letters, or anything in angle brackets; nobody here needs it.
        mutating func name() throws(TimeZoneFile.Fault) {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { throw Self.fault }
                rest = rest[(end + 1)...]
            } else {
                let count = rest.prefix { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & 0xDF }.count
                guard count >= 3 else { throw Self.fault }
                rest = rest.dropFirst(count)
            }
        }

        /// Hours, and minutes and seconds if they are given, in seconds.
        mutating func time(largestHour: Int) throws(TimeZoneFile.Fault) -> Int {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            var seconds = try number(0...largestHour) * 3_600
            if take(":") { seconds += try number(0...59) * 60 }
            if take(":") { seconds += try number(0...59) }
            return sign * seconds
        }

        mutating func day() throws(TimeZoneFile.Fault) -> Day {
            guard take(",") else { throw Self.fault }
            let kind: Day.Kind
            if take("M") {
                let month = try number(1...12)
                guard take(".") else { throw Self.fault }
                let week = try number(1...5)
                guard take(".") else { throw Self.fault }
                kind = .weekday(month: month, week: week, weekday: try number(0...6))
            } else if take("J") {
                kind = .julian(try number(1...365))
            } else {
                kind = .ordinal(try number(0...365))
            }
            return Day(kind: kind, time: take("/") ? try time(largestHour: 167) : 7_200)
        }

        private mutating func number(_ range: ClosedRange<Int>) throws(TimeZoneFile.Fault) -> Int {
            let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard let number = Int(String(decoding: digits.prefix(4), as: UTF8.self)), digits.count <= 4,
                range ~= number
            else { throw Self.fault }
            rest = rest.dropFirst(digits.count)
            return number
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}
