// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Date and time as a clock on a wall shows them: no zone, so no instant yet.
///
/// To the second, without leap seconds, and by the Gregorian calendar. ``TimeZoneRules`` says when it is so late.
public struct LocalDateTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00, as if every day had 86,400 of them.
    let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    /// Makes a date and time; nil if the calendar does not have it, or the year is not 1900 to 2300.
    ///
    /// Months and days count from 1, hours to 23, minutes and seconds to 59.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard 1_900...2_300 ~= year, 1...12 ~= month, day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            0...23 ~= hour, 0...59 ~= minute, 0...59 ~= second
        else { return nil }
        let dayNumber = CivilDate(year: year, month: month, day: day).dayNumber
        seconds = Int64(dayNumber) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    /// Reads `2025-05-10T06:00:00`, exactly so many digits; nil for anything else, and for what the calendar does not have.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(20))
        guard bytes.count == 19 else { return nil }
        var numbers: [Int] = []
        var number = 0
        for (index, byte) in bytes.enumerated() {
            if let separator = Self.separators[index] {
                guard byte == separator else { return nil }
                numbers.append(number)
                number = 0
            } else {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
        }
        self.init(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4], second: number)
    }

    private static let separators: [Int: UInt8] = [
        4: UInt8(ascii: "-"), 7: UInt8(ascii: "-"), 10: UInt8(ascii: "T"), 13: UInt8(ascii: ":"),
        16: UInt8(ascii: ":"),
    ]

    /// The year, four digits for every time that a `Timestamp` can tell.
    public var year: Int { date.year }
    /// From 1 for January.
    public var month: Int { date.month }
    /// The day of the month, from 1.
    public var day: Int { date.day }
    /// 0 to 23.
    public var hour: Int { secondOfDay / 3_600 }
    /// 0 to 59.
    public var minute: Int { secondOfDay / 60 % 60 }
    /// 0 to 59.
    public var second: Int { secondOfDay % 60 }
    /// 0 for Sunday to 6 for Saturday.
    public var weekday: Int { CivilDate.weekday(ofDayNumber: dayNumber) }

    /// As ISO 8601 has it, without a zone: `2025-05-10T06:00:00`.
    public var description: String {
        let date = date
        return "\(Self.padded(date.year, to: 4))-\(Self.padded(date.month))-\(Self.padded(date.day))"
            + "T\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))"
    }

    /// Whether one is shown before the other, on a clock that is never set.
    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    private var dayNumber: Int { Int(seconds.flooredDivision(by: 86_400).quotient) }
    private var secondOfDay: Int { Int(seconds.flooredDivision(by: 86_400).remainder) }
    private var date: CivilDate { CivilDate(dayNumber: dayNumber) }

    private static func padded(_ number: Int, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
