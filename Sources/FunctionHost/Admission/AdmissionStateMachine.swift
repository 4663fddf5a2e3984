// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Who may run now: the host's concurrency, divided into what functions have reserved and what the others share.
///
/// ```
///              ┌──────────────── acquire ───────────────┐
///              │ room, nobody waiting       no room      │
///              ▼                               ▼         ▼
///          admitted ◀── granted in turn ── waiting    rejected
///              │                               │
///           release                withdraw (cancelled, out of time)
/// ```
///
/// Two rules hold after each step. The total never exceeds `limit`, also while reservations change: a new reservation
/// fills only as the invocations that were there before it end. And a function's own invocations never exceed what it has
/// reserved, nor those of the functions without reservation what is left. Waiters are served in the order in which they
/// came, and nobody overtakes them. Every step costs the same however many functions and waiters there are, except
/// changing a reservation, which looks at each waiter once.
package struct AdmissionStateMachine<Waiter: Sendable>: Sendable {
    /// One function's share.
    private struct Lane {
        var inFlight = 0
        var reserved: Int?
        var queue = WaiterQueue()
        /// Nanoseconds that recent invocations held their permit, a moving mean.
        var meanHold: Double = 0

        /// Takes note of how long a permit was held; one that was not used tells nothing.
        mutating func hold(_ nanoseconds: Int64) {
            guard nanoseconds > 0 else { return }
            meanHold = meanHold == 0 ? Double(nanoseconds) : meanHold + (Double(nanoseconds) - meanHold) / 8
        }
    }

    package enum AcquireAction: Sendable {
        case admitted
        case waiting(WaiterID)
        case rejected(Throttle)
    }

    /// Invocations that may run at one time.
    package let limit: Int
    /// What reservations must leave to the functions without one.
    package let unreservedMinimum: Int
    /// Invocations that run now.
    package private(set) var inFlight = 0
    /// Callers that wait now.
    package private(set) var waiting = 0

    private var reservedTotal = 0
    private var unreservedInFlight = 0
    private var lanes: ContiguousArray<Lane> = []
    private var shared = Lane()
    private var waiters = WaiterSlab<Waiter>()
    /// Queues whose first waiter has room in its own share and waits for the host's total, in transitions only; each once.
    package private(set) var blockedByTotal: ContiguousArray<Int> = []

    package init(limit: Int, unreservedMinimum: Int) {
        self.limit = limit
        self.unreservedMinimum = unreservedMinimum
    }

    /// What is left for functions that have reserved nothing.
    package var unreservedLimit: Int { limit - reservedTotal }

    /// How many invocations of the function run now.
    package func inFlight(of lane: Int) -> Int { lanes[lane].inFlight }

    /// Makes room for one more function, whose number is the next one.
    package mutating func addLane() { lanes.append(Lane()) }

    // MARK: - Permits

    /// Asks for a permit; a caller who gives no `waiter` does not wait.
    package mutating func acquire(_ lane: Int, waiter: Waiter?) -> AcquireAction {
        if !hasWaiters(lane), hasOwnRoom(lane) {
            if inFlight < limit {
                take(lane)
                return .admitted
            }
            guard let waiter else { return .rejected(throttle(lane)) }
            let id = enqueue(waiter, lane)
            block(queueKey(lane))
            return .waiting(id)
        }
        guard let waiter, lanes[lane].reserved != 0 else { return .rejected(throttle(lane)) }
        return .waiting(enqueue(waiter, lane))
    }

    /// Gives a permit if there is room; false if there is none.
    package mutating func admit(_ lane: Int) -> Bool {
        guard hasRoom(lane) else { return false }
        take(lane)
        return true
    }

    /// Whether a permit would be given now.
    package func hasRoom(_ lane: Int) -> Bool { !hasWaiters(lane) && hasOwnRoom(lane) && inFlight < limit }

    /// Gives a permit back after `held` nanoseconds; whoever is returned has it now.
    package mutating func release(_ lane: Int, held: Int64) -> Waiter? {
        precondition(lanes[lane].inFlight > 0, "a permit of lane \(lane) was given back twice")
        lanes[lane].inFlight -= 1
        inFlight -= 1
        if lanes[lane].reserved == nil {
            unreservedInFlight -= 1
            shared.hold(held)
        } else {
            lanes[lane].hold(held)
        }
        if let waiter = grant(queueKey(lane)) { return waiter }
        return blockedByTotal.isEmpty ? nil : grantBlocked()
    }

    /// Takes a waiter out of its queue; nil if it has been granted a permit or was taken out before.
    package mutating func withdraw(_ id: WaiterID) -> Waiter? {
        guard let lane = waiters.lane(of: id) else { return nil }
        waiting -= 1
        if lanes[lane].reserved == nil { return waiters.remove(id, from: &shared.queue) }
        return waiters.remove(id, from: &lanes[lane].queue)
    }

    /// Takes out everyone who waits for the function, or for any if none is named.
    package mutating func withdrawAll(of lane: Int? = nil) -> [Waiter] {
        let all = waiters.takeAll { lane == nil || $0 == lane }
        waiting -= all.count
        relink(waiters.inOrder())
        return all.map(\.waiter)
    }

    /// What a caller who finds no room is told.
    package func throttle(_ lane: Int) -> Throttle {
        let isReserved = lanes[lane].reserved != nil
        let allowed = lanes[lane].reserved ?? unreservedLimit
        let share = isReserved ? lanes[lane] : shared
        var retryAfter: Duration?
        if allowed > 0 {
            // The mean time a permit is held, for everyone ahead in turn; a tenth of a second where nothing ran yet.
            let hold = share.meanHold > 0 ? share.meanHold : 100_000_000
            let nanoseconds = hold * Double(share.queue.count + 1) / Double(allowed)
            retryAfter = .nanoseconds(Int64(min(max(nanoseconds, 1_000_000), 60_000_000_000)))
        }
        return Throttle(
            limit: isReserved ? .reservedConcurrency : .unreservedConcurrency, allowed: allowed, retryAfter: retryAfter)
    }

    // MARK: - Reservations

    /// What is wrong with reserving `count` for the function; nil if nothing is.
    package func fault(reserving count: Int?, for lane: Int?) -> String? {
        guard let count else { return nil }
        let others = reservedTotal - (lane.flatMap { lanes[$0].reserved } ?? 0)
        let left = limit - others - count
        if left >= unreservedMinimum { return nil }
        return "reservedConcurrency of \(count) would leave \(max(0, left)) of the host's \(limit) unreserved; "
            + "at least \(unreservedMinimum) must stay"
    }

    /// Sets or lifts a reservation that has no fault; whoever is returned has a permit now.
    package mutating func reserve(_ count: Int?, for lane: Int) -> [Waiter] {
        let order = waiters.inOrder()
        if lanes[lane].reserved == nil { unreservedInFlight -= lanes[lane].inFlight }
        reservedTotal += (count ?? 0) - (lanes[lane].reserved ?? 0)
        lanes[lane].reserved = count
        if count == nil { unreservedInFlight += lanes[lane].inFlight }
        relink(order)
        var granted: [Waiter] = []
        for key in [lane, sharedKey] {
            while let waiter = grant(key) { granted.append(waiter) }
        }
        return granted
    }

    // MARK: - Inside

    private var sharedKey: Int { -1 }

    private func queueKey(_ lane: Int) -> Int { lanes[lane].reserved == nil ? sharedKey : lane }

    private func hasWaiters(_ lane: Int) -> Bool {
        (lanes[lane].reserved == nil ? shared.queue.count : lanes[lane].queue.count) > 0
    }

    private func hasOwnRoom(_ lane: Int) -> Bool {
        guard let reserved = lanes[lane].reserved else { return unreservedInFlight < unreservedLimit }
        return lanes[lane].inFlight < reserved
    }

    private mutating func take(_ lane: Int) {
        lanes[lane].inFlight += 1
        inFlight += 1
        if lanes[lane].reserved == nil { unreservedInFlight += 1 }
    }

    private mutating func enqueue(_ waiter: Waiter, _ lane: Int) -> WaiterID {
        waiting += 1
        if lanes[lane].reserved == nil { return waiters.append(waiter, lane: lane, to: &shared.queue) }
        return waiters.append(waiter, lane: lane, to: &lanes[lane].queue)
    }

    /// Gives a permit to the first in a queue if there is room for it.
    private mutating func grant(_ key: Int) -> Waiter? {
        guard let first = key == sharedKey ? waiters.first(of: shared.queue) : waiters.first(of: lanes[key].queue),
            hasOwnRoom(first.lane)
        else { return nil }
        guard inFlight < limit else {
            block(key)
            return nil
        }
        waiting -= 1
        take(first.lane)
        if key == sharedKey { return waiters.remove(first.id, from: &shared.queue) }
        return waiters.remove(first.id, from: &lanes[key].queue)
    }

    private mutating func grantBlocked() -> Waiter? {
        while inFlight < limit, !blockedByTotal.isEmpty {
            let key = blockedByTotal.removeFirst()
            if let waiter = grant(key) {
                block(key)
                return waiter
            }
        }
        return nil
    }

    private mutating func block(_ key: Int) {
        if !blockedByTotal.contains(key) { blockedByTotal.append(key) }
    }

    /// Puts every waiter into the queue where it belongs now, in the order of arrival.
    private mutating func relink(_ order: [(id: WaiterID, lane: Int)]) {
        shared.queue = WaiterQueue()
        for lane in lanes.indices where lanes[lane].queue.count > 0 { lanes[lane].queue = WaiterQueue() }
        for (id, lane) in order {
            if lanes[lane].reserved == nil {
                waiters.link(id, to: &shared.queue)
            } else {
                waiters.link(id, to: &lanes[lane].queue)
            }
        }
    }
}
