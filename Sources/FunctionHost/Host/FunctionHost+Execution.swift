// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a handler's code is, once types are out of the way: it keeps its result to itself.
@usableFromInline
package typealias Body = @Sendable (Environment, InvocationContext) async throws -> Void

extension FunctionHost {
    /// Takes one invocation from admission to its end: the choke point through which every one of them passes.
    ///
    /// - Throws: The handler's error, unchanged; ``FunctionHostError`` for everything else.
    @usableFromInline
    package func perform(
        _ record: FunctionRecord, _ options: InvocationOptions?, id: InvocationID? = nil, _ body: @escaping Body
    ) async throws {
        let id = id ?? nextID()
        let options = options.map { CallerOptions($0, now: time.now) }
        if record.isOnBulkhead || options?.deadline != nil {
            return try await performSlowly(record, id, options, body)
        }
        let now = time.now
        let attempt = Attempt(id: id, host: self, options: options, answer: nil)
        switch state.withLock({ $0.begin(record, attempt, now: now) }) {
        case .run:
            try await run(body, record, attempt, admittedAt: now, initNanoseconds: nil)
        case .refuse(.throttled): try await performSlowly(record, id, options, body)
        case .refuse(let refusal): throw error(for: refusal, record)
        case .initialize(let environment, let entry, let snapshot):
            let invocation = Invocation(record: record, id: id, options: options, admittedAt: now)
            try await startCold(invocation, environment, entry, snapshot, body, answer: nil)
        case .join: preconditionFailure("an invocation without a ticket joins")
        }
    }

    /// The same where something has to be waited for, or the caller has a deadline, or another task runs the handler.
    private func performSlowly(
        _ record: FunctionRecord, _ id: InvocationID, _ options: CallerOptions?, _ body: @escaping Body
    ) async throws {
        let invocation = try await admit(record, id, options)
        try await execute(invocation, body)
    }

    /// Runs an admitted invocation in the place its function is configured for.
    func execute(_ invocation: Invocation, _ body: @escaping Body) async throws {
        let record = invocation.record
        guard record.isOnBulkhead else { return try await execute(invocation, body, answer: nil) }
        let answer = Answer(functionName: record.identity.name)
        let isTaken = mailbox.submit(
            HostWork(executor: bulkhead, name: taskName(of: record)) {
                do {
                    try await self.execute(invocation, body, answer: answer)
                    answer.deliver(nil)
                } catch {
                    answer.deliver(error)
                }
            })
        guard isTaken else {
            release(record, held: 0)
            throw phase == .idle
                ? .notRunning(record.identity.name) : FunctionHostError.shuttingDown(record.identity.name)
        }
        try await answer.wait()
    }

    /// Finds an admitted invocation an environment and runs it there, in this task.
    private func execute(_ invocation: Invocation, _ body: @escaping Body, answer: Answer?) async throws {
        let record = invocation.record
        while true {
            let attempt = Attempt(id: invocation.id, host: self, options: invocation.options, answer: answer)
            let joiner = record.code.concurrency > 1 ? Ticket() : nil
            let now = time.now
            switch state.withLock({ $0.place(record.slot, attempt, joiner: joiner, now: now) }) {
            case .run:
                return try await run(
                    body, record, attempt, admittedAt: invocation.admittedAt, initNanoseconds: nil)
            case .initialize(let environment, let entry, let snapshot):
                return try await startCold(invocation, environment, entry, snapshot, body, answer: answer)
            case .join:
                guard let joiner else { preconditionFailure("an invocation without a ticket joins") }
                try await join(joiner, invocation)
            case .refuse(let refusal):
                release(record, held: 0)
                throw error(for: refusal, record)
            }
        }
    }

    /// Runs the handler of an attempt that has its place, and settles everything when it has ended.
    func run(
        _ body: @escaping Body, _ record: FunctionRecord, _ attempt: Attempt, admittedAt: Timestamp,
        initNanoseconds: Int64?
    ) async throws {
        guard attempt.answer?.follow(attempt, isHandler: true, initNanoseconds: initNanoseconds) ?? true else {
            // Its caller went away while its environment was being made.
            let now = time.now
            _ = settle(
                record, attempt, ending: nil, outcome: .cancelled, held: admittedAt.nanoseconds(to: now), now: now)
            throw CancellationError()
        }
        if observers.isObserved { observers.started(attempt, concurrency: attempt.place?.concurrency ?? 0) }
        // It began in the moment in which the shutdown cancelled everything else.
        if attempt.place?.isCancelled ?? false { attempt.stop(.shutdown) }
        watchForSpinning()
        let (error, cause) = await runToEnd(body, record, attempt)
        let now = time.now
        let outcome = outcome(of: attempt, error, cause, endedAt: now)
        let isAnswered = !(attempt.answer?.claim() ?? true)
        if observers.isObserved {
            tell(attempt, outcome, error, initNanoseconds: initNanoseconds, endedAt: now, isAnswered: isAnswered)
        }
        let ending: EnvironmentEnd? =
            outcome == .timedOut ? .timedOut : attempt.environment.isToBeDiscarded ? .discarded : nil
        let held = admittedAt.nanoseconds(to: now)
        let action = settle(record, attempt, ending: ending, outcome: outcome, held: held, now: now)
        if let ended = action.ended { await end(ended, record) }
        if let left = action.left { for (record, ended) in left { await end(ended, record) } }
        switch outcome {
        case .succeeded: return
        case .timedOut: throw FunctionHostError.timedOut(attempt.context)
        case .interrupted: throw FunctionHostError.interrupted(record.identity.name, error)
        case .failed, .cancelled, .initFailed: if let error { throw error }
        }
    }

    /// Runs the handler and returns its error, and why it was asked to stop if it was.
    private func runToEnd(
        _ body: @escaping Body, _ record: FunctionRecord, _ attempt: Attempt
    ) async -> (error: (any Error)?, cause: StopCause?) {
        guard attempt.answer == nil, attempt.deadline == .distantFuture else {
            return await supervise(attempt, name: taskName(of: record), body)
        }
        // Nothing to cancel it for: it needs no task of its own.
        do {
            try await body(attempt.environment, attempt.context)
            return (nil, nil)
        } catch {
            return (error, nil)
        }
    }

    /// Runs a closure as a child of this task, and cancels it at its deadline or when it is asked to stop.
    ///
    /// The child starts on this thread at once; only if it suspends is there anything to arm or to wait for. On the
    /// bulkhead, where the caller is answered in any case, the deadline is armed first: the closure may never suspend.
    ///
    /// - Returns: What the closure threw, and why it was asked to stop if it was.
    func supervise(
        _ attempt: Attempt, name: String?, _ body: @escaping Body
    ) async -> (error: (any Error)?, cause: StopCause?) {
        let result = await withDiscardingTaskGroup { group -> (error: (any Error)?, cause: StopCause?)? in
            if attempt.answer != nil { attempt.arm() }
            group.addAttempt(name: name) { await attempt.run(body) }
            if let result = attempt.resultIfEnded() { return result }
            if attempt.answer == nil { attempt.arm() }
            if await !attempt.waitForEndOrStop() { group.cancelAll() }
            return nil
        }
        return result ?? attempt.finish()
    }

    /// What a handler's task is called where somebody looks at names.
    func taskName(of record: FunctionRecord) -> String? { system.namesTasks ? record.identity.name : nil }

    // MARK: - Settling

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
            // On the bulkhead the task is the host's: its cancellation is the host's end.
            return attempt.answer == nil ? .cancelled : .interrupted
        }
    }

    private func tell(
        _ attempt: Attempt, _ outcome: Outcome, _ error: (any Error)?, initNanoseconds: Int64?,
        endedAt now: Timestamp, isAnswered: Bool
    ) {
        if isAnswered {
            return observers.emit(.lateAnswerRefused(attempt.context, by: attempt.deadline.duration(to: now)))
        }
        observers.finished(
            InvocationReport(
                attempt.context, outcome, nanoseconds: attempt.startedAt.nanoseconds(to: now),
                initNanoseconds: initNanoseconds, errorType: outcome == .timedOut ? nil : error?.observedType))
    }

    /// Gives back the environment and the permit; returns what that has led to.
    private func settle(
        _ record: FunctionRecord, _ attempt: Attempt, ending: EnvironmentEnd?, outcome: Outcome, held: Int64,
        now: Timestamp
    ) -> HostStateMachine.EndAction {
        let action = state.withLock {
            $0.end(record, place: attempt.place, ending: ending, outcome: outcome, held: held, now: now)
        }
        carryOut(action, record)
        return action
    }
}

extension DiscardingTaskGroup {
    /// Starts a child at once on this thread where the system can, which is several times cheaper than queueing it.
    ///
    /// A named one is queued: in Swift 6.3 an immediate child that has a name loses its parent's executor preference.
    @inline(__always)
    fileprivate mutating func addAttempt(name: String?, _ body: @escaping @Sendable @isolated(any) () async -> Void) {
        if name == nil, #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            addImmediateTask(operation: body)
        } else {
            addTask(name: name, operation: body)
        }
    }
}
