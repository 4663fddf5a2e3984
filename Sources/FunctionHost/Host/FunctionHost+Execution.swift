// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a handler's code is, once types are out of the way: it keeps its result to itself.
typealias Body = @Sendable (Environment, InvocationContext) async throws -> Void

extension FunctionHost {
    /// Takes one invocation from admission to its end: the choke point through which every one of them passes.
    ///
    /// - Throws: The handler's error, unchanged; ``FunctionHostError`` for everything else.
    func perform(
        _ record: FunctionRecord, _ id: InvocationID, _ options: InvocationOptions, _ body: @escaping Body
    ) async throws {
        let now = system.clock.now
        if record.isOnBulkhead || options.deadline != nil {
            return try await performSlowly(record, id, options, body)
        }
        let attempt = Attempt(id: id, host: self, answer: nil)
        switch state.withLock({ $0.begin(record, attempt, now: now) }) {
        case .run(let place):
            try await run(body, record, place, attempt, options, admittedAt: now, startedAt: now, initDuration: nil)
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
        _ record: FunctionRecord, _ id: InvocationID, _ options: InvocationOptions, _ body: @escaping Body
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
            Work(executor: bulkhead, name: taskName(of: record)) {
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
            let attempt = Attempt(id: invocation.id, host: self, answer: answer)
            let joiner = record.code.concurrency > 1 ? Ticket() : nil
            let now = system.clock.now
            switch state.withLock({ $0.place(record, attempt, joiner: joiner, now: now) }) {
            case .run(let place):
                return try await run(
                    body, record, place, attempt, invocation.options, admittedAt: invocation.admittedAt,
                    startedAt: now, initDuration: nil)
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

    /// Runs the handler under its deadline, and settles everything when it has ended.
    func run(
        _ body: @escaping Body, _ record: FunctionRecord, _ place: HostStateMachine.Place, _ attempt: Attempt,
        _ options: InvocationOptions, admittedAt: Timestamp, startedAt: Timestamp, initDuration: Duration?
    ) async throws {
        let ownDeadline = place.snapshot.deadline(from: startedAt)
        let context = InvocationContext(
            storage: InvocationContext.Storage(
                id: attempt.id, snapshot: place.snapshot, environment: place.environment, services: attempt,
                startedAt: startedAt, deadline: options.deadline.map { min($0, ownDeadline) } ?? ownDeadline,
                attempt: 1, isColdStart: place.isColdStart, details: options.details))
        guard attempt.answer?.follow(attempt, context, initDuration: initDuration) ?? true else {
            settle(record, place, ending: nil, outcome: .cancelled, held: admittedAt.duration(to: startedAt))
            throw CancellationError()
        }
        observers.emit(.invocationStarted(context, concurrency: place.concurrency))
        watchForSpinning()
        let (error, cause) = await runToEnd(body, record, place.environment, attempt, context)
        let now = system.clock.now
        let outcome = outcome(of: context, error, cause, endedAt: now)
        let isAnswered = !(attempt.answer?.claim() ?? true)
        tell(context, outcome, error, initDuration: initDuration, endedAt: now, isAnswered: isAnswered)
        let ending: EnvironmentEnd? =
            outcome == .timedOut ? .timedOut : place.environment.isToBeDiscarded ? .discarded : nil
        let ended = settle(record, place, ending: ending, outcome: outcome, held: admittedAt.duration(to: now))
        for environment in place.expired + ended { await end(environment, record) }
        switch outcome {
        case .succeeded: return
        case .timedOut: throw FunctionHostError.timedOut(context)
        case .interrupted: throw FunctionHostError.interrupted(record.identity.name, error)
        case .failed, .cancelled, .initFailed: if let error { throw error }
        }
    }

    /// Runs the handler and returns its error, and why it was asked to stop if it was.
    private func runToEnd(
        _ body: @escaping Body, _ record: FunctionRecord, _ environment: Environment, _ attempt: Attempt,
        _ context: InvocationContext
    ) async -> (error: (any Error)?, cause: StopCause?) {
        guard attempt.answer == nil, context.deadline == .distantFuture else {
            await supervise(attempt, context, deadline: context.deadline, name: taskName(of: record)) {
                try await body(environment, context)
            }
            return attempt.finish()
        }
        // Nothing to cancel it for: it needs no task of its own.
        do {
            try await body(environment, context)
            return (nil, nil)
        } catch {
            return (error, nil)
        }
    }

    /// Runs a closure as a child of this task, and cancels it at its deadline or when it is asked to stop.
    ///
    /// The child starts on this thread at once; only if it suspends is there anything to arm or to wait for. On the
    /// bulkhead, where the caller is answered in any case, the deadline is armed first: the closure may never suspend.
    func supervise(
        _ attempt: Attempt, _ context: InvocationContext?, deadline: Timestamp, name: String?,
        _ body: @escaping @Sendable () async throws -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            if attempt.answer != nil { attempt.arm(context, deadline: deadline) }
            group.addAttempt(name: name) {
                do {
                    try await body()
                    attempt.end(nil)
                } catch {
                    attempt.end(error)
                }
            }
            if attempt.hasEnded { return }
            if attempt.answer == nil { attempt.arm(context, deadline: deadline) }
            if await attempt.waitForEndOrStop() { return }
            group.cancelAll()
        }
    }

    /// What a handler's task is called where somebody looks at names.
    func taskName(of record: FunctionRecord) -> String? { system.namesTasks ? record.identity.name : nil }

    // MARK: - Settling

    private func outcome(
        of context: InvocationContext, _ error: (any Error)?, _ cause: StopCause?, endedAt now: Timestamp
    ) -> Outcome {
        // The deadline decides, whatever the handler did at that moment: so the same seed has the same outcome.
        if cause == .deadline || now >= context.deadline { return .timedOut }
        guard error != nil else { return .succeeded }
        switch cause {
        case .shutdown: return .interrupted
        case .caller: return .cancelled
        case .deadline, nil: return Task.isCancelled ? .cancelled : .failed
        }
    }

    private func tell(
        _ context: InvocationContext, _ outcome: Outcome, _ error: (any Error)?, initDuration: Duration?,
        endedAt now: Timestamp, isAnswered: Bool
    ) {
        guard observers.isObserved else { return }
        if isAnswered {
            return observers.emit(.lateAnswerRefused(context, by: context.deadline.duration(to: now)))
        }
        observers.emit(
            .invocationFinished(
                InvocationReport(
                    context: context, outcome: outcome, duration: context.startedAt.duration(to: now),
                    initDuration: initDuration, errorType: error.map { String(describing: type(of: $0)) })))
    }

    /// Gives back the environment and the permit; returns the environments that have to be shut down.
    @discardableResult
    private func settle(
        _ record: FunctionRecord, _ place: HostStateMachine.Place, ending: EnvironmentEnd?, outcome: Outcome,
        held: Duration
    ) -> [EndedEnvironment] {
        let now = system.clock.now
        let action = state.withLock {
            $0.end(record, place: place, ending: ending, outcome: outcome, held: held.wholeNanoseconds, now: now)
        }
        carryOut(action, record)
        return action.ended.map { [$0] } ?? []
    }
}

extension DiscardingTaskGroup {
    /// Starts a child at once on this thread where the system can, which is several times cheaper than queueing it.
    fileprivate mutating func addAttempt(name: String?, _ body: @escaping @Sendable () async -> Void) {
        if #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            addImmediateTask(name: name) { await body() }
        } else {
            addTask(name: name) { await body() }
        }
    }
}
