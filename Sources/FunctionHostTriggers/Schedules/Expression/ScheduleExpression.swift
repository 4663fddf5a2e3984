// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// When something recurs, or happens once: `cron(0 6 * * ? *)`, `rate(5 minutes)`, `at(2025-05-10T06:00:00)`, `0 6 * * *`.
///
/// A value that is read from text and then answers one question, ``next(after:in:anchor:)``. It belongs to no zone: cron
/// and `at` tell the time of the clock in the zone that the question names.
///
/// A local time that does not exist because the clock is set forward is skipped; one that comes twice because it is set
/// back fires the first time only, in every minute of the repeated hour and in both dialects. `rate` counts elapsed time
/// and knows no clocks.
///
/// Source: Amazon EventBridge Scheduler User Guide, *Schedule types*; Amazon EventBridge User Guide, *Cron expressions*;
/// `crontab(5)` by Vixie, but for skipped times, which it runs after the gap.
public struct ScheduleExpression: Hashable, Sendable, CustomStringConvertible {
    /// Which of the two languages a text is in.
    public enum Dialect: Hashable, Sendable {
        /// AWS's: `cron(…)` with six fields, `rate(…)` or `at(…)`.
        case aws
        /// Unix's: five fields, or a nickname such as `@daily`.
        case unix
    }

    /// Whether `rate` minds its grammar.
    public enum RateUnits: Hashable, Sendable {
        /// `1 minute` and `1 minutes`, `5 minute` and `5 minutes`.
        case singularOrPlural
        /// Singular with 1 and plural otherwise, as EventBridge rules insist.
        case matchingNumber
    }

    enum Rule: Hashable, Sendable {
        case cron(CronRule)
        case rate(seconds: Int64)
        case at(LocalDateTime)
    }

    let rule: Rule
    /// The text it was read from.
    public let description: String

    /// The longest text that is read, in bytes of UTF-8; AWS has the same limit.
    public static let sizeLimit = 256

    /// Reads an expression.
    ///
    /// - Parameters:
    ///   - text: At most ``sizeLimit`` bytes.
    ///   - dialect: AWS's unless given; the two are not told apart by their looks.
    ///   - rateUnits: Both numbers unless given.
    /// - Throws: ``ScheduleExpressionError`` with the place and what can be written there.
    public init(
        _ text: String, dialect: Dialect = .aws, rateUnits: RateUnits = .singularOrPlural
    ) throws(ScheduleExpressionError) {
        description = text
        do throws(ScheduleFault) {
            let bytes = Array(text.utf8.prefix(Self.sizeLimit + 1))
            guard bytes.count <= Self.sizeLimit else {
                throw ScheduleFault(at: Self.sizeLimit, "an expression has at most \(Self.sizeLimit) bytes")
            }
            switch dialect {
            case .aws: rule = try AWSParser(rateUnits: rateUnits).rule(bytes[...])
            case .unix: rule = .cron(try UnixParser().rule(bytes[...]))
            }
        } catch {
            let shown = String(decoding: text.utf8.prefix(Self.sizeLimit), as: UTF8.self)
            throw ScheduleExpressionError(
                expression: shown, position: error.position, field: error.field, reason: error.reason)
        }
    }

    /// Whether it can fire more than once: everything but `at`.
    public var isRecurring: Bool { if case .at = rule { false } else { true } }

    /// The first firing that is strictly later than an instant.
    ///
    /// - Parameters:
    ///   - instant: Not itself a firing that could be returned.
    ///   - zone: Whose clock cron and `at` are about.
    ///   - anchor: The first firing of a `rate`, from which it counts in steps of elapsed time; `instant` itself unless
    ///     given, so that it fires one step later. Nothing else looks at it.
    /// - Returns: Nil if there is none, until the end of the year 2199 by cron, or beyond what a
    ///   `Timestamp` can tell.
    /// - Complexity: A search in the zone's table, and for cron a step for each year and month that is passed over, so a
    ///   combination that never occurs is known after about 2,000 steps.
    public func next(
        after instant: Timestamp, in zone: TimeZoneRules = .utc, anchor: Timestamp? = nil
    ) -> Timestamp? {
        switch rule {
        case .cron(let rule): rule.next(after: instant, in: zone)
        case .at(let local): zone.instants(of: local).first.flatMap { $0 > instant ? $0 : nil }
        case .rate(let seconds): Self.nextStep(of: seconds, from: anchor ?? instant, after: instant)
        }
    }

    private static func nextStep(of seconds: Int64, from anchor: Timestamp, after instant: Timestamp) -> Timestamp? {
        if anchor > instant { return anchor }
        // Wide enough for every product here.
        let interval = Int128(seconds) * 1_000_000_000
        let elapsed = Int128(instant.nanoseconds) - Int128(anchor.nanoseconds)
        let next = Int128(anchor.nanoseconds) + (elapsed / interval + 1) * interval
        return Int64(exactly: next).map { Timestamp(nanoseconds: $0) }
    }
}
