// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Decides what of a schedule is to fire, each time somebody looks at the clock.
///
/// It works by the calendar's time, which people and other machines set, and remembers up to which instant everything is
/// decided: fired or skipped. A planned instant is decided once. So looking often or seldom changes nothing but the delay.
///
/// ```
///                decided                 missed              on time
///   ─────────────────────────────┤├──────────────────┤├─────────────────┤
///                        decidedThrough         now − grace            now
/// ```
///
/// - **On time** is a planned instant that is not older than the grace. It fires, whatever the policy.
/// - **Missed** is one that is older: the process did not run, or the clock was set forward by more than the grace. The
///   policy says which of them fire; the others are skipped for good, and ``ScheduleLook/skipped`` tells them.
/// - **A clock set forward** by up to the grace makes nothing missed: what it jumped over fires at once, in order.
/// - **A clock set back** by up to the grace doubles nothing: what it comes to again is decided. The first to fire is the
///   first planned after ``decidedThrough``.
/// - **A clock set back by more** was wrong before, and is believed now: nothing fires at this look, and what it comes to
///   again fires again, under the same ``ScheduleFiring/id``. Otherwise a clock that was once years ahead would silence
///   the schedule for years.
///
/// Time comes in and decisions go out; it has no clock and runs nothing.
public struct ScheduleStateMachine: Sendable {
    /// What becomes of planned instants older than the grace.
    public struct MissedFirings: Hashable, Sendable {
        let limit: Int

        /// None of them fires.
        public static let skip = Self(limit: 0)
        /// The last of them fires.
        public static let last = Self(limit: 1)

        /// The last so many of them fire, oldest first.
        ///
        /// - Parameter count: Held to 0 to 1,440, so that a year of minutes cannot flood a queue.
        public static func all(atMost count: Int) -> Self { Self(limit: min(max(0, count), 1_440)) }
    }

    /// How it decides.
    public struct Configuration: Hashable, Sendable {
        /// What becomes of planned instants older than the grace. The last of them fires unless given.
        public var missed: MissedFirings = .last
        /// How old a planned instant may be and still be on time, and how far a clock may be set back and not be believed.
        ///
        /// Defaults to 90 minutes, enough for an hour that somebody sets the clock by. Held to 0 to 24 hours.
        public var grace: Duration = .seconds(5_400)
        /// The longest time until the next look, because the clock may be set meanwhile.
        ///
        /// Defaults to a minute, by which a firing can then be late. Held to at least a second.
        public var longestWait: Duration = .seconds(60)

        /// The defaults.
        public init() {}
    }

    /// What it decides about.
    public let schedule: Schedule
    /// How it decides.
    public let configuration: Configuration
    /// Every planned instant up to this one is decided. Keep it, and hand it to the machine of the next process.
    public private(set) var decidedThrough: Timestamp

    /// Begins, or goes on where another machine has ended.
    ///
    /// - Parameters:
    ///   - schedule: What it decides about.
    ///   - configuration: How it decides.
    ///   - decidedThrough: Where the other one was; the schedule's creation unless given.
    public init(schedule: Schedule, configuration: Configuration = .init(), decidedThrough: Timestamp? = nil) {
        self.schedule = schedule
        self.configuration = configuration
        self.decidedThrough = decidedThrough ?? schedule.created
    }

    /// Somebody looked at the clock.
    ///
    /// - Parameter now: What the calendar says, in whatever order.
    /// - Complexity: A search for each firing that it returns, and a few dozen if any was missed.
    public mutating func looked(at now: Timestamp) -> ScheduleLook {
        let grace = min(max(.zero, configuration.grace), .seconds(86_400)).wholeNanoseconds
        var look = ScheduleLook()
        if now < decidedThrough {
            look.wasSetBack = decidedThrough.advanced(byNanoseconds: -grace) > now
            if look.wasSetBack { decidedThrough = now }
        } else {
            let oldest = now.advanced(byNanoseconds: -grace)
            decideMissed(before: oldest, into: &look)
            var last = max(decidedThrough, oldest.advanced(byNanoseconds: -1))
            while let next = schedule.next(after: last), next <= now {
                look.firings.append(schedule.firing(at: next))
                last = next
            }
            decidedThrough = now
        }
        if let next = schedule.next(after: decidedThrough) {
            look.lookAgain = min(next, now.advanced(by: max(.seconds(1), configuration.longestWait)))
        }
        return look
    }

    /// Those that the policy saves, from the last one back, and what remains of the others.
    private func decideMissed(before oldest: Timestamp, into look: inout ScheduleLook) {
        var end = oldest
        for _ in 0..<configuration.missed.limit {
            guard let missed = schedule.last(after: decidedThrough, before: end) else { break }
            look.firings.append(schedule.firing(at: missed))
            end = missed
        }
        look.firings.reverse()
        if let last = schedule.last(after: decidedThrough, before: end),
            let first = schedule.next(after: decidedThrough)
        {
            look.skipped = first...last
        }
    }
}

/// What a look at the clock has brought.
public struct ScheduleLook: Hashable, Sendable {
    /// What is to fire now, in the order in which it was planned.
    public internal(set) var firings: [ScheduleFiring] = []
    /// The first and the last planned instant that were missed and will not fire; nil if there are none.
    public internal(set) var skipped: ClosedRange<Timestamp>?
    /// Whether the clock was set back by more than the grace, and is believed.
    public internal(set) var wasSetBack = false
    /// When to look again; nil if nothing is planned any more.
    public internal(set) var lookAgain: Timestamp?
}
