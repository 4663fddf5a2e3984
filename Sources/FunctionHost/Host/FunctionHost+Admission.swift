// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// An invocation on its way from admission to its end: it has a permit, which `finish` gives back.
    struct Invocation: Sendable {
        let record: FunctionRecord
        let id: InvocationID
        let options: CallerOptions?
        let admittedAt: Timestamp
    }

    /// Gets an invocation its permit, waiting for it if its policy says so.
    ///
    /// - Throws: ``FunctionHostError`` as `notFound`, `shuttingDown`, `throttled` or `timedOut`; `CancellationError` if the
    ///   task is cancelled while it waits.
    func admit(_ record: FunctionRecord, _ id: InvocationID, _ options: CallerOptions?) async throws -> Invocation {
        let now = time.now
        if let deadline = options?.deadline, deadline <= now {
            throw FunctionHostError(
                .timedOut, functionName: record.identity.name, reason: "the caller's deadline had passed already")
        }
        switch state.withLock({ $0.admit(record, ticket: nil) }) {
        case .admitted: break
        case .refuse(.throttled(let throttle)):
            guard let patience = patience(of: record, options), patience > .zero, throttle.allowed > 0 else {
                throw throttled(record, throttle)
            }
            try await waitForRoom(record, until: now.advanced(by: patience), options)
        case .refuse(let refusal): throw error(for: refusal, record)
        case .waiting: preconditionFailure("an invocation without a ticket waits")
        }
        return Invocation(record: record, id: id, options: options, admittedAt: now)
    }

    /// How long an invocation may wait for room; nil for not at all.
    func patience(of record: FunctionRecord, _ options: CallerOptions?) -> Duration? {
        if let policy = options?.saturation { return policy.patience }
        return state.withLock { $0.functions[record.slot].snapshot.configuration.saturation.patience }
    }

    /// Waits for a permit, first come first served; when it returns the caller has it.
    private func waitForRoom(_ record: FunctionRecord, until end: Timestamp, _ options: CallerOptions?) async throws {
        let ticket = Ticket()
        switch state.withLock({ $0.admit(record, ticket: ticket) }) {
        case .admitted: return
        case .refuse(let refusal): throw error(for: refusal, record)
        case .waiting(let id): try await wait(ticket, id, record, until: min(end, options?.deadline ?? end), options)
        }
    }

    private func wait(
        _ ticket: Ticket, _ id: WaiterID, _ record: FunctionRecord, until end: Timestamp, _ options: CallerOptions?
    ) async throws {
        let began = time.now
        let deadline = timer.schedule(
            ClosureDeadline { [weak self] _ in
                if self?.state.withLock({ $0.admission.withdraw(id) }) != nil { ticket.give(.outOfTime) }
            }, at: end)
        let outcome = await withTaskCancellationHandler {
            await ticket.wait()
        } onCancel: {
            if state.withLock({ $0.admission.withdraw(id) }) != nil { ticket.give(.cancelled) }
        }
        timer.cancel(deadline)
        observers.emit(
            .invocationWaited(
                functionName: record.identity.name, version: record.identity.version, began.duration(to: time.now)))
        switch outcome {
        case .granted:
            guard Task.isCancelled else { return }
            // Its turn came in the moment of its cancellation: whoever is next has it now.
            release(record, held: 0)
            throw CancellationError()
        case .outOfTime:
            if options?.deadline == end {
                throw FunctionHostError(
                    .timedOut, functionName: record.identity.name,
                    reason: "the caller's deadline passed while it waited for room")
            }
            throw throttled(record, state.withLock { $0.admission.throttle(record.slot) })
        case .cancelled: throw CancellationError()
        case .refused(let error):
            throw FunctionHostError(
                error.code, functionName: record.identity.name, reason: error.reason, underlying: error.underlying)
        }
    }

    /// Gives back a permit that was not used.
    func release(_ record: FunctionRecord, held: Int64, outcome: Outcome = .cancelled) {
        let now = time.now
        let action = state.withLock {
            $0.end(record, place: nil, ending: nil, outcome: outcome, held: held, now: now)
        }
        carryOut(action, record)
        for (record, ended) in action.left ?? [] { endWhereTaken(ended, record) }
    }

    /// Does what the end of an invocation has led to.
    func carryOut(_ action: HostStateMachine.EndAction, _ record: FunctionRecord) {
        action.granted?.give(.granted)
        if let expiry = action.expiry { scheduleExpiry(of: record, at: expiry) }
        if action.isDrained { tellIfDrained() }
        if dispatcher.isRestricted { carryOut(dispatcher.released()) }
    }

    // MARK: - Errors

    func error(for refusal: HostStateMachine.Refusal, _ record: FunctionRecord) -> FunctionHostError {
        switch refusal {
        case .notFound: .notFound(record.identity.name)
        case .shuttingDown: .shuttingDown(record.identity.name)
        case .throttled(let throttle): throttled(record, throttle)
        }
    }

    private func throttled(_ record: FunctionRecord, _ throttle: Throttle) -> FunctionHostError {
        observers.emit(
            .invocationThrottled(
                functionName: record.identity.name, version: record.identity.version, throttle))
        return .throttled(record.identity.name, throttle)
    }
}
