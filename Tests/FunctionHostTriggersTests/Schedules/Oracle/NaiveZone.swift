// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A time zone read a second time, in the plainest way, for the tests that compare.
///
/// The table in the second part of the file is gone through from its beginning; beyond it the rule is looked up in a
/// calendar, day by day. Only rules of the kind `M3.5.0/2`, which all zones have.
final class NaiveZone {
    private var times: [Int] = []
    private var offsets: [Int] = []
    private var first = 0
    private let footer: String
    /// The last answer, and how long it holds: who walks asks the same again and again.
    private var found = (span: 0..<0, offset: 0)
    private var yearly: [Int: [(time: Int, offset: Int)]] = [:]

    init(_ name: String) {
        let directory = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        var bytes: [UInt8] = []
        if let file = fopen("\(directory)/\(name)", "rb") {
            while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
            fclose(file)
        }
        precondition(bytes.count > 88, "there is no zone \(name)")
        func number(_ place: Int, _ size: Int) -> Int {
            var value = bytes[place] >= 128 ? -1 : 0
            for byte in bytes[place..<place + size] { value = value << 8 | Int(byte) }
            return value
        }
        func counts(_ place: Int) -> [Int] { (0..<6).map { number(place + 20 + $0 * 4, 4) } }
        let old = counts(0)
        let second = 44 + old[3] * 5 + old[4] * 6 + old[5] + old[2] * 8 + old[1] + old[0]
        let count = counts(second)
        let table = second + 44
        let types = table + count[3] * 9
        for index in 0..<count[3] {
            times.append(number(table + index * 8, 8))
            offsets.append(number(types + Int(bytes[table + count[3] * 8 + index]) * 6, 4))
        }
        first = number(types, 4)
        let end = types + count[4] * 6 + count[5] + count[2] * 12 + count[1] + count[0]
        footer = String(decoding: bytes[(end + 1)...].dropLast(), as: UTF8.self)
    }

    /// Minutes east of UTC in a minute counted from 1970.
    func offset(atMinute minute: Int) -> Int {
        let second = minute * 60
        if found.span.contains(second) { return found.offset / 60 }
        guard let last = times.last, second < last else { return offsetByRule(second) / 60 }
        found = (Int.min..<times[0], first)
        for (index, time) in times.enumerated() where time <= second {
            found = (time..<(index + 1 < times.count ? times[index + 1] : .max), offsets[index])
        }
        return found.offset / 60
    }

    /// When the offset differs from that of the minute before, in minutes counted from 1970.
    func changes(inYears years: Range<Int>) -> [Int] {
        let range = NaiveDate(years.lowerBound, 1, 1).number * 24..<NaiveDate(years.upperBound, 1, 1).number * 24
        return range.filter { offset(atMinute: $0 * 60) != offset(atMinute: $0 * 60 + 59) }.map { $0 * 60 + 30 }
            + range.filter { offset(atMinute: $0 * 60 - 1) != offset(atMinute: $0 * 60) }.map { $0 * 60 }
    }

    private func offsetByRule(_ second: Int) -> Int {
        let parts = footer.split(separator: ",")
        guard parts.count == 3 else {
            found = ((times.last ?? .min)..<Int.max, offsets.last ?? standard(parts[0]).offset)
            return found.offset
        }
        let year = NaiveDate(dayNumber: second / 86_400).year
        if yearly[year] == nil {
            let (standard, rest) = standard(parts[0])
            // The name of summer time, and its offset if that is not an hour more.
            let summer = rest.isEmpty || skipName(rest).isEmpty ? standard + 3_600 : self.standard(rest).offset
            yearly[year] = [
                (time(parts[1], year) - standard, summer), (time(parts[2], year) - summer, standard),
            ].sorted { $0.0 < $1.0 }
        }
        let changes = yearly[year]!
        return (changes.last { $0.time <= second } ?? changes[1]).offset
    }

    private func skipName(_ text: Substring) -> Substring {
        text.first == "<" ? text.drop { $0 != ">" }.dropFirst() : text.drop { $0.isLetter }
    }

    /// The offset behind a name, and what is behind it.
    private func standard(_ text: Substring) -> (offset: Int, rest: Substring) {
        let behind = skipName(text)
        let number = behind.prefix { "+-:0123456789".contains($0) }
        return (-clock(number), behind.dropFirst(number.count))
    }

    private func clock(_ text: Substring) -> Int {
        let sign = text.first == "-" ? -1 : 1
        let parts = text.drop { "+-".contains($0) }.split(separator: ":").map { Int($0)! }
        return sign * zip(parts, [3_600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// `M10.5.0/3` in a year, by the clock on the wall: the days are gone through and counted.
    private func time(_ rule: Substring, _ year: Int) -> Int {
        let halves = rule.split(separator: "/")
        let parts = halves[0].dropFirst().split(separator: ".").map { Int($0)! }
        let length = NaiveDate(year, parts[0], 1).length
        let days = (1...length).map { NaiveDate(year, parts[0], $0) }.filter { $0.weekday == parts[2] }
        let day = parts[1] == 5 ? days.last! : days[parts[1] - 1]
        return day.number * 86_400 + (halves.count == 2 ? clock(halves[1]) : 7_200)
    }
}
