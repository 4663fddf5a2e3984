// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Cron read by asking of each value whether the text means it.
struct NaiveCron {
    private let fields: [Substring]
    private let isUnix: Bool
    private let minutes: [Bool]
    private let hours: [Bool]
    private let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    private let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    /// The fields only, without `cron()`.
    init(_ text: String) {
        let fields = text.split(separator: " ").map { $0.uppercased()[...] }
        self.fields = fields
        isUnix = fields.count == 5
        minutes = (0...59).map { Self.means(fields[0], $0, 0...59, []) }
        hours = (0...23).map { Self.means(fields[1], $0, 0...23, []) }
    }

    func matches(minuteOfDay minute: Int) -> Bool { minutes[minute % 60] && hours[minute / 60] }

    func matches(_ date: NaiveDate) -> Bool {
        guard Self.means(fields[3], date.month, 1...12, months) else { return false }
        if isUnix {
            let byMonth = Self.means(fields[2], date.day, 1...31, [])
            let byWeek =
                Self.means(fields[4], date.weekday, 0...7, weekdays)
                || date.weekday == 0 && Self.means(fields[4], 7, 0...7, weekdays)
            let isOpen = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
            return isOpen ? byMonth && byWeek : byMonth || byWeek
        }
        guard Self.means(fields[5], date.year, 1_970...2_199, []) else { return false }
        return fields[2] == "?"
            ? fields[4].split(separator: ",").contains { isDayOfWeek($0, date) }
            : fields[2].split(separator: ",").contains { isDayOfMonth($0, date) }
    }

    private func isDayOfMonth(_ item: Substring, _ date: NaiveDate) -> Bool {
        let workdays = (1...date.length).filter { 1...5 ~= NaiveDate(date.year, date.month, $0).weekday }
        if item == "L" { return date.day == date.length }
        if item == "LW" { return date.day == workdays.last }
        if item.hasPrefix("L-") { return date.day == date.length - Int(item.dropFirst(2))! }
        if item.hasSuffix("W") {
            let wanted = Int(item.dropLast())!
            return wanted <= date.length && date.day == workdays.min { abs($0 - wanted) < abs($1 - wanted) }
        }
        return Self.means(item, date.day, 1...31, [])
    }

    private func isDayOfWeek(_ item: Substring, _ date: NaiveDate) -> Bool {
        let weekday = date.weekday + 1
        if item == "L" { return weekday == 7 }
        if item.hasSuffix("L") {
            return Self.means(item.dropLast(), weekday, 1...7, weekdays) && date.day > date.length - 7
        }
        if item.contains("#") {
            let parts = item.split(separator: "#")
            let which = (1...date.day).filter { NaiveDate(date.year, date.month, $0).weekday == date.weekday }.count
            return Self.means(parts[0], weekday, 1...7, weekdays) && which == Int(parts[1])
        }
        return Self.means(item, weekday, 1...7, weekdays)
    }

    /// Walks from the first value of each range to its last, over the end of the field if need be.
    private static func means(_ text: Substring, _ wanted: Int, _ range: ClosedRange<Int>, _ names: [String]) -> Bool {
        func value(_ text: Substring) -> Int { Int(text) ?? range.lowerBound + names.firstIndex(of: String(text))! }
        return text.split(separator: ",").contains { item in
            let parts = item.split(separator: "/")
            let step = parts.count == 2 ? Int(parts[1])! : 1
            let ends = parts[0].split(separator: "-")
            var (first, last) = (range.lowerBound, range.upperBound)
            if parts[0] != "*" {
                first = value(ends[0])
                last = ends.count == 2 ? value(ends[1]) : parts.count == 2 ? last : first
            }
            var (current, count) = (first, 0)
            while true {
                if count % step == 0, current == wanted { return true }
                if current == last { return false }
                current = current == range.upperBound ? range.lowerBound : current + 1
                count += 1
            }
        }
    }
}
