// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where callers leave what they want, and the store's thread finds it.
///
/// `@unchecked Sendable`: the two C objects are made for use from many threads and live at fixed addresses, allocated in
/// `init` and freed in `deinit`, when the thread has let go of the mailbox; the other variables are read and written with the
/// mutex held only.
final class Mailbox: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: MailboxStateMachine
    private var isThreadAsleep = false
    private var hasThreadEnded = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var figures = StoreStatistics()
    private var takenCalls = 0

    init(_ state: MailboxStateMachine) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    // MARK: - Callers

    func hand(in call: Call) -> MailboxStateMachine.HandAction {
        waking {
            let action = state.hand(in: call)
            return (action, action == .taken)
        }
    }

    func expect() -> MailboxStateMachine.WaiterID { locked { state.expect() } }

    func wait(_ call: Call, as id: MailboxStateMachine.WaiterID) -> MailboxStateMachine.WaitAction {
        waking {
            let action = state.wait(call, as: id)
            return (action, action == .taken)
        }
    }

    func cancel(_ id: MailboxStateMachine.WaiterID) {
        locked { state.cancel(id) }?.fail(CancellationError())
    }

    /// Lets nothing more in; the thread ends when it has done what is there. Returns the calls that waited for room.
    func close() -> [Call] {
        waking { (state.close(), true) }
    }

    /// Returns when the thread has ended.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = locked {
                if !hasThreadEnded { closers.append(continuation) }
                return hasThreadEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// What the thread has done so far, and what lies before it.
    var statistics: StoreStatistics {
        locked {
            var figures = figures
            figures.pendingCalls = state.pendingCalls
            figures.waitingCalls = state.waitingCalls
            figures.takenCalls = takenCalls
            return figures
        }
    }

    /// Does something under the lock, and then wakes the thread if there is something for it.
    ///
    /// The thread is woken when the lock is free again: it needs it at once.
    private func waking<Result>(_ body: () -> (Result, hasWork: Bool)) -> Result {
        let (result, mustWake) = locked {
            let (result, hasWork) = body()
            defer { if hasWork { isThreadAsleep = false } }
            return (result, hasWork && isThreadAsleep)
        }
        if mustWake { pthread_cond_signal(condition) }
        return result
    }

    // MARK: - The store's thread

    /// The calls for the next transaction, once there are any; nil if there will be none.
    ///
    /// - Parameter done: The batch before, empty again.
    func take(after done: consuming Batch, _ statistics: StoreStatistics) -> Batch? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        figures = statistics
        state.giveBack(done)
        while true {
            if let batch = state.take() {
                takenCalls += batch.count
                return batch
            }
            if state.isClosed { return nil }
            isThreadAsleep = true
            while isThreadAsleep { pthread_cond_wait(condition, mutex) }
        }
    }

    /// The thread touches nothing of the store's any more.
    func threadEnded() {
        let closers = locked {
            hasThreadEnded = true
            defer { self.closers = [] }
            return self.closers
        }
        for closer in closers { closer.resume() }
    }
}

/// What a store has done, for tests and benchmarks.
package struct StoreStatistics: Sendable, Hashable {
    /// Calls that were answered out of a transaction.
    package var operations = 0
    /// Transactions that have changed something.
    package var commits = 0
    /// How often the log was written into the file.
    package var checkpoints = 0
    /// How often the file was opened anew after a fault.
    package var recoveries = 0
    /// Calls that the thread has taken, to do them or having done them.
    package var takenCalls = 0
    /// Calls that the thread has not taken yet.
    package var pendingCalls = 0
    /// Calls for which there is no room yet.
    package var waitingCalls = 0
}
