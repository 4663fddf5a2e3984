// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Holds threads up until it is opened: for tests of code that blocks, which no simulation can run.
///
/// `@unchecked Sendable`: the two C objects are made for use from many threads and live at fixed addresses; `isOpen` is read
/// and written with the mutex held only.
final class Latch: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func open() {
        pthread_mutex_lock(mutex)
        isOpen = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks the thread until the latch is open.
    func wait() {
        pthread_mutex_lock(mutex)
        while !isOpen { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }
}

/// A clock that a test sets by hand, for hosts on real threads; its alarms ring on the thread that moves it.
final class HandClock: HostClock {
    private let time = Mutex(Timestamp(nanoseconds: 1_000_000_000))
    private let alarms = Mutex<[HandAlarm]>([])

    var now: Timestamp { time.withLock { $0 } }
    var wallTime: Timestamp { now }
    func sleep(until deadline: Timestamp, tolerance: Duration?) async throws { try Task.checkCancellation() }

    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm {
        let alarm = HandAlarm(ring)
        alarms.withLock { $0.append(alarm) }
        return alarm
    }

    func advance(by duration: Duration) {
        let now = time.withLock { time in
            time = time.advanced(by: duration)
            return time
        }
        for alarm in alarms.withLock({ $0 }) { alarm.passed(now: now) }
    }
}

/// An alarm of a clock that is set by hand.
final class HandAlarm: HostAlarm {
    private let callback: @Sendable () -> Void
    private let time = Mutex<Timestamp?>(nil)

    init(_ callback: @escaping @Sendable () -> Void) { self.callback = callback }

    func ring(noLaterThan new: Timestamp) { time.withLock { $0 = $0.map { min($0, new) } ?? new } }

    func passed(now: Timestamp) {
        let isDue = time.withLock { time in
            guard let set = time, set <= now else { return false }
            time = nil
            return true
        }
        if isDue { callback() }
    }
}
