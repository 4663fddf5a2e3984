// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// How long one delivery of a record may take.
    static let deliveryTimeout: Duration = .seconds(60)

    // MARK: - What follows from the end of an event

    /// The events that exist if this one ends so: its record on its way to a destination.
    func followUps(of verdict: EventVerdict) -> [QueuedEvent] {
        // Asked of every event that ends: what nearly all of them answer is asked first.
        if case .completed = verdict.end, verdict.snapshot?.configuration.onSuccess == nil { return [] }
        guard let condition = verdict.condition, verdict.lease.event.kind == .invocation,
            let snapshot = verdict.snapshot ?? snapshot(named: verdict.lease.event.functionName)
        else { return [] }
        let target = condition == .success ? snapshot.configuration.onSuccess : snapshot.configuration.onFailure
        guard let target else { return [] }
        return [followUp(of: verdict, to: target, condition)]
    }

    private func followUp(
        of verdict: EventVerdict, to target: DestinationTarget, _ condition: InvocationRecord.Condition
    ) -> QueuedEvent {
        let event = verdict.lease.event
        let record = record(of: verdict, condition)
        var details = EventDetails()
        details.origin = event.id
        details.traceHeader = event.details.traceHeader
        details.lineage = event.details.lineage
        let now = dispatcher.now
        // It takes its event's place in the queue: behind what came after that, it might wait for hours.
        let due = min(now, event.dueAt)
        switch target {
        case .sink:
            details.kind = condition == .success ? .successDelivery : .failureDelivery
            return QueuedEvent(
                id: nextID(), functionName: event.functionName, payload: .bytes(record.json), enqueuedAt: now,
                dueAt: due, expiresAt: .distantFuture, details: details)
        case .function(let name):
            // Not refused here, where nobody would hear of it: an event that occurs too often in its own chain becomes a dead
            // letter when its turn comes.
            details.lineage[name, default: 0] += 1
            let age = snapshot(named: name)?.configuration.maximumEventAge ?? FunctionConfiguration().maximumEventAge
            return QueuedEvent(
                id: nextID(), functionName: name, payload: .bytes(record.json), enqueuedAt: now, dueAt: due,
                expiresAt: now.advanced(by: age), details: details)
        }
    }

    private func snapshot(named name: String) -> FunctionSnapshot? { find(name)?.snapshot }

    /// The record of an event that ends.
    private func record(of verdict: EventVerdict, _ condition: InvocationRecord.Condition) -> InvocationRecord {
        let (event, attempt) = (verdict.lease.event, verdict.attempt ?? verdict.lease.history.last)
        let response: InvocationRecord.Response? =
            if condition == .success {
                .success(verdict.result ?? Array("null".utf8))
            } else {
                attempt.map { .failure(ErrorPayload(type: $0.errorType ?? "", message: $0.errorMessage ?? "")) }
            }
        return InvocationRecord(
            timestamp: time.clock.wallTime, id: event.id, function: FunctionARN(functionName: event.functionName),
            condition: condition, approximateInvokeCount: verdict.invokeCount,
            // A value without an encoding stands as null.
            requestPayload: (try? event.payload.encoded(by: coder)) ?? [], response: response)
    }

    // MARK: - Delivering

    /// Gives a record to its destination.
    func deliver(_ lease: Lease, _ shift: Shift) async -> (EventVerdict, isStopped: Bool) {
        guard let (record, snapshot) = find(lease.event.functionName) else { return (unknown(lease), false) }
        let isSuccess = lease.event.kind == .successDelivery
        let target = isSuccess ? snapshot.configuration.onSuccess : snapshot.configuration.onFailure
        let judge = EventJudge(snapshot: snapshot, isDelivery: true)
        if let cause = judge.refusal(of: lease, now: dispatcher.now) {
            return (EventVerdict(lease: lease, end: judge.dead(cause)), false)
        }
        // It was taken away since: somebody may set it again.
        guard case .sink(let sink) = target else {
            return (EventVerdict(lease: lease, end: judge.dead(.destinationFailed)), false)
        }
        let began = time.now
        let (ending, isStopped) = await give(lease, snapshot, isSuccess: isSuccess, to: sink, shift)
        var verdict = EventVerdict(lease: lease, end: dispatcher.judge(judge, lease, ending, now: dispatcher.now))
        if ending.outcome != .succeeded { verdict.attempt = self.record(of: lease, ending, began: began) }
        if case .dead = verdict.end {
            observers.emit(.queue(.deliveryFailed(functionName: record.identity.name, destination: sink.name)))
        }
        return (verdict, isStopped)
    }

    /// Runs the destination in the shift's own task, which is cancelled if it takes too long.
    private func give(
        _ lease: Lease, _ snapshot: FunctionSnapshot, isSuccess: Bool, to sink: any Destination, _ shift: Shift
    ) async -> (EventEnding, isStopped: Bool) {
        let delivery = Delivery(
            functionName: lease.event.functionName, invocationID: lease.event.details.origin ?? lease.event.id,
            isSuccess: isSuccess, attempt: lease.attempt, record: (try? lease.event.payload.encoded(by: coder)) ?? [])
        let attempt = Attempt(id: lease.event.id, facilities: facilities, options: nil, party: .shift(shift))
        let now = time.now
        attempt.settle(
            snapshot, Environment(id: EnvironmentID(0), function: snapshot.identity), startedAt: now,
            deadline: now.advanced(by: Self.deliveryTimeout), attempt: lease.attempt, isColdStart: false)
        let (key, isTooLate) = state.withLock { ($0.running.insert(attempt), $0.isTooLate(for: .onDemand)) }
        if isTooLate { attempt.stop(.shutdown) }
        attempt.arm()
        do {
            try await sink.deliver(delivery)
            attempt.end(nil)
        } catch {
            attempt.end(error)
        }
        let (error, cause) = attempt.finish()
        state.withLock { $0.running.remove(key) }
        return (ending(error, cause, sink, snapshot), cause != nil)
    }

    private func ending(
        _ error: (any Error)?, _ cause: StopCause?, _ sink: any Destination, _ snapshot: FunctionSnapshot
    ) -> EventEnding {
        guard let error else { return .succeeded(nil) }
        switch cause {
        case .deadline:
            return .timedOut(
                FunctionHostError(
                    .timedOut, functionName: snapshot.identity.name,
                    reason: "the destination \(sink.name) took longer than \(Self.deliveryTimeout)"))
        case .shutdown, .caller: return .interrupted
        case nil: return Task.isCancelled ? .interrupted : .failed(error)
        }
    }
}
