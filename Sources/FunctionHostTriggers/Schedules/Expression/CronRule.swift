// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Five or six fields of cron, ready to be searched.
struct CronRule: Hashable, Sendable {
    /// Bits 0 to 59.
    var minutes: UInt64
    /// Bits 0 to 23.
    var hours: UInt64
    var days: CronDays
    /// Bits 1 to 12.
    var months: UInt64
    var years: CronYears

    /// The first firing strictly later than an instant, by the clock of a zone.
    ///
    /// Goes through the parts of the zone's timeline in which the clock is not set. Within one, local times and instants
    /// go side by side; what the clock showed already, in an earlier part, does not fire again.
    func next(after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let (first, overflow) = instant.wholeSeconds.addingReportingOverflow(1)
        guard !overflow else { return nil }
        var second = max(first, Self.earliest)
        var part = zone.part(atSecond: second)
        while true {
            let offset = Int64(zone.offsets[part])
            let end = zone.end(of: part) == .max ? Int64.max : Self.minute(notBefore: zone.end(of: part) + offset)
            var start = Self.minute(notBefore: second + offset)
            while let minute = nextMinute(from: start, before: end) {
                let found = minute * 60 - offset
                if !zone.isRepeated(second: found, in: part) { return Timestamp(wholeSeconds: found) }
                start = minute + 1
            }
            part += 1
            guard part < zone.offsets.count, zone.start(of: part) < Self.latest else { return nil }
            second = zone.start(of: part)
        }
    }

    /// A day before 1970 began and a day after 2199 ended, anywhere.
    private static let earliest =
        Int64(CivilDate(year: CronYears.range.lowerBound, month: 1, day: 1).dayNumber - 2) * 86_400
    private static let latest =
        Int64(CivilDate(year: CronYears.range.upperBound + 1, month: 1, day: 3).dayNumber) * 86_400

    private static func minute(notBefore second: Int64) -> Int64 {
        let (minute, rest) = second.flooredDivision(by: 60)
        return rest == 0 ? minute : minute + 1
    }

    /// The first minute that matches, of those from one on and before another, counted from 1970 by the clock on the wall.
    private func nextMinute(from start: Int64, before end: Int64) -> Int64? {
        guard start < end else { return nil }
        let (firstDay, minuteOfDay) = start.flooredDivision(by: 1_440)
        var day = Int(firstDay)
        var earliest = Int(minuteOfDay)
        while let found = nextDay(from: day, before: end) {
            if found > day { earliest = 0 }
            if let time = firstTime(from: earliest) {
                let minute = Int64(found) * 1_440 + Int64(time)
                return minute < end ? minute : nil
            }
            day = found + 1
            earliest = 0
        }
        return nil
    }

    /// The first minute of a day, from one of its minutes on.
    private func firstTime(from minute: Int) -> Int? {
        let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
        if hours & 1 << UInt64(hour) != 0, let found = minutes.firstBit(from: rest) { return hour * 60 + found }
        guard let later = hours.firstBit(from: hour + 1) else { return nil }
        return later * 60 + minutes.trailingZeroBitCount
    }

    /// The first day that matches, from one on; nil if it would lie behind the end.
    private func nextDay(from day: Int, before end: Int64) -> Int? {
        let date = CivilDate(dayNumber: day)
        var firstDay = date.day
        var firstMonth = date.month
        var year = date.year
        while let next = years.first(from: year) {
            if next > year { (firstDay, firstMonth) = (1, 1) }
            while let month = months.firstBit(from: firstMonth) {
                if month > firstMonth { firstDay = 1 }
                let begin = CivilDate(year: next, month: month, day: 1).dayNumber
                guard Int64(begin) * 1_440 < end else { return nil }
                let matching = days.inMonth(month, of: next, startingOn: begin)
                if let found = matching.firstBit(from: firstDay) { return begin + found - 1 }
                (firstDay, firstMonth) = (1, month + 1)
            }
            (firstDay, firstMonth) = (1, 1)
            year = next + 1
        }
        return nil
    }
}

/// The years from 1970 to 2199, one bit each.
struct CronYears: Hashable, Sendable {
    static let range = 1_970...2_199
    static let all = Self(range)
    private var words = SIMD4<UInt64>()

    init(_ years: some Sequence<Int>) {
        for year in years {
            let index = year - Self.range.lowerBound
            words[index / 64] |= 1 << UInt64(index % 64)
        }
    }

    func first(from year: Int) -> Int? {
        var index = max(0, year - Self.range.lowerBound)
        while index < Self.range.count {
            if let bit = words[index / 64].firstBit(from: index % 64) {
                return Self.range.lowerBound + index / 64 * 64 + bit
            }
            index = (index / 64 + 1) * 64
        }
        return nil
    }
}

extension UInt64 {
    /// The lowest bit that is set, of those from one on.
    func firstBit(from bit: Int) -> Int? {
        guard bit < 64 else { return nil }
        let rest = self & (.max << UInt64(bit))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    init(bits: some Sequence<Int>) {
        self = bits.reduce(0) { $0 | 1 << UInt64($1) }
    }
}
