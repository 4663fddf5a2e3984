// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where a host takes its time from, and what wakes it.
///
/// The only source of time in the package: nothing else reads a clock. In production it is ``SystemClock``; in a
/// simulation it is virtual, so that days of waiting pass in milliseconds.
public protocol HostClock: Clock, Sendable where Instant == Timestamp {
    /// The time by the calendar, which people and other machines may set; deadlines never use it.
    var wallTime: Timestamp { get }

    /// Makes an alarm that calls `ring` when its time has come.
    ///
    /// `ring` is called on a thread of the clock's, never while ``HostAlarm/ring(noLaterThan:)`` is running in the same
    /// thread; it must be quick and must not block.
    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm
}

extension HostClock {
    /// Timestamps count nanoseconds.
    public var minimumResolution: Duration { .nanoseconds(1) }
}

/// What wakes a host: one for each, however many deadlines it has.
public protocol HostAlarm: AnyObject, Sendable {
    /// Rings once at `time`, or earlier if an earlier time was asked for and has not rung yet.
    func ring(noLaterThan time: Timestamp)
}
