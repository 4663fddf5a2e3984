// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Tries an event once.
    func attempt(
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
    func verdict(
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
        verdict.attempt = record(of: lease, ending, began: began)
        return verdict
    }

    /// What is remembered of an attempt that ends now; nil if it does not count as one.
    func record(of lease: Lease, _ ending: EventEnding, began: Timestamp) -> AttemptRecord? {
        guard let outcome = ending.outcome else { return nil }
        let duration = began.duration(to: time.now)
        return AttemptRecord(
            lease.attempt, startedAt: time.clock.wallTime.advanced(by: .zero - duration), duration: duration, outcome,
            ending.error)
    }

    /// What becomes of an event that is not even tried; nil if it is.
    func refusal(of lease: Lease, _ record: FunctionRecord, _ desk: inout Desk) -> Settlement.End? {
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
    func uncount(_ lease: Lease, _ desk: inout Desk) {
        if let time = desk.retryAllowedAt {
            dispatcher.takeBackRetry(allowedAt: time, now: self.time.now)
        } else if lease.attempt == 1 {
            desk.firstAttempts -= 1
        }
    }

    /// A limit has turned an event of a function away, or has not: the others of that function wait, or need not.
    func noteRoom(for name: String, _ ending: EventEnding) {
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
    func run(
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
    func runTheLongWay(
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
