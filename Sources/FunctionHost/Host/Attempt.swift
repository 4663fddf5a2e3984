// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One run of a handler, or of an init or shutdown closure: what its context refers to, and what its parent, its deadline
/// and the host's shutdown act on.
@usableFromInline
package final class Attempt: InvocationStorage, DeadlineTarget, InvocationServices, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is; what it adds is `let`, locked, atomic, or one of two: `place`, which is
    // written and read as the parent's place is, and `result`, which the handler's task writes before `end` and its parent
    // reads after it has seen that end.

    /// What the attempt has taken from the host and must give back; numbers of 32 bits, since each attempt has one.
    struct Place {
        private let narrowEntry: Int32
        private let narrowConcurrency: Int32
        let running: RunningTable.Key
        /// Whether the host's shutdown has come to cancelling.
        let isCancelled: Bool
        /// Whether no other deadline is as early, so that a look at it has to be scheduled.
        let isEarliest: Bool

        init(entry: Int, running: RunningTable.Key, concurrency: Int, isCancelled: Bool, isEarliest: Bool) {
            narrowEntry = Int32(entry)
            narrowConcurrency = Int32(clamping: concurrency)
            self.running = running
            self.isCancelled = isCancelled
            self.isEarliest = isEarliest
        }

        /// Its environment's entry in the pool.
        var entry: Int { Int(narrowEntry) }
        /// Invocations of its function that ran when it began, this one included.
        var concurrency: Int { Int(narrowConcurrency) }
    }

    /// Who has to do with its end beside the task that waits for it.
    enum Party {
        /// Nobody.
        case none
        /// The caller, who is answered elsewhere: on the bulkhead.
        case answer(Answer)
        /// The queue's worker in whose own task the handler runs.
        case shift(Shift)
    }

    let facilities: Facilities
    let options: CallerOptions?
    private let party: Party
    /// Where the caller is answered, if not by the attempt's own end: on the bulkhead.
    var answer: Answer? { if case .answer(let answer) = party { answer } else { nil } }
    /// Whether the task it runs in is the host's, so that its cancellation is the host's end and not the caller's wish.
    var isInHostsTask: Bool { if case .none = party { false } else { true } }
    @exclusivity(unchecked) var place: Place?
    /// What the handler returned, for `invoke` to take.
    @exclusivity(unchecked) @usableFromInline final var result = ResultSlot()

    private struct State {
        var machine = AttemptStateMachine<UnsafeContinuation<Bool, Never>>()
        var error: (any Error)?
        var progress: Progress?
        /// Set where a deadline of its own is scheduled: for a closure that has no place, and for what is overdue.
        var deadlineID: DeadlineID?
    }

    private let state = Mutex(State())
    /// How it has ended, for those who need to know no more: set after the machine's end.
    private enum End: UInt8, AtomicRepresentable {
        case notYet
        /// Without an error, a cause or a deadline to be taken away: `finish` has nothing to look up.
        case plain
        case other
    }
    private let ending = Atomic(End.notYet)

    init(id: InvocationID, facilities: Facilities, options: CallerOptions?, party: Party) {
        self.facilities = facilities
        self.options = options
        self.party = party
        super.init(id: id)
    }

    convenience init(id: InvocationID, facilities: Facilities, options: CallerOptions?, answer: Answer?) {
        self.init(id: id, facilities: facilities, options: options, party: answer.map { .answer($0) } ?? .none)
    }

    override package var details: CallerDetails? { options?.details }

    /// What the handler is told.
    @usableFromInline package var context: InvocationContext { InvocationContext(storage: self) }

    /// Whether the deadline is the caller's, and not the function's own.
    var hasCallersDeadline: Bool { options?.deadline.map { $0 <= deadline } ?? false }

    /// Says where and when it runs: until the function's timeout or the caller's deadline, whichever is earlier.
    func begin(
        _ snapshot: consuming FunctionSnapshot, _ environment: consuming Environment, isCold: Bool, now: Timestamp
    ) {
        let own = snapshot.deadline(from: now)
        settle(
            snapshot, environment, startedAt: now, deadline: options?.deadline.map { min($0, own) } ?? own,
            attempt: options?.attempt ?? 1, isColdStart: isCold)
    }

    // MARK: - The handler's task

    /// Runs the handler, and remembers how it ended.
    func run(_ body: Body) async {
        do {
            try await body(self)
            end(nil)
        } catch {
            end(error)
        }
    }

    /// The handler has returned, or thrown.
    @usableFromInline
    package func end(_ error: (any Error)?) {
        let (waiter, isPlain) = state.withLock { state in
            if let error { state.error = error }
            let isPlain = error == nil && state.machine.cause == nil && state.deadlineID == nil
            return (state.machine.end(), isPlain)
        }
        ending.store(isPlain ? .plain : .other, ordering: .releasing)
        waiter?.resume(returning: true)
    }

    // MARK: - Its parent

    /// Whether it may have to be cancelled, for which its handler needs a task of its own.
    @usableFromInline package var needsTask: Bool { answer != nil || deadline < .distantFuture }

    /// Whether the handler has ended: at once, if it never suspended.
    @usableFromInline package var hasEnded: Bool { ending.load(ordering: .acquiring) != .notYet }

    /// Returns when the handler has ended (true) or must be cancelled (false, once).
    @usableFromInline
    package func waitForEndOrStop() async -> Bool {
        // Resumed exactly once: by `end` or `stop`, which take it out of the machine, or here, where it was not put in.
        await withUnsafeContinuation { continuation in
            switch state.withLock({ $0.machine.wait(continuation) }) {
            case .wait: break
            case .cancel: continuation.resume(returning: false)
            case .goOn: continuation.resume(returning: true)
            }
        }
    }

    /// Schedules the deadline of a closure that has no place; the host looks at those that have.
    func arm() { if place == nil { schedule(at: deadline) } }

    /// What there is to know of a handler that has ended; a timer of its own is taken away.
    func finish() -> (error: (any Error)?, cause: StopCause?) {
        if ending.load(ordering: .acquiring) == .plain { return (nil, nil) }
        let (error, cause, id) = state.withLock { state in
            defer { state.deadlineID = nil }
            return (state.error, state.machine.cause, state.deadlineID)
        }
        if let id { facilities.timer.cancel(id) }
        return (error, cause)
    }

    // MARK: - Who asks it to stop

    /// Asks the handler to stop; false if it was asked before or has ended.
    @discardableResult
    func stop(_ cause: StopCause) -> Bool {
        let (isFirst, waiter) = state.withLock { $0.machine.stop(cause) }
        waiter?.resume(returning: false)
        if isFirst, case .shift(let shift) = party { shift.stop() }
        return isFirst
    }

    package func deadlinePassed(now: Timestamp) {
        let isFirst = stop(.deadline)
        guard !hasEnded else { return }
        answer?.deadlinePassed(now: now)
        let overdueAt = deadline.advanced(by: facilities.overdueGrace)
        if isFirst || now < overdueAt {
            schedule(at: overdueAt)
        } else {
            facilities.observers.emit(.invocationOverdue(context, by: deadline.duration(to: now)))
        }
    }

    private func schedule(at time: Timestamp) {
        guard time < .distantFuture else { return }
        let id = facilities.timer.schedule(self, at: time)
        let isLate = state.withLock { state in
            if state.machine.hasEnded { return true }
            state.deadlineID = id
            return false
        }
        if isLate { facilities.timer.cancel(id) }
    }

    // MARK: - Services of the context

    package override var services: any InvocationServices { self }
    package var clock: any HostClock { facilities.clock }
    package var hearsLogs: Bool { facilities.observers.isObserved }
    package var latestProgress: Progress? { state.withLock { $0.progress } }

    package func log(_ message: LogMessage, from context: InvocationContext) {
        facilities.observers.emit(.logged(message, context))
    }

    package func report(_ progress: Progress, of context: InvocationContext) {
        state.withLock { $0.progress = progress }
        facilities.observers.emit(.progressed(progress, context))
    }
}
