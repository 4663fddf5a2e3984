// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Reads what only AWS's day fields have: `L`, `W` and `#`.
///
/// Source: as for ``ScheduleExpression``; `LW` and `L-n` from Quartz, from which the dialect comes.
enum AWSDayParser {
    static func daysOfMonth(_ text: ArraySlice<UInt8>, _ field: CronField) throws(ScheduleFault) -> DaysOfMonth {
        var days = DaysOfMonth()
        for item in field.items(text) {
            let upper = CronField.uppercased(item)
            if upper == "L" {
                days.fromLast |= 1
            } else if upper == "LW" {
                days.lastWorkday = true
            } else if upper.hasPrefix("L-") {
                guard let distance = CronField.number(item.dropFirst(2)), distance <= 30 else {
                    throw field.fault(at: item, "behind L- stands how many days before the last one, at most 30")
                }
                days.fromLast |= 1 << UInt64(distance)
            } else if upper.hasSuffix("W") {
                days.nearestWorkdays |= 1 << UInt64(try field.value(item.dropLast()))
            } else {
                days.days |= UInt64(bits: try values(item, field))
            }
        }
        return days
    }

    static func daysOfWeek(_ text: ArraySlice<UInt8>, _ field: CronField) throws(ScheduleFault) -> DaysOfWeek {
        let items = field.items(text)
        var days = DaysOfWeek()
        for item in items {
            let upper = CronField.uppercased(item)
            if let hash = item.firstIndex(of: UInt8(ascii: "#")) {
                guard items.count == 1 else {
                    throw field.fault(at: item, "a day with # stands alone; leave out the list")
                }
                days.nth = try nth(item, hash, field)
            } else if upper == "L" {
                days.days |= 1 << 6
            } else if upper.hasSuffix("L") {
                days.last |= 1 << UInt64(try field.value(item.dropLast()) - 1)
            } else {
                days.days |= UInt64(bits: try values(item, field).map { $0 - 1 })
            }
        }
        return days
    }

    /// `?` is refused by what it means here, not as a wrong number.
    private static func values(_ item: ArraySlice<UInt8>, _ field: CronField) throws(ScheduleFault) -> [Int] {
        if let place = item.firstIndex(of: UInt8(ascii: "?")) {
            throw ScheduleFault(at: place, in: field.name, "? stands alone in its field")
        }
        return try field.values(ofItem: item)
    }

    private static func nth(
        _ item: ArraySlice<UInt8>, _ hash: Int, _ field: CronField
    ) throws(ScheduleFault) -> DaysOfWeek.Nth {
        let weekday = try field.value(item[..<hash]) - 1
        guard let n = CronField.number(item[(hash + 1)...]), 1...5 ~= n else {
            throw field.fault(at: item[(hash + 1)...], "behind # stands which one of the month, 1 to 5")
        }
        return DaysOfWeek.Nth(weekday: weekday, n: n)
    }
}
