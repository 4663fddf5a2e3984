// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Runs the host until it is shut down: handlers on the bulkhead, and environments made ahead, live in here.
    ///
    /// Cancelling the task that runs it shuts the host down without waiting: what runs is cancelled at once.
    ///
    /// - Returns: What the shutdown found. It returns when everything on the bulkhead has ended, which a handler that
    ///   ignores cancellation can delay; ``shutdown()`` returns the report at its deadline all the same.
    /// - Throws: ``FunctionHostError`` as `alreadyRunning` or `alreadyFinished`. During a shutdown that was
    ///   triggered before `run()` it does not throw: it finishes the shutdown and returns.
    @discardableResult
    public func run() async throws(FunctionHostError) -> DrainReport {
        try beginRunning()
        return await work()
    }

    /// Runs the host while `body` runs, then shuts it down gracefully.
    ///
    /// - Returns: What `body` returned, once the host has shut down.
    /// - Throws: What `body` throws; ``FunctionHostError`` as `alreadyRunning` or `alreadyFinished`.
    @discardableResult
    public func run<Result>(during body: () async throws -> Result) async throws -> Result {
        try beginRunning()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.work() }
            do {
                let result = try await body()
                triggerGracefulShutdown()
                try await group.waitForAll()
                return result
            } catch {
                triggerGracefulShutdown()
                try await group.waitForAll()
                throw error
            }
        }
    }

    /// Begins a graceful shutdown and returns at once: nothing new is taken, who waits for room is sent away, what runs
    /// is waited for, then cancelled, then named.
    ///
    /// Works before, during and without ``run()``. Only the first call has an effect.
    public func triggerGracefulShutdown() {
        let total = configuration.drainTimeout
        beginShutdown(cancelAfter: total - configuration.cancellationGrace, giveUpAfter: total)
    }

    /// Shuts down gracefully and waits for the report, until ``Configuration/drainTimeout`` at most, and then for the
    /// shutdown closures of the environments that are left, each within its own ``FunctionConfiguration/shutdownTimeout``.
    ///
    /// Shutdown closures of execution environments run in ``run()``, or in here if nobody runs the host.
    @discardableResult
    public func shutdown() async -> DrainReport {
        triggerGracefulShutdown()
        let report = await drain.report()
        if !state.withLock({ $0.lifecycle.isRunning }) { await finish() }
        return report
    }

    /// What runs at this moment, the longest first, handlers whose callers have been answered included.
    public func runningInvocations() -> [RunningInvocation] {
        let now = time.now
        return state.withLock { $0.running.all }
            .sorted { ($0.startedAt, $0.id.high) < ($1.startedAt, $1.id.high) }
            .map { attempt in
                RunningInvocation(
                    id: attempt.id, functionName: attempt.snapshot.identity.name,
                    version: attempt.snapshot.identity.version, age: attempt.startedAt.duration(to: now),
                    overdue: attempt.deadline <= now ? attempt.deadline.duration(to: now) : nil,
                    isAnswered: attempt.answer?.isClaimed ?? false, progress: attempt.latestProgress)
            }
    }

    // MARK: - Inside

    private func beginRunning() throws(FunctionHostError) {
        let action = state.withLock { state in
            let action = state.lifecycle.run()
            // Under this lock, so that it comes before the end of a shutdown that begins now, which closes it for good, and
            // before anybody is told that the host runs.
            if action == .run { mailbox.open() }
            return action
        }
        switch action {
        case .run:
            observers.emit(.phaseChanged(.running))
            for function in state.withLock({ $0.live }) { provision(function.record) }
            startQueue()
            startServices()
        case .drainOnly: break
        case .refuse(.alreadyRunning):
            throw FunctionHostError(.alreadyRunning, reason: "run() is under way; a host is run once")
        case .refuse:
            throw FunctionHostError(.alreadyFinished, reason: "the host has shut down; make a new one")
        }
    }

    /// The one task group of the host: its children end before it does.
    private func work() async -> DrainReport {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let batch = await mailbox.next() {
                    for work in batch {
                        group.addTask(name: work.name, on: work.executor) { await work.body() }
                    }
                }
            }
            let report = await drain.report()
            await finish()
            return report
        } onCancel: {
            cancelNow()
        }
    }

    /// Shuts down the environments that are left and closes the host for good; returns when that is done, whoever does it.
    private func finish() async {
        await drain.finish {
            await endEnvironments()
            state.withLock { $0.lifecycle.finish() }
            observers.emit(.phaseChanged(.finished))
        }
    }

    /// Shuts down the environments that are left, each in a task of its own.
    private func endEnvironments() async {
        let left = state.withLock { $0.endEnvironments() }
        await withDiscardingTaskGroup { group in
            for (record, ended) in left {
                let executor = record.isOnBulkhead ? bulkhead : nil
                group.addTask(name: taskName(of: record), on: executor) {
                    await self.shutDown(ended, record)
                }
            }
        }
    }

    private func beginShutdown(cancelAfter: Duration, giveUpAfter: Duration) {
        let now = time.now
        let waiters = state.withLock { state in
            state.lifecycle.shutDown(now: now) ? state.admission.withdrawAll() : nil
        }
        guard let waiters else { return }
        dispatcher.close()
        services.close()
        drain.began(at: now, refusedWaiters: waiters.count)
        observers.emit(.phaseChanged(.draining))
        for waiter in waiters {
            waiter.give(
                .refused(
                    FunctionHostError(.shuttingDown, reason: "the host began to shut down while the caller waited")))
        }
        for attempt in state.withLock({ $0.makingAhead }) { attempt.stop(.shutdown) }
        // Asked only now: what ended before `began` could not settle the drain.
        if isDrained { return drain.allEnded(self) }
        drain.remember([
            timer.schedule(
                ClosureDeadline { [weak self] _ in self?.cancelRunning() }, at: now.advanced(by: cancelAfter)),
            timer.schedule(
                ClosureDeadline { [weak self] _ in
                    guard let self else { return }
                    drain.outOfTime(self)
                }, at: now.advanced(by: giveUpAfter)),
        ])
    }

    /// Whether nothing runs any more, whatever was tried of the queue is settled, and services have ended.
    private var isDrained: Bool {
        dispatcher.isQuiet && services.isQuiet && state.withLock { $0.admission.inFlight } == 0
    }

    /// Something has ended: if that is what the shutdown waited for, it is over.
    func tellIfDrained() {
        if phase == .draining, isDrained { drain.allEnded(self) }
    }

    /// The task that runs the host was cancelled: shut down, and wait for nobody.
    private func cancelNow() {
        beginShutdown(cancelAfter: .zero, giveUpAfter: configuration.cancellationGrace)
        cancelRunning()
    }

    private func cancelRunning() {
        for attempt in state.withLock({ $0.cancel() }) { attempt.stop(.shutdown) }
        services.cancel()
    }
}

extension DiscardingTaskGroup {
    /// Starts a child on an executor; where the group runs if there is none.
    ///
    /// A preference of nil has to be left out: said explicitly, in Swift 6.3, it takes away the one the parent hands down.
    fileprivate mutating func addTask(
        name: String?, on executor: (any TaskExecutor)?,
        _ body: @escaping @Sendable @isolated(any) () async -> Void
    ) {
        if let executor {
            addTask(name: name, executorPreference: executor, operation: body)
        } else {
            addTask(name: name, operation: body)
        }
    }
}
