// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Wakes a sleeping thread: a notification that arrives before the wait is kept.
///
/// `@unchecked Sendable`: the two C objects are made for use from many threads and live at fixed addresses, allocated in
/// `init` and freed in `deinit`, when no thread can be waiting since waiting holds a reference; `isNotified` is read and
/// written with the mutex held only.
final class ThreadSignal: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isNotified = false

    init() {
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(condition, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            // A wall clock set back must not prolong a wait.
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Lets one wait return.
    func notify() {
        pthread_mutex_lock(mutex)
        isNotified = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits for a notification, for `limit` at most if one is given; returns whether there was one.
    @discardableResult
    func wait(atMost limit: Duration? = nil) -> Bool {
        pthread_mutex_lock(mutex)
        defer {
            isNotified = false
            pthread_mutex_unlock(mutex)
        }
        guard let limit else {
            while !isNotified { pthread_cond_wait(condition, mutex) }
            return true
        }
        guard limit > .zero else { return isNotified }
        // A day at most, so that no sum overflows; the caller's loop waits again.
        var remaining = timespec(limit.wholeNanoseconds, atMost: 86_400_000_000_000)
        #if !canImport(Darwin)
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            remaining.tv_sec += time.tv_sec
            remaining.tv_nsec += time.tv_nsec
            if remaining.tv_nsec >= 1_000_000_000 {
                remaining.tv_sec += 1
                remaining.tv_nsec -= 1_000_000_000
            }
        #endif
        while !isNotified {
            #if canImport(Darwin)
                let code = pthread_cond_timedwait_relative_np(condition, mutex, &remaining)
            #else
                let code = pthread_cond_timedwait(condition, mutex, &remaining)
            #endif
            if code != 0 { break }
        }
        return isNotified
    }
}

extension timespec {
    fileprivate init(_ nanoseconds: Int64, atMost limit: Int64) {
        let held = min(nanoseconds, limit)
        self.init(tv_sec: Int(held / 1_000_000_000), tv_nsec: Int(held % 1_000_000_000))
    }
}
