// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A point on the host's timeline, in nanoseconds since 1 January 1970 UTC.
///
/// One timeline serves deadlines, ages and stored times: ``SystemClock`` reads the wall clock once and counts monotonic
/// time from there, so that a wall clock set back or forth moves no deadline.
public struct Timestamp: InstantProtocol, Hashable, Sendable {
    /// Nanoseconds since 1 January 1970 UTC; negative before it.
    public var nanoseconds: Int64

    /// Makes a point in time from nanoseconds since 1 January 1970 UTC.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The latest point that can be told, about the year 2262.
    public static var distantFuture: Self { Self(nanoseconds: .max) }

    /// The time so much later; held to what can be told.
    public func advanced(by duration: Duration) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return Self(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time so many nanoseconds later, without dividing a `Duration`, which is 128 bits wide.
    package func advanced(byNanoseconds other: Int64) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(other)
        return Self(nanoseconds: overflow ? (other < 0 ? .min : .max) : sum)
    }

    /// The time from here to there; negative if there is earlier.
    public func duration(to other: Self) -> Duration {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return .nanoseconds(overflow ? (other.nanoseconds > nanoseconds ? .max : .min) : difference)
    }

    /// Nanoseconds from here to there, for two times that are not centuries apart.
    package func nanoseconds(to other: Self) -> Int64 { other.nanoseconds &- nanoseconds }

    /// Whether one time is earlier than another.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// The duration in nanoseconds, cut off towards zero, and held to the range of 64 bits (292 years).
    package var wholeNanoseconds: Int64 {
        // Before `components`, which trap where the seconds need more than 64 bits.
        guard self > .nanoseconds(Int64.min) else { return .min }
        guard self < .nanoseconds(Int64.max) else { return .max }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
