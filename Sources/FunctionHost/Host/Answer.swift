// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The answer to a caller whose handler runs on the bulkhead: given once, by the handler's end, its deadline, or the
/// caller's own cancellation, whichever comes first.
///
/// Whoever claims it delivers it; what the others bring is refused.
final class Answer: Sendable {
    private struct State {
        var isClaimed = false
        /// Whether the attempt's own end has claimed it, or the caller's going away, the deadline or the host's end.
        var isClaimedByEnd = false
        var attempt: Attempt?
        /// Whether the attempt is the handler's, and not an init closure's before it.
        var isHandler = false
        var initNanoseconds: Int64?
    }

    private let functionName: String
    private let state = Mutex(State())
    private let delivery = OneShot<(any Error)?>()

    init(functionName: String) { self.functionName = functionName }

    /// Waits until the answer is delivered, and throws what it says.
    func wait() async throws {
        let error = await withTaskCancellationHandler {
            await delivery.wait()
        } onCancel: {
            callerCancelled()
        }
        if let error { throw error }
    }

    /// Says what runs now, so that it can be stopped if the caller goes away; false if the caller has gone already.
    ///
    /// - Parameter isHandler: Whether it is the handler, and not an init closure.
    func follow(_ attempt: Attempt, isHandler: Bool, initNanoseconds: Int64?) -> Bool {
        state.withLock { state in
            state.attempt = attempt
            state.isHandler = isHandler
            state.initNanoseconds = initNanoseconds
            return !state.isClaimed
        }
    }

    /// Whether the caller has been answered, or is about to be.
    var isClaimed: Bool { state.withLock { $0.isClaimed } }

    /// Reserves the right to answer; false if somebody else has it.
    private func claim() -> Bool {
        state.withLock { state in
            defer { state.isClaimed = true }
            return !state.isClaimed
        }
    }

    /// The same for the end of the attempt; true again if it has it already.
    func claimByEnd() -> Bool {
        state.withLock { state in
            if !state.isClaimed { (state.isClaimed, state.isClaimedByEnd) = (true, true) }
            return state.isClaimedByEnd
        }
    }

    /// Answers the caller with what the work came to, unless somebody else answers or has answered.
    func end(_ error: (any Error)?) {
        if claimByEnd() { deliver(error) }
    }

    private func deliver(_ error: (any Error)?) { delivery.give(error) }

    /// Answers a caller whose own deadline passes while nothing runs yet, for want of a thread for one.
    func deadlinePassedInQueue() {
        let isFirst = state.withLock { state in
            guard state.attempt == nil, !state.isClaimed else { return false }
            state.isClaimed = true
            return true
        }
        guard isFirst else { return }
        deliver(
            FunctionHostError(
                .timedOut, functionName: functionName,
                reason: "the caller's deadline passed before the handler could begin"))
    }

    /// Answers the caller at the deadline of what runs now.
    func deadlinePassed(now: Timestamp) {
        guard claim() else { return }
        let (attempt, isHandler) = state.withLock { ($0.attempt, $0.isHandler) }
        report(.timedOut, now: now)
        if let attempt, isHandler {
            deliver(FunctionHostError.timedOut(attempt.context))
        } else {
            // Before there is an attempt only the caller's own deadline is watched.
            deliver(
                attempt?.hasCallersDeadline ?? true
                    ? FunctionHostError.outOfTime(functionName) : .initTimedOut(functionName))
        }
    }

    /// Answers the caller because the host ends, whatever the handler does.
    func giveUp() {
        guard claim() else { return }
        if let attempt = state.withLock({ $0.attempt }) { report(.interrupted, now: attempt.clock.now) }
        deliver(FunctionHostError.interrupted(functionName, nil))
    }

    private func callerCancelled() {
        guard claim() else { return }
        if let attempt = state.withLock({ $0.attempt }) {
            attempt.stop(.caller)
            report(.cancelled, now: attempt.clock.now)
        }
        deliver(CancellationError())
    }

    /// Tells the observers of an attempt that is answered while its handler goes on.
    private func report(_ outcome: Outcome, now: Timestamp) {
        let (attempt, isHandler, initNanoseconds) = state.withLock { ($0.attempt, $0.isHandler, $0.initNanoseconds) }
        guard let attempt, isHandler else { return }
        attempt.facilities.observers.emit(
            .invocationFinished(
                InvocationReport(
                    attempt.context, outcome, nanoseconds: attempt.startedAt.nanoseconds(to: now),
                    initNanoseconds: initNanoseconds, errorType: nil, isRunningOn: true)))
    }
}
