// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Hands an event over for the function to be invoked later, and returns when the queue's store has accepted it.
    ///
    /// From then on the event is done, waiting, or a dead letter: it survives whatever the store survives. It is worked on
    /// while the host runs (``run()``), at least once, and tried again as ``FunctionConfiguration/retry`` says.
    ///
    /// - Parameters:
    ///   - function: What `register` returned, or a reference by name.
    ///   - input: Handed over as it is where the store is in memory; encoded where it is durable.
    ///   - options: When, how urgently, and in what order.
    /// - Returns: The invocation's id, which all attempts share. Of a duplicate, the first one's.
    /// - Throws: ``FunctionHostError`` as `notFound`, `typeMismatch`, `invalidOptions`, `payloadUnencodable`, `payloadTooLarge`,
    ///   `queueFull` (with ``FunctionHostError/retryAfter``), `queueUnavailable`, `recursionLimit` or `shuttingDown`;
    ///   `CancellationError` if the task is cancelled while it waits for room.
    /// - Source: AWS Lambda API Reference, *Invoke*, `Event`.
    @discardableResult
    public func enqueue<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, with input: Input, options: EnqueueOptions? = nil
    ) async throws -> InvocationID {
        let record = try resolve(function)
        let payload = try record.queued(input, self)
        return try await append(try event(for: record, payload, options), of: record, options).id
    }

    /// Hands over an event for a function that takes nothing.
    ///
    /// - Throws: As ``enqueue(_:with:options:)``.
    @discardableResult
    public func enqueue<Output: Sendable>(
        _ function: Function<Void, Output>, options: EnqueueOptions? = nil
    ) async throws -> InvocationID {
        try await enqueue(function, with: (), options: options)
    }

    /// Hands over an event for a function by name, with an encoded payload, of which only the size is looked at here: one that
    /// turns out not to be what the function takes becomes a dead letter.
    ///
    /// - Parameters:
    ///   - name: The function's name.
    ///   - payload: JSON, unless the host has another coder; at most ``Configuration/asynchronousPayloadLimit`` bytes.
    ///   - options: When, how urgently, and in what order.
    /// - Returns: The invocation's id; of a duplicate, the first one's.
    /// - Throws: As ``enqueue(_:with:options:)``.
    @discardableResult
    public func enqueue(
        named name: String, payload: [UInt8], options: EnqueueOptions? = nil
    ) async throws -> InvocationID {
        let record = try record(named: name)
        if let fault = record.signature.inputFault {
            throw FunctionHostError(
                .typeMismatch, functionName: name, reason: "it \(fault); enqueue it by reference instead of with bytes")
        }
        try checkSize(payload, of: record)
        return try await append(try event(for: record, .bytes(payload), options), of: record, options).id
    }

    /// Hands over several events for a function in one acknowledgement: all are accepted, or none is.
    ///
    /// - Parameters:
    ///   - function: What `register` returned, or a reference by name.
    ///   - inputs: The events, in order.
    ///   - options: For all of them; an idempotency key would make all but the first duplicates.
    /// - Returns: A receipt for each input, in order.
    /// - Throws: As ``enqueue(_:with:options:)``.
    @discardableResult
    public func enqueue<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, batch inputs: [Input], options: EnqueueOptions? = nil
    ) async throws -> [EnqueueReceipt] {
        try await enqueue(function, batch: inputs.map { ($0, options) })
    }

    /// Hands over several events for a function, each with options of its own, in one acknowledgement: all are accepted, or
    /// none is. Duplicates, among themselves too, are told by their receipts.
    ///
    /// - Throws: As ``enqueue(_:with:options:)``. The ``EnqueueOptions/saturation`` of the first one counts for all.
    @discardableResult
    public func enqueue<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, batch: [(input: Input, options: EnqueueOptions?)]
    ) async throws -> [EnqueueReceipt] {
        let record = try resolve(function)
        let events = try batch.map { try event(for: record, try record.queued($0.input, self), $0.options) }
        return try await append(events, of: record, batch.first?.options)
    }

    /// Takes an event out of the queue, or has its handler cancelled if it is being tried. It becomes no dead letter.
    ///
    /// - Returns: What it came to; `notFound` also for one that has ended.
    /// - Throws: ``FunctionHostError`` as `queueUnavailable`.
    @discardableResult
    public func cancel(_ id: InvocationID) async throws -> CancelAnswer {
        let answer = try await asking { try await $0.cancel(id, now: $1) }
        switch answer {
        case .removed: dispatcher.ended()
        case .requested: stop(id)
        case .notFound: break
        }
        if answer == .removed { carryOut(dispatcher.arrived()) }
        return answer
    }

    /// Where an event is that has not ended in success; nil if it has, or was cancelled, or never was.
    ///
    /// - Throws: ``FunctionHostError`` as `queueUnavailable`.
    public func status(of id: InvocationID) async throws -> EventStatus? {
        try await asking { store, _ in try await store.status(of: id) }
    }

    /// How much there is in the queue.
    ///
    /// - Throws: ``FunctionHostError`` as `queueUnavailable`.
    public func queueFigures() async throws -> QueueFigures {
        try await asking { try await $0.figures(now: $1) }
    }

    // MARK: - Inside

    /// Asks the store, and tells what it throws as the host's error.
    func asking<Result>(
        _ body: (any InvocationStore, Timestamp) async throws -> Result
    ) async throws -> Result {
        do {
            return try await body(dispatcher.store, dispatcher.now)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw FunctionHostError(queue: StoreError(wrapping: error), nil, retryAfter: dispatcher.retryAfter)
        }
    }

    func checkSize(_ payload: [UInt8], of record: FunctionRecord) throws(FunctionHostError) {
        guard payload.count > configuration.asynchronousPayloadLimit else { return }
        throw FunctionHostError(
            .payloadTooLarge, functionName: record.identity.name,
            reason: "the payload has \(payload.count) bytes; for an event the limit is "
                + "\(configuration.asynchronousPayloadLimit)")
    }

    /// Makes the event.
    private func event(
        for record: FunctionRecord, _ payload: EventPayload, _ options: EnqueueOptions?
    ) throws(FunctionHostError) -> QueuedEvent {
        let name = record.identity.name
        if let fault = options?.fault { throw FunctionHostError(.invalidOptions, functionName: name, reason: fault) }
        guard dispatcher.takesEvents else { throw .shuttingDown(name) }
        guard let snapshot = record.latest else { throw .notFound(name) }
        let now = dispatcher.now
        var due = now
        if let delay = options?.delay { due = now.advanced(by: delay) }
        if let runAt = options?.runAt { due = max(due, now.advanced(by: time.clock.wallTime.duration(to: runAt))) }
        var details = options?.details ?? EventDetails()
        if let current = Shift.current?.event {
            details.origin = current.id
            details.lineage = current.lineage
        }
        let limit = snapshot.configuration.recursionLimit
        if limit != nil || !details.lineage.isEmpty, details.origin != nil {
            details.lineage = try Lineage.extending(details.lineage, with: name, limit: limit ?? .max)
        }
        return QueuedEvent(
            id: nextID(), functionName: name, payload: payload, enqueuedAt: now, dueAt: due,
            expiresAt: due.advanced(by: options?.maximumAge ?? snapshot.configuration.maximumEventAge),
            details: details)
    }

    private func append(
        _ event: QueuedEvent, of record: FunctionRecord, _ options: EnqueueOptions?
    ) async throws -> EnqueueReceipt {
        try await append([event], of: record, options)[0]
    }

    /// Appends events, waiting for room if that is asked for.
    private func append(
        _ events: [QueuedEvent], of record: FunctionRecord, _ options: EnqueueOptions?
    ) async throws -> [EnqueueReceipt] {
        if events.isEmpty { return [] }
        let name = record.identity.name
        let end = options?.saturation.patience.map { time.now.advanced(by: $0) }
        // Whoever came before and waits goes first.
        var isFirst = !(end != nil && dispatcher.hasRoomWaiters)
        while true {
            do {
                if isFirst { return accepted(events, try await appendOnce(events), record) }
            } catch let error as StoreError where error.code == .full && end != nil {
            } catch let error as StoreError {
                throw FunctionHostError(queue: error, name, retryAfter: dispatcher.retryAfter)
            }
            guard let end, try await waitForRoom(until: end, first: isFirst) else {
                throw FunctionHostError(
                    queue: StoreError(.full, reason: "there was no room in the queue for as long as it was waited for"),
                    name, retryAfter: dispatcher.retryAfter)
            }
            guard dispatcher.takesEvents else { throw FunctionHostError.shuttingDown(name) }
            isFirst = true
        }
    }

    /// Appends events; again after a passing fault, which is harmless, since the store knows their ids.
    private func appendOnce(_ events: [QueuedEvent]) async throws -> [Acceptance] {
        var tries = 1
        defer { if tries > 1 { dispatcher.trust(events) } }
        while true {
            // What has been worked on already was accepted, though the store could not say so.
            if tries > 1, dispatcher.haveEnded(events) { return events.map { _ in .accepted } }
            do {
                return try await dispatcher.store.append(events, room: dispatcher.room, now: dispatcher.now)
            } catch let error as CancellationError {
                throw error
            } catch {
                let error = StoreError(wrapping: error)
                guard error.isPassing, error.code != .full, tries < 4 else { throw error }
                dispatcher.doubt(events)
                tries += 1
                await wait(for: .milliseconds(10 << tries))
            }
        }
    }

    private func accepted(
        _ events: [QueuedEvent], _ acceptances: [Acceptance], _ record: FunctionRecord
    ) -> [EnqueueReceipt] {
        var isAnyDue = false
        var accepted = 0
        var receipts: [EnqueueReceipt] = []
        receipts.reserveCapacity(events.count)
        for (event, acceptance) in zip(events, acceptances) {
            if case .duplicate(let id) = acceptance {
                receipts.append(EnqueueReceipt(id: id, isDuplicate: true))
                continue
            }
            receipts.append(EnqueueReceipt(id: event.id, isDuplicate: false))
            if event.dueAt > event.enqueuedAt {
                lookAgain(at: dispatcher.hostTime(of: event.dueAt))
            } else {
                isAnyDue = true
            }
            accepted += 1
        }
        if observers.isObserved, accepted > 0 {
            observers.enqueued(
                record.identity, receipts.filter { !$0.isDuplicate }.map(\.id), count: accepted)
        }
        if isAnyDue { carryOut(dispatcher.arrived()) }
        return receipts
    }

    /// Waits until there may be room; false if the time is up.
    private func waitForRoom(until end: Timestamp, first: Bool) async throws -> Bool {
        let ticket = OneShot<Bool>()
        dispatcher.waitForRoom(ticket, first: first)
        // Others may make room that nobody here hears of: look once a second.
        let look = dispatcher.traits.pollInterval == nil ? end : min(end, time.now.advanced(by: .seconds(1)))
        let deadline = timer.schedule(ClosureDeadline { now in ticket.give(now < end) }, at: look)
        let mayTry = await withTaskCancellationHandler {
            await ticket.wait()
        } onCancel: {
            ticket.give(false)
        }
        timer.cancel(deadline)
        dispatcher.forget(ticket)
        try Task.checkCancellation()
        return mayTry
    }
}

extension FunctionHostError {
    /// What went wrong in the store, as the host tells it.
    init(queue error: StoreError, _ name: String?, retryAfter: Duration) {
        guard error.code == .full else {
            self.init(.queueUnavailable, functionName: name, reason: error.description, underlying: error)
            return
        }
        self.init(
            .queueFull, functionName: name, reason: error.reason,
            throttle: Throttle(limit: .queue, allowed: 0, retryAfter: retryAfter), underlying: error)
    }
}

extension FunctionHost {
    /// Waits until `isDone`, which is asked again after everything that happens to an event here.
    package func waitForQueue(until isDone: () async throws -> Bool) async throws {
        while true {
            let changes = dispatcher.changes
            if try await isDone() { return }
            await dispatcher.waitForChange(since: changes)
        }
    }
}
