// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a handler's code is, once types are out of the way: it keeps its result to itself.
@usableFromInline
package typealias Body = @Sendable (Attempt) async throws -> Void

extension FunctionHost {
    // MARK: - The short way

    /// Begins an invocation that finds room and an environment at once; nil, with nothing taken, if it does not.
    ///
    /// This is what nearly every invocation meets. It waits for nothing, so it needs no `async`, and the handler is called
    /// straight from `invoke`. Everything else goes through `perform`.
    @usableFromInline
    package func beginAtOnce(_ record: FunctionRecord, _ options: InvocationOptions?) -> Attempt? {
        let options = options.map { CallerOptions($0, now: time.now) }
        guard !record.isOnBulkhead, options?.deadline == nil else { return nil }
        return beginAtOnce(record, nextID(), options, .none, now: time.now)
    }

    /// The same for whoever has an id and options already.
    func beginAtOnce(
        _ record: FunctionRecord, _ id: InvocationID, _ options: CallerOptions?, _ party: Attempt.Party, now: Timestamp
    ) -> Attempt? {
        let attempt = Attempt(id: id, facilities: facilities, options: options, party: party)
        guard state.withLock({ $0.beginAtOnce(record, attempt, now: now) }) else { return nil }
        watchDeadline(of: attempt)
        // Made without an init closure, and so in no time.
        if attempt.isColdStart { emitStarted(record, attempt.environment, .zero, .onDemand) }
        tellStart(record, attempt)
        return attempt
    }

    /// Settles everything after the end of a handler that had no task of its own.
    @usableFromInline
    package func conclude(_ record: FunctionRecord, _ attempt: Attempt, _ error: (any Error)?) -> Aftermath? {
        conclude(record, attempt, error, nil, admittedAt: attempt.startedAt, initNanoseconds: nil)
    }

    /// Settles everything after the end of a handler's task.
    @usableFromInline
    package func conclude(_ record: FunctionRecord, _ attempt: Attempt) -> Aftermath? {
        let (error, cause) = attempt.finish()
        return conclude(record, attempt, error, cause, admittedAt: attempt.startedAt, initNanoseconds: nil)
    }

    // MARK: - The long way

    /// Takes one invocation from admission to its end, waiting where something has to be waited for.
    ///
    /// - Throws: The handler's error, unchanged; ``FunctionHostError`` for everything else.
    @usableFromInline
    package func perform(
        _ record: FunctionRecord, _ options: InvocationOptions?, id: InvocationID? = nil, _ body: @escaping Body
    ) async throws {
        let invocation = try await admit(record, id ?? nextID(), callerOptions(options))
        try await execute(invocation, body)
    }

    /// What the caller asks for, if anything; apart from `perform`, so that none of it lies in a waiting caller's frames.
    private func callerOptions(_ options: InvocationOptions?) -> CallerOptions? {
        options.map { CallerOptions($0, now: time.now) }
    }

    /// Runs an admitted invocation in the place its function is configured for.
    func execute(_ invocation: Invocation, _ body: @escaping Body) async throws {
        let record = invocation.record
        guard record.isOnBulkhead else { return try await execute(invocation, body, answer: nil) }
        let answer = Answer(functionName: record.identity.name)
        // The threads may all be taken, so that nothing else looks at the caller's deadline and at the host's end.
        let deadline = invocation.options?.deadline.map { time in
            timer.schedule(ClosureDeadline { now in answer.deadlinePassed(now: now) }, at: time)
        }
        drain.expect(answer)
        defer {
            if let deadline { timer.cancel(deadline) }
            drain.forget(answer)
        }
        let isTaken = mailbox.submit(
            HostWork(executor: bulkhead, name: taskName(of: record)) {
                do {
                    try await self.execute(invocation, body, answer: answer)
                    answer.end(nil)
                } catch {
                    answer.end(error)
                }
            })
        guard isTaken else {
            release(record, held: 0)
            throw phase == .idle
                ? .notRunning(record.identity.name) : FunctionHostError.shuttingDown(record.identity.name)
        }
        let queueing = invocation.options?.deadline.map { deadline in
            timer.schedule(ClosureDeadline { _ in answer.deadlinePassedInQueue() }, at: deadline)
        }
        defer { if let queueing { timer.cancel(queueing) } }
        try await answer.wait()
    }

    /// Finds an admitted invocation an environment and runs it there, in this task.
    private func execute(_ invocation: Invocation, _ body: @escaping Body, answer: Answer?) async throws {
        let record = invocation.record
        while true {
            let attempt = Attempt(
                id: invocation.id, facilities: facilities, options: invocation.options, answer: answer)
            let joiner = record.code.concurrency > 1 ? Ticket() : nil
            let now = time.now
            switch state.withLock({ $0.place(record.slot, attempt, joiner: joiner, now: now) }) {
            case .run:
                watchDeadline(of: attempt)
                // Made without an init closure, and so in no time.
                if attempt.isColdStart { emitStarted(record, attempt.environment, .zero, .onDemand) }
                return try await run(
                    body, record, attempt, admittedAt: invocation.admittedAt, initNanoseconds: nil)
            case .initialize(let environment, let entry, let snapshot):
                return try await startCold(invocation, environment, entry, snapshot, body, answer: answer)
            case .join:
                guard let joiner else { preconditionFailure("an invocation without a ticket joins") }
                try await join(joiner, invocation)
            case .gone:
                release(record, held: 0)
                throw FunctionHostError.notFound(record.identity.name)
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
        tellStart(record, attempt)
        let (error, cause) = await runToEnd(body, record, attempt)
        let aftermath = conclude(
            record, attempt, error, cause, admittedAt: admittedAt, initNanoseconds: initNanoseconds)
        if let aftermath { try await carryOut(aftermath) }
    }

    /// Runs the handler and returns its error, and why it was asked to stop if it was.
    private func runToEnd(
        _ body: @escaping Body, _ record: FunctionRecord, _ attempt: Attempt
    ) async -> (error: (any Error)?, cause: StopCause?) {
        guard !attempt.needsTask else { return await supervise(attempt, name: taskName(of: record), body) }
        // Nothing to cancel it for: it needs no task of its own.
        do {
            try await body(attempt)
            return (nil, nil)
        } catch {
            return (error, nil)
        }
    }

    /// Runs a closure as a child of this task, and cancels it at its deadline or when it is asked to stop.
    ///
    /// - Returns: What the closure threw, and why it was asked to stop if it was.
    func supervise(
        _ attempt: Attempt, name: String?, _ body: @escaping Body
    ) async -> (error: (any Error)?, cause: StopCause?) {
        await withDiscardingTaskGroup { group in
            // On the bulkhead the caller is answered in any case: the closure may never suspend.
            if attempt.answer != nil { attempt.arm() }
            group.startTask(name: name) { await attempt.run(body) }
            if attempt.hasEnded { return }
            if attempt.answer == nil { attempt.arm() }
            if await !attempt.waitForEndOrStop() { group.cancelAll() }
        }
        return attempt.finish()
    }

    /// What a handler's task is called where somebody looks at names.
    @usableFromInline
    package func taskName(of record: FunctionRecord) -> String? { system.namesTasks ? record.identity.name : nil }
}

extension DiscardingTaskGroup {
    /// Starts a child at once on this thread where the system can, which is several times cheaper than queueing it.
    ///
    /// A named one is queued: in Swift 6.3 an immediate child that has a name loses its parent's executor preference.
    mutating func startTask(
        name: String?, _ operation: sending @escaping @isolated(any) () async -> Void
    ) {
        if name == nil, #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            addImmediateTask(operation: operation)
        } else {
            addTask(name: name, operation: operation)
        }
    }
}
