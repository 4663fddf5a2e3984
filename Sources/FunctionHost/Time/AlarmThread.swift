// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The thread behind the alarms of every ``SystemClock`` in the process.
///
/// It is started by the first alarm that is set, waits on a condition until the earliest one, and lives as long as the
/// process: one thread, as the concurrency runtime has its own.
final class AlarmThread: Sendable {
    static let shared = AlarmThread()

    private struct State {
        var deadlines = DeadlineStateMachine<SystemAlarm>()
        var isStarted = false
    }

    private let state = Mutex(State())
    private let signal = ThreadSignal()

    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> SystemAlarm { SystemAlarm(thread: self, ring: ring) }

    fileprivate func add(_ alarm: SystemAlarm, at time: Timestamp) -> DeadlineID {
        let (id, isEarliest, mustStart) = state.withLock { state in
            let (id, isEarliest) = state.deadlines.add(alarm, at: time)
            defer { state.isStarted = true }
            return (id, isEarliest, !state.isStarted)
        }
        if mustStart { startThread(named: "host-alarm") { self.loop() } }
        if isEarliest { signal.notify() }
        return id
    }

    fileprivate func remove(_ id: DeadlineID) {
        state.withLock { _ = $0.deadlines.remove(id) }
    }

    private func loop() {
        let clock = SystemClock()
        while true {
            let now = clock.now
            while let alarm = state.withLock({ $0.deadlines.takePassed(now: now) }) { alarm.passed() }
            let next = state.withLock { $0.deadlines.earliest }
            signal.wait(atMost: next.map { clock.now.duration(to: $0) })
        }
    }
}

/// One host's alarm.
final class SystemAlarm: HostAlarm {
    private struct State {
        var time: Timestamp?
        var id: DeadlineID?
    }

    private let thread: AlarmThread
    private let callback: @Sendable () -> Void
    private let state = Mutex(State())

    init(thread: AlarmThread, ring: @escaping @Sendable () -> Void) {
        self.thread = thread
        callback = ring
    }

    func ring(noLaterThan time: Timestamp) {
        state.withLock { state in
            if let set = state.time, set <= time { return }
            if let id = state.id { thread.remove(id) }
            state.time = time
            state.id = thread.add(self, at: time)
        }
    }

    fileprivate func passed() {
        state.withLock { $0 = State() }
        callback()
    }
}
