// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that hears when its time has come; called on the clock's thread, so it decides, resumes and returns.
package protocol DeadlineTarget: AnyObject, Sendable {
    /// The deadline it was scheduled for has passed.
    func deadlinePassed(now: Timestamp)
}

/// All deadlines of a host behind one alarm: nothing sleeps per invocation.
///
/// Nothing refers to it weakly: retaining an object that was ever referred to so takes several times as long, and each
/// invocation that suspends comes here twice.
package final class DeadlineTimer: Sendable {
    private let bell: Bell
    private let alarm: any HostAlarm

    package init(clock: any HostClock) {
        let bell = Bell(clock: clock)
        self.bell = bell
        alarm = clock.makeAlarm { bell.ring() }
        bell.attach(alarm)
    }

    deinit { bell.detach() }

    /// How many deadlines are still to pass.
    package var count: Int { bell.deadlines.withLock { $0.count } }

    /// Schedules a call of `target` at `time`.
    package func schedule(_ target: any DeadlineTarget, at time: Timestamp) -> DeadlineID {
        let (id, isEarliest) = bell.deadlines.withLock { $0.add(target, at: time) }
        if isEarliest { alarm.ring(noLaterThan: time) }
        return id
    }

    /// Unschedules; false if the deadline has passed already.
    @discardableResult
    package func cancel(_ id: DeadlineID) -> Bool {
        bell.deadlines.withLock { $0.remove(id) } != nil
    }

    /// Forgets every deadline: for a host where nothing will ever run again.
    package func forgetAll() { bell.forgetAll() }
}

/// A deadline that calls a closure.
final class ClosureDeadline: DeadlineTarget {
    private let body: @Sendable (Timestamp) -> Void

    init(_ body: @escaping @Sendable (Timestamp) -> Void) { self.body = body }

    func deadlinePassed(now: Timestamp) { body(now) }
}

/// What an alarm rings. It refers to the alarm in turn, until the timer is let go.
private final class Bell: Sendable {
    let deadlines = Mutex(DeadlineStateMachine<any DeadlineTarget>())
    private let clock: any HostClock
    private let alarm = Mutex<(any HostAlarm)?>(nil)

    init(clock: any HostClock) { self.clock = clock }

    func attach(_ new: any HostAlarm) { alarm.withLock { $0 = new } }

    /// Forgets alarm and deadlines: whose timer is gone waits for nothing.
    func detach() {
        alarm.withLock { $0 = nil }
        forgetAll()
    }

    /// Forgets every deadline.
    func forgetAll() {
        // Let go outside the lock: a target may hold whoever asks.
        let forgotten = deadlines.withLock { deadlines in
            defer { deadlines = DeadlineStateMachine() }
            return deadlines
        }
        _ = forgotten
    }

    /// Calls everything that is due, then sets the alarm for the next deadline.
    func ring() {
        guard let alarm = alarm.withLock({ $0 }) else { return }
        let now = clock.now
        while let target = deadlines.withLock({ $0.takePassed(now: now) }) { target.deadlinePassed(now: now) }
        if let next = deadlines.withLock({ $0.earliest }) { alarm.ring(noLaterThan: next) }
    }
}
