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
        if dispatcher.isQuiet { queueIsQuiet() }
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
                Settlement(completed.token, .completed), leasing: request, now: now)
            shift.putBack()
            hasEnded(completed.token.id, mayLetOthersGo: completed.hasDetails)
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

    private func settle(_ completed: CompletedEvent, _ shift: Shift) async {
        if await settle(Settlement(completed.token, .completed)) != nil {
            hasEnded(completed.token.id, mayLetOthersGo: completed.hasDetails)
        }
        shift.putBack()
    }

    private func tellFirstAttempts(_ desk: inout Desk) {
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
    private func handleSlowly(
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
            desk.completed = CompletedEvent(token: lease.token, hasDetails: false)
            return nil
        }
        let ending = EventEnding(outcome, error, timeout: aftermath?.error, result: result)
        let verdict = verdict(on: lease, ending, attempt.snapshot, began: attempt.startedAt)
        if case .released = verdict.end { desk.firstAttempts -= 1 }
        return (verdict, aftermath, cause != nil)
    }

    /// Shuts down what has ended; what it throws is what the caller would get, and there is none.
    private func carryOutInQueue(_ aftermath: Aftermath) async {
        do { try await carryOut(aftermath) } catch {}
    }

    // MARK: - Any other way

    /// Tries an event once.
    private func attempt(
        _ lease: Lease, _ shift: Shift, _ desk: inout Desk
    ) async -> (EventVerdict, isStopped: Bool) {
        let name = lease.event.functionName
        guard let record = desk.record(named: name, orFind: { self.find(name)?.record }) else {
            return (unknown(lease), false)
        }
        if let end = refusal(of: lease, record, &desk) { return (EventVerdict(lease: lease, end: end), false) }
        let began = time.now
        let (ending, snapshot, isStopped) = await run(lease, record, shift)
        desk.hasServed = !ending.isThrottled
        if dispatcher.isRestricted || ending.isThrottled { noteRoom(for: name, ending) }
        let verdict = verdict(on: lease, ending, snapshot, began: began)
        if case .released = verdict.end { uncount(lease, &desk) }
        return (verdict, isStopped)
    }

    /// What becomes of an event that has been tried.
    private func verdict(
        on lease: Lease, _ ending: EventEnding, _ snapshot: FunctionSnapshot, began: Timestamp
    ) -> EventVerdict {
        var verdict = EventVerdict(lease: lease, end: .completed)
        verdict.snapshot = snapshot
        if case .succeeded(let result) = ending {
            verdict.result = result
            return verdict
        }
        verdict.end = dispatcher.judge(
            EventJudge(snapshot: snapshot, isDelivery: false), lease, ending, now: dispatcher.now)
        if let outcome = ending.outcome {
            let duration = began.duration(to: time.now)
            verdict.attempt = AttemptRecord(
                lease.attempt, startedAt: time.clock.wallTime.advanced(by: .zero - duration), duration: duration,
                outcome, ending.error)
        }
        return verdict
    }

    /// What becomes of an event that is not even tried; nil if it is.
    private func refusal(of lease: Lease, _ record: FunctionRecord, _ desk: inout Desk) -> Settlement.End? {
        let now = dispatcher.now
        if lease.deaths > 0 || lease.attempt > 1 || lease.event.hasDetails || now >= lease.event.expiresAt {
            guard let snapshot = find(record.identity.name)?.snapshot else { return .released(at: now) }
            let judge = EventJudge(snapshot: snapshot, isDelivery: false)
            if let cause = judge.refusal(of: lease, now: now) { return judge.dead(cause) }
        }
        desk.retryAllowedAt = nil
        if lease.attempt == 1 {
            desk.firstAttempts += 1
            return nil
        }
        // What a crash left behind has not failed: nothing is multiplied by going on with it.
        if lease.deaths > 0 { return nil }
        tellFirstAttempts(&desk)
        let time = time.now
        if dispatcher.mayRetry(now: time) {
            desk.retryAllowedAt = time
        } else {
            return .released(at: min(now.advanced(by: dispatcher.budgetPause), lease.event.expiresAt))
        }
        return nil
    }

    /// What is not charged to an event counts for the retry budget neither: it will be tried as if it had not been.
    private func uncount(_ lease: Lease, _ desk: inout Desk) {
        if let time = desk.retryAllowedAt {
            dispatcher.takeBackRetry(allowedAt: time, now: self.time.now)
        } else if lease.attempt == 1 {
            desk.firstAttempts -= 1
        }
    }

    /// A limit has turned an event of a function away, or has not: the others of that function wait, or need not.
    private func noteRoom(for name: String, _ ending: EventEnding) {
        guard case .throttled(let throttle) = ending, throttle.allowed > 0 else { return dispatcher.admitted(name) }
        if let next = dispatcher.throttled(name) { lookAgain(at: next) }
    }

    /// A function as it is configured now.
    func find(_ name: String) -> (record: FunctionRecord, snapshot: FunctionSnapshot)? {
        state.withLock { state in
            state.record(named: name).map { ($0, state.functions[$0.slot].snapshot) }
        }
    }

    /// An event whose function is not here: another process may have it, or a later version of this one. Its age ends it.
    func unknown(_ lease: Lease) -> EventVerdict {
        let now = dispatcher.now
        guard now < lease.event.expiresAt else {
            return EventVerdict(lease: lease, end: .dead(.unknownFunction, isKept: true))
        }
        dispatcher.unknown(lease.event.functionName)
        sweep(at: dispatcher.hostTime(of: lease.event.expiresAt))
        // The function may have been registered in just this moment.
        if find(lease.event.functionName) != nil {
            carryOut(dispatcher.registered(lease.event.functionName))
        }
        return EventVerdict(lease: lease, end: .released(at: now))
    }

    // MARK: - Running a handler

    /// Runs the handler in the shift's own task if it finds its place at once, otherwise like any invocation.
    private func run(
        _ lease: Lease, _ record: FunctionRecord, _ shift: Shift
    ) async -> (EventEnding, FunctionSnapshot, isStopped: Bool) {
        let trace = lease.event.hasDetails ? lease.event.details.traceHeader : nil
        let options =
            lease.attempt == 1 && trace == nil ? nil : CallerOptions(attempt: lease.attempt, traceHeader: trace)
        guard !record.isOnBulkhead,
            let attempt = beginAtOnce(record, lease.event.id, options, .shift(shift), now: time.now)
        else { return await runTheLongWay(lease, record, options, shift) }
        let snapshot = attempt.snapshot!
        var result: [UInt8]?
        do {
            let wantsResult = snapshot.isResultWanted
            result = try await record.work(self, attempt, lease.event.payload, wantsResult: wantsResult)
            attempt.end(nil)
        } catch {
            attempt.end(error)
        }
        let (error, cause) = attempt.finish()
        let (outcome, aftermath) = conclude(
            record, attempt, error?.unmarked, cause, admittedAt: attempt.startedAt, initNanoseconds: nil, now: time.now)
        if let aftermath { await carryOutInQueue(aftermath) }
        return (EventEnding(outcome, error, timeout: aftermath?.error, result: result), snapshot, cause != nil)
    }

    /// Runs the handler where its environment has to be made first, or on the bulkhead, or not at all.
    private func runTheLongWay(
        _ lease: Lease, _ record: FunctionRecord, _ options: CallerOptions?, _ shift: Shift
    ) async -> (EventEnding, FunctionSnapshot, isStopped: Bool) {
        let snapshot = state.withLock { $0.functions[record.slot].snapshot }
        let wantsResult = snapshot.isResultWanted
        let box = ByteBox()
        let hasBegun = Atomic(false)
        let ended = OneShot<Void>()
        do {
            let invocation = try await admit(
                record, lease.event.id, options ?? CallerOptions(attempt: lease.attempt, traceHeader: nil))
            try await execute(invocation) { attempt in
                hasBegun.store(true, ordering: .relaxed)
                defer { ended.give(()) }
                // On the bulkhead it is another task.
                try await Shift.$current.withValue(shift) {
                    let result = try await record.work(
                        self, attempt, lease.event.payload, wantsResult: wantsResult)
                    if let result { box.put(result) }
                }
            }
            return (.succeeded(wantsResult ? box.take() : nil), snapshot, false)
        } catch {
            let ending = EventEnding(throwing: error)
            // A handler that goes on after its deadline is not to meet its own successor.
            if case .timedOut = ending, record.isOnBulkhead, hasBegun.load(ordering: .relaxed) { await ended.wait() }
            return (ending, snapshot, false)
        }
    }

    // MARK: - Settling

    /// Tells the store what became of an event, and then whoever hears of that.
    func settle(_ verdict: EventVerdict) async {
        let settlement = Settlement(
            verdict.lease.token, verdict.end, attempt: verdict.attempt, followUps: followUps(of: verdict))
        guard let isOurs = await settle(settlement) else { return }
        if isOurs { tell(settlement, verdict.lease) }
        switch settlement.end {
        case .completed, .cancelled, .dead:
            hasEnded(
                verdict.lease.event.id, mayLetOthersGo: verdict.lease.event.hasDetails || !settlement.followUps.isEmpty)
        case .retry(let time), .released(let time):
            dispatcher.changed()
            lookAgain(at: dispatcher.hostTime(of: time))
        }
    }

    /// Tells the store, until it knows.
    ///
    /// - Returns: Whether the lease still held; nil if the store could not be told. Then the event is rescued when its lease is
    ///   over, and tried again.
    private func settle(_ settlement: Settlement) async -> Bool? {
        var pause = Duration.milliseconds(50)
        for tries in 1...100 {
            do {
                return try await dispatcher.store.settle(settlement, now: dispatcher.now)
            } catch {
                observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
                guard StoreError(wrapping: error).isPassing, phase != .draining || tries < 5 else { return nil }
                await wait(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
        return nil
    }

    /// An event has left the queue.
    private func hasEnded(_ id: InvocationID, mayLetOthersGo: Bool) {
        dispatcher.ended(id)
        dispatcher.ended()
        if mayLetOthersGo { carryOut(dispatcher.arrived()) }
    }

    private func tell(_ settlement: Settlement, _ lease: Lease) {
        switch settlement.end {
        case .completed, .cancelled, .released: break
        case .dead(let cause, _):
            observers.emit(.queue(.died(DeadEventReport(lease, cause, settlement.attempt))))
        case .retry(let time):
            observers.emit(
                .queue(
                    .retried(
                        functionName: lease.event.functionName, id: lease.event.id, attempt: lease.attempt,
                        after: max(.zero, dispatcher.now.duration(to: time)))))
        }
    }

    /// Lets time pass, whether the task has been cancelled or not.
    func wait(for duration: Duration) async {
        let passed = OneShot<Void>()
        _ = timer.schedule(ClosureDeadline { _ in passed.give(()) }, at: time.now.advanced(by: duration))
        await passed.wait()
    }
}

extension EventEnding {
    /// How a handler in a shift's own task ended.
    init(_ outcome: Outcome, _ error: (any Error)?, timeout: (any Error)?, result: [UInt8]?) {
        switch outcome {
        case .succeeded: self = .succeeded(result)
        case .timedOut: self = .timedOut(timeout ?? CancellationError())
        case .interrupted: self = .interrupted
        case .cancelled: self = .cancelled
        case .failed, .initFailed: self = error.map { Self(throwing: $0) } ?? .unable
        }
    }

    /// How an invocation ended that threw this.
    init(throwing error: any Error) {
        // What a handler throws is its own, though it be a host's error that it got from another invocation.
        if let own = error as? HandlerError {
            self = .failed(own.error)
            return
        }
        guard let error = error as? FunctionHostError else {
            self = error is CancellationError ? .cancelled : .failed(error)
            return
        }
        switch error.code {
        case .throttled: self = error.throttle.map { .throttled($0) } ?? .unable
        case .timedOut: self = .timedOut(error)
        case .payloadUndecodable: self = .undecodable(error)
        case .interrupted, .shuttingDown: self = .interrupted
        case .notFound, .notRunning: self = .unable
        case .resultUnencodable, .resultTooLarge: self = .failed(DoNotRetry(error))
        default: self = .failed(error)
        }
    }
}

extension StoreError {
    /// Any error that came from a store.
    init(wrapping error: any Error) {
        self =
            error as? StoreError
            ?? StoreError(.other, reason: "the store threw \(type(of: error))", isPassing: true)
    }
}
