// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The firings of a hundred expressions against a walk through every minute.
///
/// Parts of ten years unless the environment variable SCHEDULE_YEARS says how many years there shall be, whole.
@Suite struct WalkTests {
    private static let wholeYears = getenv("SCHEDULE_YEARS").flatMap { Int(String(cString: $0)) }
    private static let years = 2_020..<2_030

    @Test(
        "Every firing is a minute that matches, every minute that matches fires once",
        arguments: WalkedExpression.hundred)
    func walk(expression: WalkedExpression) throws {
        let text = expression.isUnix ? expression.fields : "cron(\(expression.fields))"
        let parsed = try ScheduleExpression(text, dialect: expression.isUnix ? .unix : .aws)
        let zone = try TimeZoneRules(named: expression.zone)
        let naive = NaiveZone(expression.zone)
        var fired = 0
        for window in windows(naive) {
            let walked = Self.walk(NaiveCron(expression.fields), naive, window)
            var found: [Int] = []
            var last = Timestamp(nanoseconds: Int64(window.lowerBound) * 60_000_000_000 - 1)
            let end = Timestamp(nanoseconds: Int64(window.upperBound) * 60_000_000_000)
            while let next = parsed.next(after: last, in: zone), next < end {
                found.append(Int(next.nanoseconds / 60_000_000_000))
                if next.nanoseconds % 60_000_000_000 != 0 { Issue.record("\(expression): \(next)") }
                last = next
            }
            fired += found.count
            if found == walked { continue }
            let difference = Set(found).symmetricDifference(walked).sorted().prefix(3)
            Issue.record("\(expression): \(difference.map { Self.text($0) }) differ")
        }
        if Self.wholeYears != nil { print("\(expression): \(fired) firings") }
    }

    /// The minutes that fire, by asking each of them.
    private static func walk(_ cron: NaiveCron, _ zone: NaiveZone, _ window: Range<Int>) -> [Int] {
        var found: [Int] = []
        var day = (number: 0, matches: false)
        // What the clock showed in the last three days, by its place in them.
        var seen = [Int](repeating: 0, count: 3 * 1_440)
        // A day and some hours earlier: what came then for the first time does not fire again.
        for minute in (window.lowerBound - 1_600)..<window.upperBound {
            let local = minute + zone.offset(atMinute: minute)
            guard cron.matches(minuteOfDay: local % 1_440) else { continue }
            if day.number != local / 1_440 {
                day = (local / 1_440, cron.matches(NaiveDate(dayNumber: local / 1_440)))
            }
            guard day.matches, seen[local % seen.count] != local else { continue }
            seen[local % seen.count] = local
            if minute >= window.lowerBound { found.append(minute) }
        }
        return found
    }

    private func windows(_ zone: NaiveZone) -> [Range<Int>] {
        let start = NaiveDate(Self.years.lowerBound, 1, 1).number * 1_440
        if let years = Self.wholeYears {
            return [start..<NaiveDate(Self.years.lowerBound + years, 1, 1).number * 1_440]
        }
        var random = SplitMix64(seed: 1)
        let some = (0..<2).map { _ in
            let day = Int.random(in: 0..<3_600, using: &random)
            return start + day * 1_440..<start + (day + 12) * 1_440
        }
        return zone.changes(inYears: 2_023..<2_026).map { $0 - 1_000..<$0 + 1_000 } + some
    }

    private static func text(_ minute: Int) -> String {
        FunctionHostTriggersTests.text(Timestamp(nanoseconds: Int64(minute) * 60_000_000_000))
    }

    @Test("In each zone the clock shows what a plain reading of its file says")
    func zones() throws {
        for name in WalkedExpression.zones {
            let zone = try TimeZoneRules(named: name)
            let naive = NaiveZone(name)
            for hour in stride(from: 18_000, to: 1_800_000, by: 197) {
                let instant = Timestamp(nanoseconds: Int64(hour) * 3_600_000_000_000)
                let offset = Duration.seconds(naive.offset(atMinute: hour * 60) * 60)
                guard zone.utcOffset(at: instant) != offset else { continue }
                Issue.record("\(name) at \(FunctionHostTriggersTests.text(instant))")
                break
            }
        }
    }
}
