// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// What the end of an attempt leaves to be done where one can wait and throw.
    @usableFromInline
    package final class Aftermath {
        let record: FunctionRecord
        /// What the caller gets instead of a result.
        let error: (any Error)?
        let ended: EndedEnvironment?
        let left: [(FunctionRecord, EndedEnvironment)]?

        init(
            record: FunctionRecord, error: (any Error)?, ended: EndedEnvironment?,
            left: [(FunctionRecord, EndedEnvironment)]?
        ) {
            self.record = record
            self.error = error
            self.ended = ended
            self.left = left
        }
    }

    /// Tells the observers that a handler begins.
    func tellStart(_ record: FunctionRecord, _ attempt: Attempt) {
        if observers.isObserved {
            observers.started(
                record.identity, concurrency: attempt.place?.concurrency ?? 0, context: attempt.context)
        }
        // It began in the moment in which the shutdown cancelled everything else.
        if attempt.place?.isCancelled ?? false { attempt.stop(.shutdown) }
    }

    /// Settles everything after a handler's end: observers, environment, permit.
    ///
    /// - Returns: nil if it succeeded and nothing is left to be done.
    func conclude(
        _ record: FunctionRecord, _ attempt: Attempt, _ error: (any Error)?, _ cause: StopCause?,
        admittedAt: Timestamp, initNanoseconds: Int64?
    ) -> Aftermath? {
        conclude(
            record, attempt, error, cause, admittedAt: admittedAt, initNanoseconds: initNanoseconds, now: time.now
        ).aftermath
    }

    /// The same, and how it ended.
    func conclude(
        _ record: FunctionRecord, _ attempt: Attempt, _ error: (any Error)?, _ cause: StopCause?,
        admittedAt: Timestamp, initNanoseconds: Int64?, now: Timestamp
    ) -> (outcome: Outcome, aftermath: Aftermath?) {
        let outcome = outcome(of: attempt, error, cause, endedAt: now)
        let isAnswered = !(attempt.answer?.claimByEnd() ?? true)
        if observers.isObserved {
            tellEnd(record, attempt, outcome, error, initNanoseconds: initNanoseconds, at: now, isAnswered: isAnswered)
        }
        let ending: EnvironmentEnd? =
            outcome == .timedOut ? .timedOut : attempt.environment.isToBeDiscarded ? .discarded : nil
        let held = admittedAt.nanoseconds(to: now)
        let action = settle(record, attempt, ending: ending, outcome: outcome, held: held, now: now)
        if outcome == .succeeded, action.ended == nil, action.left == nil { return (outcome, nil) }
        return (
            outcome,
            Aftermath(
                record: record, error: callersError(outcome, error, attempt, record), ended: action.ended,
                left: action.left)
        )
    }

    /// Shuts down what has ended, and throws what the caller gets instead of a result.
    @usableFromInline
    package func carryOut(_ aftermath: Aftermath) async throws {
        if let ended = aftermath.ended {
            await end(ended, aftermath.record)
            // It may have been one that was made ahead.
            provision(aftermath.record)
        }
        for (record, ended) in aftermath.left ?? [] where state.withLock({ $0.claim(ended) }) {
            await end(ended, record)
        }
        if let error = aftermath.error { throw error }
    }

    /// Gives back the environment and the permit; returns what that has led to.
    func settle(
        _ record: FunctionRecord, _ attempt: Attempt, ending: EnvironmentEnd?, outcome: Outcome, held: Int64,
        now: Timestamp
    ) -> HostStateMachine.EndAction {
        let action = state.withLock {
            $0.end(record, place: attempt.place, ending: ending, outcome: outcome, held: held, now: now)
        }
        carryOut(action, record)
        return action
    }

    // MARK: - Inside

    private func outcome(
        of attempt: Attempt, _ error: (any Error)?, _ cause: StopCause?, endedAt now: Timestamp
    ) -> Outcome {
        // The deadline decides, whatever the handler did at that moment: so the same seed has the same outcome.
        if cause == .deadline || now >= attempt.deadline { return .timedOut }
        guard error != nil else { return .succeeded }
        switch cause {
        case .shutdown: return .interrupted
        case .caller: return .cancelled
        case .deadline, nil:
            guard Task.isCancelled else { return .failed }
            return attempt.isInHostsTask ? .interrupted : .cancelled
        }
    }

    private func callersError(
        _ outcome: Outcome, _ error: (any Error)?, _ attempt: Attempt, _ record: FunctionRecord
    ) -> (any Error)? {
        switch outcome {
        case .succeeded: nil
        case .timedOut: FunctionHostError.timedOut(attempt.context)
        case .interrupted: FunctionHostError.interrupted(record.identity.name, error)
        case .failed, .cancelled, .initFailed: error
        }
    }

    private func tellEnd(
        _ record: FunctionRecord, _ attempt: Attempt, _ outcome: Outcome, _ error: (any Error)?,
        initNanoseconds: Int64?, at now: Timestamp, isAnswered: Bool
    ) {
        if isAnswered {
            return observers.emit(.lateAnswerRefused(attempt.context, by: attempt.deadline.duration(to: now)))
        }
        let nanoseconds = attempt.startedAt.nanoseconds(to: now)
        observers.finished(
            record.identity,
            CountedEnd(
                outcome: outcome, nanoseconds: nanoseconds, initNanoseconds: initNanoseconds,
                memorySize: attempt.snapshot.configuration.memorySize, isColdStart: attempt.isColdStart),
            report: InvocationReport(
                attempt.context, outcome, nanoseconds: nanoseconds, initNanoseconds: initNanoseconds,
                errorType: outcome == .timedOut ? nil : error?.observedType))
    }
}
