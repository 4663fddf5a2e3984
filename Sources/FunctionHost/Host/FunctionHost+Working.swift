// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    // MARK: - The life of the queue

    /// Begins to work on the queue; the task group of `run()` is there.
    func startQueue() {
        dispatcher.open()
        keep()
        carryOut(dispatcher.arrived())
    }

    /// Does what the dispatcher has decided.
    func carryOut(_ wake: DispatchStateMachine<Dispatcher.Waiter>.Wake) {
        switch wake {
        case .nobody: break
        case .resume(let waiter): waiter.resume(returning: .woken)
        case .start:
            let isTaken = mailbox.submit(HostWork(executor: nil, name: queueTaskName) { await self.work() })
            if !isTaken { dispatcher.left(wasSearching: true) }
        }
    }

    /// What workers' tasks are called where somebody looks at names.
    private var queueTaskName: String? { system.namesTasks ? "queue" : nil }

    /// Lets somebody look for work at a time on the host's timeline.
    func lookAgain(at time: Timestamp) {
        guard dispatcher.lookAgain(at: time) else { return }
        _ = timer.schedule(
            ClosureDeadline { [weak self] _ in
                guard let self else { return }
                let (wake, next) = dispatcher.alarmRang()
                carryOut(wake)
                if let next { lookAgain(at: next) }
            }, at: time)
    }

    // MARK: - A worker

    /// Works on the queue until nobody needs it.
    private func work() async {
        var isSearching = true
        while true {
            let shift = Shift()
            let began = isSearching
            dispatcher.begin(shift)
            let mayGoOn = await withDiscardingTaskGroup(returning: Bool.self) { group in
                let reason = OneShot<Bool>()
                group.startTask(name: queueTaskName) {
                    let mayGoOn = await Shift.$current.withValue(shift) {
                        await self.serve(shift, isSearching: began)
                    }
                    shift.end()
                    reason.give(mayGoOn)
                }
                if await !shift.waitForEndOrStop() { group.cancelAll() }
                return await reason.wait()
            }
            if let verdict = shift.takeRest() { await settle(verdict) }
            shift.putBack()
            dispatcher.end(shift)
            guard mayGoOn else { break }
            isSearching = false
        }
        if dispatcher.isQuiet { tellIfDrained() }
    }

    /// Runs one event after another.
    ///
    /// - Returns: Whether the worker is to begin another shift; if not, the dispatcher has counted it out.
    private func serve(_ shift: Shift, isSearching: Bool) async -> Bool {
        var desk = Desk()
        var isSearching = isSearching
        while let look = dispatcher.look(after: desk.functionName) {
            let seen = dispatcher.arrivalCount
            let now = desk.takeTime() ?? dispatcher.now
            guard let answer = await lease(look, now: now, shift, &desk) else { continue }
            guard let lease = answer.first else {
                if case .only(let function) = look.functions {
                    dispatcher.admitted(function)
                    desk.hasServed = false
                    continue
                }
                if let due = answer.nextDue { lookAgain(at: dispatcher.hostTime(of: due)) }
                tellFirstAttempts(&desk)
                guard await dispatcher.rest(since: seen, wasSearching: isSearching) == .woken else { return false }
                isSearching = true
                continue
            }
            if isSearching || answer.hasMore {
                carryOut(dispatcher.found(wasSearching: isSearching, hasMore: answer.hasMore, since: seen))
                isSearching = false
            }
            shift.take(lease, at: now)
            keepLeases()
            guard await handle(lease, shift, &desk, now: now) else { return true }
            // Others are to have a turn on this thread, too; and among them may be a worker that takes this one's place.
            if desk.isTimeForOthers(now: now) {
                tellFirstAttempts(&desk)
                await settleCompleted(shift, &desk)
                if dispatcher.pause() { return false }
                await Task.yield()
            }
        }
        tellFirstAttempts(&desk)
        await settleCompleted(shift, &desk)
        dispatcher.left(wasSearching: isSearching)
        return false
    }

    /// Settles what has completed, and leases the next event; nil if the store failed.
    private func lease(
        _ look: DispatchStateMachine<Dispatcher.Waiter>.Look, now: Timestamp, _ shift: Shift, _ desk: inout Desk
    ) async -> LeaseAnswer? {
        let request = LeaseRequest(
            functions: look.functions, end: now.advanced(by: dispatcher.leaseDuration),
            takesSuspects: look.takesSuspects)
        let completed = desk.takeCompleted()
        do {
            guard let completed else { return try await dispatcher.store.lease(request, now: now) }
            let (_, answer) = try await dispatcher.store.settle(
                Settlement(completed, .completed), leasing: request, now: now)
            shift.putBack()
            hasEnded(completed.id, mayLetOthersGo: false)
            return answer
        } catch {
            observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
            // It may have lent an event all the same, of which nobody knows until its lease is over.
            keepLeases()
            if let completed { await settle(completed, shift) } else { await wait(for: .milliseconds(250)) }
            return nil
        }
    }

    private func settleCompleted(_ shift: Shift, _ desk: inout Desk) async {
        if let completed = desk.takeCompleted() { await settle(completed, shift) }
    }

    private func settle(_ completed: LeaseToken, _ shift: Shift) async {
        if await settle(Settlement(completed, .completed)) != nil { hasEnded(completed.id, mayLetOthersGo: false) }
        shift.putBack()
    }

    func tellFirstAttempts(_ desk: inout Desk) {
        if desk.firstAttempts != 0 { dispatcher.countFirstAttempts(desk.takeFirstAttempts(), now: time.now) }
    }

    /// Brings one event to the end of this attempt.
    ///
    /// - Returns: false if the shift was cancelled meanwhile; then its worker settles the event.
    private func handle(_ lease: Lease, _ shift: Shift, _ desk: inout Desk, now: Timestamp) async -> Bool {
        desk.hasServed = false
        let verdict: EventVerdict
        let isStopped: Bool
        if let (record, attempt) = beginQuickly(lease, shift, &desk, now: now) {
            // What nearly every event meets: nothing is in its way, and nothing follows but the next one.
            var result: [UInt8]?
            do {
                let wantsResult = attempt.snapshot.isResultWanted
                result = try await record.work(self, attempt, lease.event.payload, wantsResult: wantsResult)
                attempt.end(nil)
            } catch {
                attempt.end(error)
            }
            guard let end = concludeQuickly(lease, record, attempt, result, &desk) else { return true }
            if let aftermath = end.aftermath { await carryOutInQueue(aftermath) }
            (verdict, isStopped) = (end.verdict, end.isStopped)
        } else {
            (verdict, isStopped) = await handleSlowly(lease, shift, &desk)
        }
        if isStopped {
            shift.leave(verdict)
            return false
        }
        await settle(verdict)
        shift.putBack()
        return true
    }

    /// Any event that is not quickly begun.
    func handleSlowly(
        _ lease: Lease, _ shift: Shift, _ desk: inout Desk
    ) async -> (EventVerdict, isStopped: Bool) {
        let isSuspect = lease.deaths > 0
        if isSuspect, !dispatcher.beginSuspect() {
            let time = dispatcher.now.advanced(by: .milliseconds(100))
            return (EventVerdict(lease: lease, end: .released(at: time)), false)
        }
        defer { if isSuspect { carryOut(dispatcher.endSuspect()) } }
        return lease.event.kind == .invocation
            ? await attempt(lease, shift, &desk) : await deliver(lease, shift)
    }

    // MARK: - The short way

    /// Begins an event that has nothing out of the ordinary and finds room and an environment at once; nil if that is not so.
    private func beginQuickly(
        _ lease: Lease, _ shift: Shift, _ desk: inout Desk, now: Timestamp
    ) -> (FunctionRecord, Attempt)? {
        guard !lease.event.hasDetails, lease.attempt == 1, lease.deaths == 0, now < lease.event.expiresAt,
            let record = desk.record(
                named: lease.event.functionName, orFind: { self.find(lease.event.functionName)?.record }),
            !record.isOnBulkhead
        else { return nil }
        let now = dispatcher.traits.timeline == .host ? now : time.now
        guard let attempt = beginAtOnce(record, lease.event.id, nil, .shift(shift), now: now) else { return nil }
        desk.firstAttempts += 1
        return (record, attempt)
    }

    /// The event's end, if anything but the next one follows from it.
    private func concludeQuickly(
        _ lease: Lease, _ record: FunctionRecord, _ attempt: Attempt, _ result: [UInt8]?,
        _ desk: inout Desk
    ) -> (verdict: EventVerdict, aftermath: Aftermath?, isStopped: Bool)? {
        let (error, cause) = attempt.finish()
        let now = time.now
        let (outcome, aftermath) = conclude(
            record, attempt, error?.unmarked, cause, admittedAt: attempt.startedAt, initNanoseconds: nil, now: now)
        desk.hasServed = true
        if dispatcher.isRestricted { dispatcher.admitted(record.identity.name) }
        if dispatcher.traits.timeline == .host { desk.now = now }
        if outcome == .succeeded, aftermath == nil, result == nil, cause == nil {
            desk.completed = lease.token
            return nil
        }
        let ending = EventEnding(outcome, error, timeout: aftermath?.error, result: result)
        let verdict = verdict(on: lease, ending, attempt.snapshot, began: attempt.startedAt)
        if case .released = verdict.end { desk.firstAttempts -= 1 }
        return (verdict, aftermath, cause != nil)
    }

    /// Shuts down what has ended; what it throws is what the caller would get, and there is none.
    func carryOutInQueue(_ aftermath: Aftermath) async {
        do { try await carryOut(aftermath) } catch {}
    }

    /// Lets time pass, whether the task has been cancelled or not.
    func wait(for duration: Duration) async {
        let passed = OneShot<Void>()
        _ = timer.schedule(ClosureDeadline { _ in passed.give(()) }, at: time.now.advanced(by: duration))
        await passed.wait()
    }
}
