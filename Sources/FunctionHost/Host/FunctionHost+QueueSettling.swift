// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionHost {
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
    func settle(_ settlement: Settlement) async -> Bool? {
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
    func hasEnded(_ id: InvocationID, mayLetOthersGo: Bool) {
        dispatcher.ended(id)
        dispatcher.ended()
        if mayLetOthersGo { carryOut(dispatcher.arrived()) }
    }

    func tell(_ settlement: Settlement, _ lease: Lease) {
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
}
