// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// What a line asks.
struct Question: Decodable {
    let expression: String
    let dialect: String?
    let zone: String?
    let after: String?
    let anchor: String?
    let count: Int?

    /// Why a question has no answer.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// The expression, which may come without `cron()`, `rate()` or `at()` around it.
    func parsedExpression() throws -> ScheduleExpression {
        let dialect = dialect ?? "aws"
        switch dialect {
        case "unix": return try ScheduleExpression(expression, dialect: .unix)
        case "aws": return try ScheduleExpression(expression.contains("(") ? expression : "cron(\(expression))")
        case "rate", "at":
            return try ScheduleExpression(
                expression.hasPrefix("\(dialect)(") ? expression : "\(dialect)(\(expression))")
        default: throw Fault(description: "the dialects are aws, rate, at and unix")
        }
    }

    func checkedCount() throws -> Int {
        let count = count ?? 1
        guard 0...100_000 ~= count else { throw Fault(description: "count must be 0 to 100000") }
        return count
    }

    /// `2025-05-10T06:00:00Z`: seconds and fractions of them may be left out, and `+02:00` stand for `Z`.
    static func instant(_ text: String, in key: String) throws -> Timestamp {
        guard let instant = ISO8601.instant(text[...]) else {
            throw Fault(description: "\(key) must be a date and time with Z or an offset, such as 2025-05-10T06:00:00Z")
        }
        return instant
    }
}

/// Reads dates and times of ISO 8601, the extended format.
enum ISO8601 {
    static func instant(_ text: Substring) -> Timestamp? {
        guard let zone = text.dropFirst(11).firstIndex(where: { "Zz+-".contains($0) }),
            let offset = offset(text[zone...])
        else { return nil }
        let parts = text[..<zone].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let minutes = parts[0].count == 16 ? parts[0] + ":00" : parts[0]
        guard let local = LocalDateTime(minutes), let instant = TimeZoneRules.utc.instants(of: local).first,
            let fraction = nanoseconds(parts.count == 2 ? parts[1] : "0")
        else { return nil }
        return instant.advanced(by: .nanoseconds(fraction) - .seconds(offset))
    }

    /// Of up to nine digits; further ones are cut off.
    private static func nanoseconds(_ digits: Substring) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let padded = digits.prefix(9) + String(repeating: "0", count: max(0, 9 - digits.count))
        return Int64(padded)
    }

    /// `Z`, `+02:00`, `+0200` or `+02`, in seconds.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.count == 4 ? digits.suffix(2) : "0"),
            hours <= 23, minutes <= 59
        else { return nil }
        return (hours * 60 + minutes) * (text.first == "-" ? -60 : 60)
    }
}
