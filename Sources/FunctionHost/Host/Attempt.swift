// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One run of a handler or of an init closure: what its parent, its deadline and the host's shutdown act on.
final class Attempt: DeadlineTarget, InvocationServices {
    let id: InvocationID
    let host: FunctionHost
    /// Where the caller is answered, if not by the attempt's own end: on the bulkhead.
    let answer: Answer?

    private struct State {
        var machine = AttemptStateMachine<UnsafeContinuation<Bool, Never>>()
        var error: (any Error)?
        var progress: Progress?
        /// Set when the handler suspends: what its deadline needs to know.
        var armed: (context: InvocationContext?, deadline: Timestamp, id: DeadlineID)?
    }

    private let state = Mutex(State())

    init(id: InvocationID, host: FunctionHost, answer: Answer?) {
        self.id = id
        self.host = host
        self.answer = answer
    }

    // MARK: - The handler's task

    /// The handler has ended.
    func end(_ error: (any Error)?) {
        let waiter = state.withLock { state in
            state.error = error
            return state.machine.end()
        }
        waiter?.resume(returning: true)
    }

    // MARK: - Its parent

    /// Whether the handler has ended: at once, if it never suspended.
    var hasEnded: Bool { state.withLock { $0.machine.hasEnded } }

    /// Whether the handler has suspended, so that its deadline is armed.
    var isArmed: Bool { state.withLock { $0.armed != nil } }

    /// Returns when the handler has ended (true) or must be cancelled (false, once).
    func waitForEndOrStop() async -> Bool {
        // Resumed exactly once: by `end` or `stop`, which take it out of the machine, or here, where it was not put in.
        await withUnsafeContinuation { continuation in
            switch state.withLock({ $0.machine.wait(continuation) }) {
            case .wait: break
            case .cancel: continuation.resume(returning: false)
            case .goOn: continuation.resume(returning: true)
            }
        }
    }

    /// Arms the deadline of a handler that has suspended; `context` is for those who hear that it is overdue.
    func arm(_ context: InvocationContext?, deadline: Timestamp) {
        schedule(context, deadline: deadline, at: deadline)
    }

    /// What there is to know at the end; the deadline is taken away.
    func finish() -> (error: (any Error)?, cause: StopCause?) {
        let (error, cause, armed) = state.withLock { state in
            defer { state.armed = nil }
            return (state.error, state.machine.cause, state.armed?.id)
        }
        if let armed { host.timer.cancel(armed) }
        return (error, cause)
    }

    // MARK: - Who asks it to stop

    /// Asks the handler to stop; false if it was asked before or has ended.
    @discardableResult
    func stop(_ cause: StopCause) -> Bool {
        let (isFirst, waiter) = state.withLock { $0.machine.stop(cause) }
        waiter?.resume(returning: false)
        return isFirst
    }

    func deadlinePassed(now: Timestamp) {
        let isFirst = stop(.deadline)
        guard let armed = state.withLock({ $0.machine.hasEnded ? nil : $0.armed }) else { return }
        answer?.deadlinePassed(now: now)
        guard let context = armed.context else { return }
        let overdueAt = armed.deadline.advanced(by: host.configuration.overdueGrace)
        if isFirst || now < overdueAt {
            schedule(context, deadline: armed.deadline, at: overdueAt)
        } else {
            host.observers.emit(.invocationOverdue(context, by: armed.deadline.duration(to: now)))
        }
    }

    private func schedule(_ context: InvocationContext?, deadline: Timestamp, at time: Timestamp) {
        let id = host.timer.schedule(self, at: time)
        let isLate = state.withLock { state in
            if state.machine.hasEnded { return true }
            state.armed = (context, deadline, id)
            return false
        }
        if isLate { host.timer.cancel(id) }
    }

    // MARK: - Services of the context

    var clock: any HostClock { host.system.clock }
    var hearsLogs: Bool { host.observers.isObserved }
    var latestProgress: Progress? { state.withLock { $0.progress } }

    func log(_ message: LogMessage, from context: InvocationContext) {
        host.observers.emit(.logged(message, context))
    }

    func report(_ progress: Progress, of context: InvocationContext) {
        state.withLock { $0.progress = progress }
        host.observers.emit(.progressed(progress, context))
    }
}
