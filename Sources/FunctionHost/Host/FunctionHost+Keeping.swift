// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Sees to it that leases are prolonged while their events are being tried.
    func keepLeases() {
        // With other processes on the same store it never stops, and need not be asked to begin.
        guard !dispatcher.isKeeping else { return }
        if dispatcher.startKeeping() { keepAgain(after: dispatcher.leaseDuration / 3) }
    }

    /// Begins with what an earlier process has left behind.
    func keep() {
        _ = dispatcher.startKeeping()
        submitKeeping()
    }

    private func submitKeeping() {
        let isTaken = mailbox.submit(
            HostWork(executor: nil, name: system.namesTasks ? "leases" : nil) {
                await self.prolongAndRescue()
            })
        if !isTaken { dispatcher.stopKeeping() }
    }

    private func keepAgain(after duration: Duration) {
        _ = timer.schedule(
            ClosureDeadline { [weak self] _ in self?.submitKeeping() }, at: time.now.advanced(by: duration))
    }

    /// Prolongs the leases of what is being tried here, frees those whose holders are gone, and does so again after a while.
    private func prolongAndRescue() async {
        let isHolding = await prolong()
        var nextEnd: Timestamp?
        do {
            let answer = try await dispatcher.store.rescue(now: dispatcher.now)
            nextEnd = answer.nextEnd
            if answer.rescued > 0 {
                observers.emit(.queue(.rescued(count: answer.rescued)))
                carryOut(dispatcher.arrived())
            }
        } catch {
            observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
            nextEnd = dispatcher.now
        }
        let interval = dispatcher.leaseDuration / 3
        if let poll = dispatcher.traits.pollInterval {
            // Others may have appended something, or made room.
            carryOut(dispatcher.arrived())
            return keepAgain(after: min(poll, interval))
        }
        if isHolding || nextEnd != nil { return keepAgain(after: interval) }
        dispatcher.stopKeeping()
        // An event that was taken in the meantime found a keeper at work, and relied on it.
        if dispatcher.shifts.contains(where: { $0.isBusy }) { keepLeases() }
    }

    /// - Returns: Whether anything is being tried.
    private func prolong() async -> Bool {
        let now = dispatcher.now
        let interval = dispatcher.leaseDuration / 3
        let shifts = dispatcher.shifts
        let held = shifts.compactMap { shift in
            shift.token(heldSince: now.advanced(by: .zero - interval * 0.75)).map { (shift, $0) }
        }
        guard !held.isEmpty else { return shifts.contains { $0.isBusy } }
        do {
            let end = now.advanced(by: dispatcher.leaseDuration)
            let states = try await dispatcher.store.extend(held.map(\.1), until: end, now: now)
            for ((shift, token), lease) in zip(held, states) {
                switch lease {
                case .held: shift.extended(token, at: now)
                case .cancelRequested:
                    shift.extended(token, at: now)
                    stop(token.id)
                case .lost: stop(token.id)
                }
            }
        } catch {
            observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
        }
        return true
    }

    /// Has the handler cancelled that is trying an event.
    func stop(_ id: InvocationID) { state.withLock { $0.running.all }.first { $0.id == id }?.stop(.caller) }

    // MARK: - Events of functions that are not here (any more)

    /// Makes dead letters of what waits for a function that was removed.
    func condemnEvents(ofRemoved name: String) {
        _ = mailbox.submit(
            HostWork(executor: nil, name: system.namesTasks ? "condemn" : nil) {
                // Whoever puts another function in its place wants its events to be kept.
                guard self.find(name) == nil else { return }
                do {
                    let count = try await self.asking {
                        try await $0.condemn(functionName: name, cause: .functionRemoved, now: $1)
                    }
                    if count > 0 { self.observers.emit(.queue(.condemned(functionName: name, count: count))) }
                    self.dispatcher.ended()
                } catch {
                    // They stay where they are, and end by their age.
                    self.observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
                }
            })
    }

    /// Looks at the events of unknown functions when the first of them may have become too old.
    func sweep(at time: Timestamp) {
        _ = timer.schedule(
            ClosureDeadline { [weak self] _ in
                guard let self else { return }
                _ = mailbox.submit(
                    HostWork(executor: nil, name: system.namesTasks ? "sweep" : nil) {
                        await self.sweepUnknown()
                    })
            }, at: time)
    }

    private func sweepUnknown() async {
        for function in dispatcher.unknownFunctions {
            do {
                while let lease = try await leaseExpired(of: function) {
                    await settle(EventVerdict(lease: lease, end: .dead(.unknownFunction, isKept: true)))
                }
            } catch {
                observers.emit(.queue(.storeFailed(StoreError(wrapping: error))))
                sweep(at: time.now.advanced(by: .seconds(60)))
            }
            // Whoever looks at it next finds out when the next one becomes too old.
            carryOut(dispatcher.registered(function))
        }
    }

    private func leaseExpired(of function: String) async throws -> Lease? {
        let now = dispatcher.now
        let request = LeaseRequest(
            functions: .only(function), end: now.advanced(by: dispatcher.leaseDuration), onlyExpired: true)
        return try await dispatcher.store.lease(request, now: now).leases.first
    }
}
