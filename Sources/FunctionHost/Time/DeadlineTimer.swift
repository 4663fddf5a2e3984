// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that hears when its time has come; called on the clock's thread, so it decides, resumes and returns.
package protocol DeadlineTarget: AnyObject, Sendable {
    /// The deadline it was scheduled for has passed.
    func deadlinePassed(now: Timestamp)
}

/// All deadlines of a host behind one alarm: nothing sleeps per invocation.
package final class DeadlineTimer: Sendable {
    private let clock: any HostClock
    private let state = Mutex(DeadlineStateMachine<any DeadlineTarget>())
    private let alarm: any HostAlarm

    package init(clock: any HostClock) {
        self.clock = clock
        // The alarm outlives no timer: it is told to whom it belongs once both exist.
        let bell = Bell()
        alarm = clock.makeAlarm { bell.ring() }
        bell.attach(self)
    }

    /// How many deadlines are still to pass.
    package var count: Int { state.withLock { $0.count } }

    /// Schedules a call of `target` at `time`.
    package func schedule(_ target: any DeadlineTarget, at time: Timestamp) -> DeadlineID {
        let (id, isEarliest) = state.withLock { $0.add(target, at: time) }
        if isEarliest { alarm.ring(noLaterThan: time) }
        return id
    }

    /// Unschedules; false if the deadline has passed already.
    @discardableResult
    package func cancel(_ id: DeadlineID) -> Bool {
        state.withLock { $0.remove(id) } != nil
    }

    /// Calls everything that is due, then sets the alarm for the next deadline.
    fileprivate func ring() {
        let now = clock.now
        while let target = state.withLock({ $0.takePassed(now: now) }) {
            target.deadlinePassed(now: now)
        }
        if let next = state.withLock({ $0.earliest }) { alarm.ring(noLaterThan: next) }
    }
}

/// A deadline that calls a closure.
final class ClosureDeadline: DeadlineTarget {
    private let body: @Sendable (Timestamp) -> Void

    init(_ body: @escaping @Sendable (Timestamp) -> Void) { self.body = body }

    func deadlinePassed(now: Timestamp) { body(now) }
}

/// Breaks the circle between a timer and its alarm, so that a host that is let go takes its timer with it.
private final class Bell: Sendable {
    private struct Holder { weak var timer: DeadlineTimer? }
    private let holder = Mutex(Holder())

    func attach(_ timer: DeadlineTimer) { holder.withLock { $0.timer = timer } }
    func ring() { holder.withLock { $0.timer }?.ring() }
}
