// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A named expression, the clock it is about, and its bounds: everything that tells when it fires.
///
/// A value without state; ``ScheduleStateMachine`` remembers what has fired.
///
/// Source: Amazon EventBridge Scheduler API Reference, *CreateSchedule*: `ScheduleExpression`,
/// `ScheduleExpressionTimezone`, `StartDate`, `EndDate`, `FlexibleTimeWindow`.
public struct Schedule: Hashable, Sendable {
    /// Its name, one half of what tells a firing from all others.
    public var name: String
    /// When it fires.
    public var expression: ScheduleExpression
    /// Whose clock cron and `at` are about; UTC unless given.
    public var zone: TimeZoneRules
    /// Since when there is the schedule: nothing fires at or before it, and a `rate` without a start counts from it.
    public var created: Timestamp
    /// The earliest firing; nil for none. A `rate` fires at it and counts from it. `at` does not look at it.
    public var start: Timestamp?
    /// The latest firing; nil for none. `at` does not look at it.
    public var end: Timestamp?
    /// How far from its planned instant a firing may run; not at all unless given.
    public var spread: ScheduleSpread
    /// What the spread is drawn from, besides name and instant.
    public var seed: UInt64

    /// Makes a schedule; what is left out is as the properties say.
    public init(
        name: String, expression: ScheduleExpression, zone: TimeZoneRules = .utc, created: Timestamp,
        start: Timestamp? = nil, end: Timestamp? = nil, spread: ScheduleSpread = .none, seed: UInt64 = 0
    ) {
        self.name = name
        self.expression = expression
        self.zone = zone
        self.created = created
        self.start = start
        self.end = end
        self.spread = spread
        self.seed = seed
    }

    /// The first planned instant that is strictly later than another; nil if there is none.
    public func next(after instant: Timestamp) -> Timestamp? {
        guard expression.isRecurring else { return expression.next(after: max(instant, created), in: zone) }
        let bound = start?.advanced(byNanoseconds: -1) ?? created
        guard let next = expression.next(after: max(instant, bound), in: zone, anchor: start ?? created) else {
            return nil
        }
        if let end, next > end { return nil }
        return next
    }

    /// What fires at a planned instant.
    public func firing(at planned: Timestamp) -> ScheduleFiring {
        let delay = spread.delay(name: name, planned: planned, seed: seed)
        return ScheduleFiring(name: name, planned: planned, notBefore: planned.advanced(byNanoseconds: delay))
    }

    /// The last planned instant between two others, both excluded.
    ///
    /// There is one where ``next(after:)`` still finds one, so it is closed in on by halves.
    func last(after lower: Timestamp, before upper: Timestamp) -> Timestamp? {
        guard var found = next(after: lower), found < upper else { return nil }
        var high = upper.nanoseconds
        while true {
            // The two may be centuries apart, which a sign has no room for.
            let gap = UInt64(bitPattern: high &- found.nanoseconds)
            guard gap > 1 else { break }
            let middle = Timestamp(nanoseconds: found.nanoseconds &+ Int64(gap / 2))
            if let next = next(after: middle), next < upper { found = next } else { high = middle.nanoseconds }
        }
        return found
    }
}

/// One firing of a schedule.
public struct ScheduleFiring: Hashable, Sendable {
    /// The schedule's name.
    public let name: String
    /// When it was to happen, by the expression.
    public let planned: Timestamp
    /// When it may run: the planned instant, or later by the schedule's spread.
    public let notBefore: Timestamp

    /// Name and planned instant: the same for the same firing whoever finds it, so it serves as an idempotency key.
    public var id: String {
        let second = TimeZoneRules.utc.localTime(at: planned)
        let fraction = planned.nanoseconds.flooredDivision(by: 1_000_000_000).remainder
        return "\(name)/\(second)" + (fraction == 0 ? "Z" : ".\(String(fraction + 1_000_000_000).dropFirst())Z")
    }
}
