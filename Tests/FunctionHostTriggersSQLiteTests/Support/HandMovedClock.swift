// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// A clock that stands still until it is moved, and then rings what is due.
final class HandMovedClock: HostClock {
    /// 1 January 2026, midnight UTC.
    static let start = Timestamp(nanoseconds: 1_767_225_600_000_000_000)

    private struct State {
        var now = HandMovedClock.start
        var wallOffset = Duration.zero
        var alarms: [Alarm] = []
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }
    var wallTime: Timestamp { state.withLock { $0.now.advanced(by: $0.wallOffset) } }

    /// A system whose time this clock tells.
    func system(seed: UInt64 = 1) -> HostSystem { HostSystem(clock: self, seed: seed) }

    func advance(by duration: Duration) {
        state.withLock { $0.now = $0.now.advanced(by: duration) }
        let now = now
        for alarm in state.withLock({ $0.alarms }) { alarm.ringIfDue(now) }
    }

    /// Sets the calendar's time forth or back.
    func stepWallClock(by duration: Duration) { state.withLock { $0.wallOffset += duration } }

    /// When the next alarm rings.
    var nextAlarm: Timestamp? { state.withLock { $0.alarms }.compactMap(\.dueAt).min() }

    func sleep(until deadline: Timestamp, tolerance: Duration? = nil) async throws {
        preconditionFailure("nothing sleeps by this clock")
    }

    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm {
        let alarm = Alarm(ring)
        state.withLock { $0.alarms.append(alarm) }
        return alarm
    }

    private final class Alarm: HostAlarm {
        private let ring: @Sendable () -> Void
        private let time = Mutex<Timestamp?>(nil)

        init(_ ring: @escaping @Sendable () -> Void) { self.ring = ring }

        var dueAt: Timestamp? { time.withLock { $0 } }

        func ring(noLaterThan new: Timestamp) { time.withLock { $0 = min($0 ?? new, new) } }

        func ringIfDue(_ now: Timestamp) {
            let isDue = time.withLock { time in
                guard let due = time, due <= now else { return false }
                time = nil
                return true
            }
            if isDue { ring() }
        }
    }
}
