// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Makes an environment for an invocation that waits for it, and runs it there.
    func startCold(
        _ invocation: Invocation, _ environment: Environment, _ entry: Int, _ snapshot: FunctionSnapshot,
        _ body: @escaping Body, answer: Answer?
    ) async throws {
        let record = invocation.record
        let began = time.now
        let ownLimit = began.advanced(by: snapshot.configuration.initTimeout)
        let limit = invocation.options?.deadline.map { min($0, ownLimit) } ?? ownLimit
        let attempt = Attempt(id: invocation.id, facilities: facilities, options: invocation.options, answer: answer)
        attempt.settle(snapshot, environment, startedAt: began, deadline: limit, isColdStart: true)
        let mayStart = answer?.follow(attempt, isHandler: false, initNanoseconds: nil) ?? true
        let fault = mayStart ? await initialize(record, attempt, .onDemand) : .cancelled
        let now = time.now
        let initDuration = began.duration(to: now)
        if let fault {
            let error = initError(fault, record)
            for joiner in state.withLock({ $0.initializationFailed(record, entry: entry) }) {
                // Whoever waits for an environment that its maker was kept from making tries for himself.
                joiner.give(error.map { .refused($0) } ?? .granted)
            }
            environment.end()
            tellFailure(record, attempt, fault, initDuration)
            release(record, held: invocation.admittedAt.duration(to: now).wholeNanoseconds, outcome: fault.outcome)
            throw callersError(fault, record)
        }
        emitStarted(record, environment, initDuration, .onDemand)
        let next = Attempt(id: invocation.id, facilities: facilities, options: invocation.options, answer: answer)
        let joiners = state.withLock { $0.initialized(record, next, environment, snapshot, entry: entry, now: now) }
        watchDeadline(of: next)
        for joiner in joiners { joiner.give(.granted) }
        try await run(
            body, record, next, admittedAt: invocation.admittedAt, initNanoseconds: began.nanoseconds(to: now))
    }

    /// Waits for the environment that another invocation is making.
    func join(_ ticket: Ticket, _ invocation: Invocation) async throws {
        let record = invocation.record
        // Its own limit, for the closure that it waits for may ignore its own.
        let limit = time.now.advanced(
            by: state.withLock { $0.functions[record.slot].snapshot.configuration.initTimeout })
        let callers = invocation.options?.deadline
        let deadline = timer.schedule(
            ClosureDeadline { _ in ticket.give(.outOfTime) }, at: callers.map { min($0, limit) } ?? limit)
        let outcome = await withTaskCancellationHandler {
            await ticket.wait()
        } onCancel: {
            ticket.give(.cancelled)
        }
        timer.cancel(deadline)
        switch outcome {
        case .granted: return
        case .cancelled:
            leave(ticket, record, .cancelled)
            throw CancellationError()
        case .outOfTime:
            leave(ticket, record, .timedOut)
            guard let callers, callers <= limit else { throw FunctionHostError.initTimedOut(record.identity.name) }
            throw FunctionHostError.outOfTime(record.identity.name)
        case .refused(let error):
            release(record, held: 0, outcome: .initFailed)
            throw error
        }
    }

    /// Gives up a place among those who join, and the permit.
    private func leave(_ ticket: Ticket, _ record: FunctionRecord, _ outcome: Outcome) {
        state.withLock { $0.functions[record.slot].pool.withdraw { $0 === ticket } }
        release(record, held: 0, outcome: outcome)
    }

    // MARK: - Made ahead

    /// Makes the environments that are to be made ahead, in the task group of `run()`.
    func provision(_ record: FunctionRecord) {
        while let (environment, entry, snapshot) = state.withLock({ $0.provision(record) }) {
            let isTaken = mailbox.submit(
                HostWork(executor: record.isOnBulkhead ? bulkhead : nil, name: taskName(of: record)) {
                    await self.provision(record, environment, entry, snapshot)
                })
            if !isTaken {
                for joiner in state.withLock({ $0.provisioningFailed(record, entry: entry) }) { joiner.give(.granted) }
                return
            }
        }
    }

    private func provision(
        _ record: FunctionRecord, _ environment: Environment, _ entry: Int, _ snapshot: FunctionSnapshot
    ) async {
        let began = time.now
        var fault: InitFault?
        if record.code.initialize != nil {
            let attempt = Attempt(id: nextID(), facilities: facilities, options: nil, answer: nil)
            let limit = began.advanced(by: snapshot.configuration.initTimeout)
            attempt.settle(snapshot, environment, startedAt: began, deadline: limit, isColdStart: true)
            fault = await initialize(record, attempt, .provisioned)
        }
        let now = time.now
        if let fault {
            observers.emit(
                .environmentFailed(
                    report(
                        record, environment, began.duration(to: now), .provisioned,
                        errorType: fault.errorType)))
            // The next invocation tries again, and tells its caller why if it fails too.
            for joiner in state.withLock({ $0.provisioningFailed(record, entry: entry) }) { joiner.give(.granted) }
            return environment.end()
        }
        emitStarted(record, environment, began.duration(to: now), .provisioned)
        let (joiners, ended) = state.withLock { $0.provisioned(record, environment, entry: entry, now: now) }
        for joiner in joiners { joiner.give(.granted) }
        if let ended { await end(ended, record) }
    }

    // MARK: - The end

    /// Shuts an environment down: in the task group of `run()` if there is one, otherwise in this task.
    func end(_ ended: EndedEnvironment, _ record: FunctionRecord) async {
        guard record.code.shutDown != nil else { return endAtOnce(ended, record) }
        let isTaken = mailbox.submit(
            HostWork(executor: record.isOnBulkhead ? bulkhead : nil, name: taskName(of: record)) {
                await self.shutDown(ended, record)
            })
        if !isTaken { await shutDown(ended, record) }
    }

    /// The same for one that was offered, from where nothing can be waited for; without `run()` it is left to whoever comes
    /// next.
    func endWhereTaken(_ ended: EndedEnvironment, _ record: FunctionRecord) {
        guard record.code.shutDown != nil else {
            if state.withLock({ $0.claim(ended) }) { endAtOnce(ended, record) }
            return
        }
        let isTaken = mailbox.submit(
            HostWork(executor: record.isOnBulkhead ? bulkhead : nil, name: taskName(of: record)) {
                if self.state.withLock({ $0.claim(ended) }) { await self.shutDown(ended, record) }
            })
        if !isTaken { state.withLock { $0.leave(ended) } }
    }

    /// Runs the shutdown closure under its time limit, then lets state and directory go.
    func shutDown(_ ended: EndedEnvironment, _ record: FunctionRecord) async {
        if let closure = record.code.shutDown, let contents = ended.instance.state {
            // The function may be gone by now, and another one in its slot.
            let snapshot = ended.instance.snapshot
            let live = state.withLock { $0.isLive(record) ? $0.functions[record.slot].snapshot : snapshot }
            let attempt = Attempt(id: nextID(), facilities: facilities, options: nil, answer: nil)
            let now = time.now
            let limit = now.advanced(by: live.configuration.shutdownTimeout)
            attempt.settle(snapshot, ended.instance, startedAt: now, deadline: limit, isColdStart: false)
            let told = environmentContext(of: attempt, ended.instance.initialization)
            _ = await supervise(attempt, name: taskName(of: record)) { _ in await closure(contents, told) }
        }
        endAtOnce(ended, record)
    }

    private func endAtOnce(_ ended: EndedEnvironment, _ record: FunctionRecord) {
        ended.instance.end()
        observers.emit(
            .environmentEnded(
                report(record, ended.instance, ended.instance.initDuration, ended.instance.initialization),
                ended.reason))
    }

    /// Sets the time at which a function's idle environments are looked at.
    func scheduleExpiry(of record: FunctionRecord, at time: Timestamp) {
        let id = timer.schedule(
            ClosureDeadline { [weak self] now in
                guard let self else { return }
                let (ended, next) = state.withLock { $0.expire(record, at: time, now: now) }
                for environment in ended { endWhereTaken(environment, record) }
                if let next { scheduleExpiry(of: record, at: next) }
            }, at: time)
        if let old = state.withLock({ $0.expiryScheduled(record, at: time, id) }) { timer.cancel(old) }
    }

    // MARK: - Inside

    /// Why an environment could not be made.
    private enum InitFault {
        case threw(any Error)
        case timedOut
        /// The caller's deadline came before the closure's: nobody else is to suffer for it.
        case outOfTime
        case interrupted
        /// The caller went away: nobody else is to suffer for it.
        case cancelled

        var outcome: Outcome {
            switch self {
            case .threw, .timedOut: .initFailed
            case .outOfTime: .timedOut
            case .interrupted: .interrupted
            case .cancelled: .cancelled
            }
        }

        var errorType: String {
            switch self {
            case .threw(let error): error.observedType
            case .timedOut, .outOfTime: "Sandbox.Timedout"
            case .interrupted, .cancelled: "CancellationError"
            }
        }
    }

    private func initialize(
        _ record: FunctionRecord, _ attempt: Attempt, _ initialization: EnvironmentContext.Initialization
    ) async -> InitFault? {
        guard let initialize = record.code.initialize else { return nil }
        let told = environmentContext(of: attempt, initialization)
        let (key, isTooLate) = state.withLock { ($0.running.insert(attempt), $0.isTooLate(for: initialization)) }
        if isTooLate { attempt.stop(.shutdown) }
        let (error, cause) = await supervise(attempt, name: taskName(of: record)) { attempt in
            attempt.environment.setState(try await initialize(told))
        }
        state.withLock { $0.running.remove(key) }
        if cause == .deadline || time.now >= attempt.deadline {
            return attempt.hasCallersDeadline ? .outOfTime : .timedOut
        }
        guard let error else { return nil }
        switch cause {
        case .shutdown: return .interrupted
        case .caller: return .cancelled
        case .deadline, nil:
            guard Task.isCancelled else { return .threw(error) }
            return attempt.isInHostsTask ? .interrupted : .cancelled
        }
    }

    /// What callers are told; nil if nobody but the one who went away is concerned.
    private func initError(_ fault: InitFault, _ record: FunctionRecord) -> FunctionHostError? {
        let name = record.identity.name
        switch fault {
        case .threw(let error):
            return FunctionHostError(
                .initFailed, functionName: name,
                reason: "the init closure threw \(type(of: error)); the next invocation tries again", underlying: error)
        case .timedOut: return .initTimedOut(name)
        case .interrupted: return .interrupted(name, nil)
        case .outOfTime, .cancelled: return nil
        }
    }

    /// What the caller is told for whom it was to be made.
    private func callersError(_ fault: InitFault, _ record: FunctionRecord) -> any Error {
        if case .outOfTime = fault { return FunctionHostError.outOfTime(record.identity.name) }
        return initError(fault, record) ?? CancellationError()
    }

    private func tellFailure(
        _ record: FunctionRecord, _ attempt: Attempt, _ fault: InitFault, _ initDuration: Duration
    ) {
        observers.emit(
            .environmentFailed(
                report(record, attempt.environment, initDuration, .onDemand, errorType: fault.errorType)))
        observers.emit(
            .invocationFinished(
                InvocationReport(
                    attempt.context, fault.outcome, nanoseconds: 0, initNanoseconds: initDuration.wholeNanoseconds,
                    errorType: fault.errorType, hasStarted: false)))
    }

    /// Tells the observers that an environment is ready.
    func emitStarted(
        _ record: FunctionRecord, _ environment: Environment, _ duration: Duration,
        _ initialization: EnvironmentContext.Initialization
    ) {
        if duration > .zero { environment.initDuration = duration }
        observers.emit(.environmentStarted(report(record, environment, duration, initialization)))
    }

    private func report(
        _ record: FunctionRecord, _ environment: Environment, _ duration: Duration,
        _ initialization: EnvironmentContext.Initialization, errorType: String? = nil
    ) -> EnvironmentReport {
        EnvironmentReport(
            functionName: record.identity.name, version: record.identity.version, environmentID: environment.id,
            initDuration: duration, initialization: initialization, errorType: errorType)
    }

    private func environmentContext(
        of attempt: Attempt, _ initialization: EnvironmentContext.Initialization
    ) -> EnvironmentContext {
        EnvironmentContext(
            functionName: attempt.snapshot.identity.name, version: attempt.snapshot.identity.version,
            environmentID: attempt.environment.id, variables: attempt.snapshot.configuration.variables,
            initialization: initialization)
    }
}
