// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A host's queue at work: its store, its workers, and who waits for room or for the end of it all.
final class Dispatcher: Sendable {
    typealias Waiter = UnsafeContinuation<DispatcherCall, Never>

    private struct State {
        var machine: DispatchStateMachine<Waiter>
        var budget: RetryBudgetStateMachine
        var generator: SplitMix64
        var shifts: [ObjectIdentifier: Shift] = [:]
        /// Who waits for room in the queue, first come first served.
        var roomWaiters: [OneShot<Bool>] = []
        /// Who waits for anything in the queue to end.
        var changeWaiters: [CheckedContinuation<Void, Never>] = []
        var pace = CompletionPace()
        /// Events of which it is not known whether the store has accepted them, and whether they have ended meanwhile.
        var doubtful: [InvocationID: Bool] = [:]
    }

    let store: any InvocationStore
    let traits: StoreTraits
    let room: QueueRoom
    let leaseDuration: Duration
    private let time: HostTime
    private let state: Mutex<State>
    /// What the machine would say, so that nobody takes its lock to hear that nothing is to be done.
    private let needsWake = Atomic(false)
    private let looksFreely = Atomic(false)
    private let restricted = Atomic(false)
    private let keeping = Atomic(false)
    private let closed = Atomic(false)
    /// How often something came that a worker could find.
    private let arrivals = Atomic<UInt64>(0)
    /// How often anything changed that somebody may wait for.
    private let changeCount = Atomic<UInt64>(0)
    private let endCount = Atomic<UInt64>(0)
    private let hasListeners = Atomic(false)
    private let hasDoubts = Atomic(false)

    init(store: any InvocationStore, configuration: FunctionHost.Configuration, time: HostTime, seed: UInt64) {
        self.store = store
        self.time = time
        traits = store.traits
        leaseDuration = configuration.leaseDuration ?? store.traits.leaseDuration
        room = QueueRoom(events: configuration.queueCapacity, bytes: configuration.queueBytes)
        state = Mutex(
            State(
                machine: DispatchStateMachine(
                    limit: configuration.asynchronousConcurrency ?? configuration.concurrency),
                budget: RetryBudgetStateMachine(configuration.retryBudget),
                generator: SplitMix64(seed: seed)))
    }

    /// The time on the store's timeline.
    var now: Timestamp { traits.timeline == .host ? time.now : time.clock.wallTime }

    /// A time of the store's on the host's own timeline, on which alarms are set.
    func hostTime(of time: Timestamp) -> Timestamp {
        traits.timeline == .host ? time : self.time.now.advanced(by: now.duration(to: time))
    }

    // MARK: - The machine, and what its decisions lead to

    /// Asks the machine under its lock.
    private func decide<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            publish(state.machine)
            return result
        }
    }

    private func publish(_ machine: borrowing DispatchStateMachine<Waiter>) {
        needsWake.store(machine.needsWake, ordering: .sequentiallyConsistent)
        looksFreely.store(machine.looksFreely, ordering: .relaxed)
        restricted.store(machine.isRestricted, ordering: .relaxed)
    }

    /// Whether the host takes events: until its shutdown begins.
    var takesEvents: Bool { !closed.load(ordering: .sequentiallyConsistent) }

    func open() { decide { $0.machine.open() } }

    /// No more work is taken; parked workers leave.
    func close() {
        closed.store(true, ordering: .sequentiallyConsistent)
        let (parked, room) = decide { state in
            defer { state.roomWaiters = [] }
            return (state.machine.close(), state.roomWaiters)
        }
        for waiter in parked { waiter.resume(returning: .leave) }
        for waiter in room { waiter.give(true) }
    }

    /// Whether no worker is there.
    var isQuiet: Bool { state.withLock { $0.machine.isQuiet } }

    /// How a worker is to look; nil if it is to leave.
    func look(after last: String?) -> DispatchStateMachine<Waiter>.Look? {
        if looksFreely.load(ordering: .relaxed) { return DispatchStateMachine<Waiter>.Look() }
        return state.withLock { $0.machine.look(after: last) }
    }

    /// How much has arrived so far: asked before a worker looks.
    var arrivalCount: UInt64 { arrivals.load(ordering: .sequentiallyConsistent) }

    /// Something has arrived that a worker may find.
    func arrived() -> DispatchStateMachine<Waiter>.Wake {
        // In this order, as a worker that rests does it the other way around: one of the two sees the other.
        arrivals.add(1, ordering: .sequentiallyConsistent)
        guard needsWake.load(ordering: .sequentiallyConsistent) else { return .nobody }
        return decide { $0.machine.arrived() }
    }

    /// Something may be found from now on that could not be before: that is an arrival too, or a worker that looked just before
    /// would rest over it.
    private func arrivedBy<Result: Sendable>(
        _ change: (inout DispatchStateMachine<Waiter>) -> Result
    ) -> Result {
        arrivals.add(1, ordering: .sequentiallyConsistent)
        return decide { change(&$0.machine) }
    }

    /// A worker has found something to do.
    func found(wasSearching: Bool, hasMore: Bool, since seen: UInt64) -> DispatchStateMachine<Waiter>.Wake {
        decide { state in
            let hasMore = hasMore || arrivals.load(ordering: .sequentiallyConsistent) != seen
            return state.machine.found(wasSearching: wasSearching, hasMore: hasMore)
        }
    }

    /// Waits for something to do.
    ///
    /// - Parameter seen: What had arrived before the worker looked.
    func rest(since seen: UInt64, wasSearching: Bool) async -> DispatcherCall {
        // Resumed exactly once: by whoever takes it out of the machine, or here, where it was not left in.
        await withUnsafeContinuation { continuation in
            let (call, wake) = restNow(continuation, since: seen, wasSearching: wasSearching)
            carryOut(wake)
            if let call { continuation.resume(returning: call) }
        }
    }

    private func restNow(
        _ waiter: Waiter, since seen: UInt64, wasSearching: Bool
    ) -> (DispatcherCall?, DispatchStateMachine<Waiter>.Wake) {
        decide { state in
            let action = state.machine.rest(waiter, wasSearching: wasSearching)
            publish(state.machine)
            let isStale = arrivals.load(ordering: .sequentiallyConsistent) != seen
            switch action {
            case .parked:
                guard isStale else { return (nil, .nobody) }
                state.machine.unpark()
                return (.woken, .nobody)
            case .leave: return (.leave, isStale ? state.machine.arrived() : .nobody)
            }
        }
    }

    private func carryOut(_ wake: DispatchStateMachine<Waiter>.Wake) {
        switch wake {
        case .nobody: break
        case .resume(let waiter): waiter.resume(returning: .woken)
        case .start: preconditionFailure("a worker was started because another one is not needed")
        }
    }

    func pause() -> Bool { decide { $0.machine.pause() } }
    func left(wasSearching: Bool) { decide { $0.machine.left(wasSearching: wasSearching) } }

    func throttled(_ function: String) -> Timestamp? {
        let now = time.now
        return decide { state in
            state.machine.throttled(function, now: now)
            return state.machine.nextReturn
        }
    }

    func unknown(_ function: String) { decide { $0.machine.unknown(function) } }
    var unknownFunctions: [String] { state.withLock { $0.machine.unknownFunctions } }

    /// An event of a function found room, or the function has none left.
    func admitted(_ function: String) { decide { $0.machine.admitted(function) } }

    func registered(_ function: String) -> DispatchStateMachine<Waiter>.Wake {
        guard restricted.load(ordering: .relaxed) else { return .nobody }
        return arrivedBy { $0.registered(function) }
    }

    /// Whether functions are left alone for want of room: whoever leaves some has to say so.
    var isRestricted: Bool { restricted.load(ordering: .relaxed) }

    func released() -> DispatchStateMachine<Waiter>.Wake {
        let now = time.now
        return arrivedBy { $0.released(now: now) }
    }

    func beginSuspect() -> Bool { decide { $0.machine.beginSuspect() } }
    func endSuspect() -> DispatchStateMachine<Waiter>.Wake { arrivedBy { $0.endSuspect() } }

    func lookAgain(at time: Timestamp) -> Bool { decide { $0.machine.lookAgain(at: time) } }

    func alarmRang() -> (DispatchStateMachine<Waiter>.Wake, next: Timestamp?) {
        let now = time.now
        return arrivedBy { ($0.alarmRang(now: now), $0.nextReturn) }
    }

    // MARK: - Retries

    /// Counts events that are tried for the first time, which pay for retries.
    func countFirstAttempts(_ count: Int, now: Timestamp) {
        if count != 0 { state.withLock { $0.budget.attempts(count, now: now) } }
    }

    /// Whether the host's budget allows another retry, which then counts.
    func mayRetry(now: Timestamp) -> Bool { state.withLock { $0.budget.mayRetry(now: now) } }

    /// Takes back a retry that the budget allowed, and that is not charged to its event.
    func takeBackRetry(allowedAt time: Timestamp, now: Timestamp) {
        state.withLock { $0.budget.takeBackRetry(allowedAt: time, now: now) }
    }

    /// How long a retry waits that the budget did not allow.
    var budgetPause: Duration { state.withLock { $0.budget.pause } }

    func judge(_ judge: EventJudge, _ lease: Lease, _ ending: EventEnding, now: Timestamp) -> Settlement.End {
        // A classifier is the user's code, and is not called under the lock.
        var generator = state.withLock { SplitMix64(seed: $0.generator.next()) }
        return judge.end(lease, ending, now: now, using: &generator)
    }

    // MARK: - Leases

    func begin(_ shift: Shift) { state.withLock { $0.shifts[ObjectIdentifier(shift)] = shift } }
    func end(_ shift: Shift) { state.withLock { $0.shifts[ObjectIdentifier(shift)] = nil } }
    var shifts: [Shift] { state.withLock { Array($0.shifts.values) } }

    /// Whether the keeper is to begin; it goes on by itself until it says that it stops.
    func startKeeping() -> Bool { !keeping.exchange(true, ordering: .sequentiallyConsistent) }
    func stopKeeping() { keeping.store(false, ordering: .sequentiallyConsistent) }
    var isKeeping: Bool { keeping.load(ordering: .sequentiallyConsistent) }

    // MARK: - Events in doubt

    /// The store failed while it was accepting events: it may have them all the same, and they may end before it is asked again.
    func doubt(_ events: [QueuedEvent]) {
        state.withLock { state in
            for event in events where state.doubtful[event.id] == nil { state.doubtful[event.id] = false }
            hasDoubts.store(true, ordering: .sequentiallyConsistent)
        }
    }

    /// Whether one of them has ended, and so all of them were accepted.
    func haveEnded(_ events: [QueuedEvent]) -> Bool {
        state.withLock { state in events.contains { state.doubtful[$0.id] ?? false } }
    }

    /// It is known now.
    func trust(_ events: [QueuedEvent]) {
        state.withLock { state in
            for event in events { state.doubtful[event.id] = nil }
            hasDoubts.store(!state.doubtful.isEmpty, ordering: .sequentiallyConsistent)
        }
    }

    /// An event has ended.
    func ended(_ id: InvocationID) {
        guard hasDoubts.load(ordering: .relaxed) else { return }
        state.withLock { state in
            if state.doubtful[id] != nil { state.doubtful[id] = true }
        }
    }

    // MARK: - Those who wait

    /// An event has come to another place in the queue.
    func changed() {
        changeCount.add(1, ordering: .sequentiallyConsistent)
        guard hasListeners.load(ordering: .sequentiallyConsistent) else { return }
        tellListeners(mayHaveRoom: false)
    }

    /// An event has left the queue.
    func ended() {
        endCount.add(1, ordering: .relaxed)
        changeCount.add(1, ordering: .sequentiallyConsistent)
        guard hasListeners.load(ordering: .sequentiallyConsistent) else { return }
        tellListeners(mayHaveRoom: true)
    }

    private func tellListeners(mayHaveRoom: Bool) {
        let (room, changes) = state.withLock { state -> (OneShot<Bool>?, [CheckedContinuation<Void, Never>]) in
            let room = mayHaveRoom && !state.roomWaiters.isEmpty ? state.roomWaiters.removeFirst() : nil
            defer {
                state.changeWaiters = []
                hasListeners.store(!state.roomWaiters.isEmpty, ordering: .sequentiallyConsistent)
            }
            return (room, state.changeWaiters)
        }
        room?.give(true)
        for waiter in changes { waiter.resume() }
    }

    /// When there may be room again, from how quickly events have left lately.
    var retryAfter: Duration {
        let (now, ended) = (time.now, endCount.load(ordering: .relaxed))
        return state.withLock { $0.pace.estimate(ended: ended, now: now) }
    }

    func waitForRoom(_ ticket: OneShot<Bool>, first: Bool) {
        state.withLock { state in
            if first { state.roomWaiters.insert(ticket, at: 0) } else { state.roomWaiters.append(ticket) }
            hasListeners.store(true, ordering: .sequentiallyConsistent)
        }
    }

    func forget(_ ticket: OneShot<Bool>) { state.withLock { $0.roomWaiters.removeAll { $0 === ticket } } }

    var hasRoomWaiters: Bool { state.withLock { !$0.roomWaiters.isEmpty } }

    /// How much has changed so far.
    var changes: UInt64 { changeCount.load(ordering: .sequentiallyConsistent) }

    /// Waits until something has changed since then.
    func waitForChange(since seen: UInt64) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                hasListeners.store(true, ordering: .sequentiallyConsistent)
                if changes != seen { return true }
                state.changeWaiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

/// What becomes of a worker that found nothing to do.
enum DispatcherCall: Sendable {
    /// It is to look again: something came.
    case woken
    /// It is to go: the machine has counted it out.
    case leave
}

/// How quickly events leave the queue, to tell whoever finds it full when to come back.
private struct CompletionPace {
    private var last: (ended: UInt64, time: Timestamp)?
    private var answer: Duration = .seconds(1)

    /// About the time in which eight events end; from 1 millisecond to 1 minute, and 1 second where nothing is known.
    mutating func estimate(ended: UInt64, now: Timestamp) -> Duration {
        guard let last else {
            self.last = (ended, now)
            return answer
        }
        let (events, time) = (ended &- last.ended, max(0, last.time.nanoseconds(to: now)))
        // Over too short a time chance would decide.
        guard time >= 10_000_000 else { return answer }
        let each = events == 0 ? min(7_500_000_000, time) : time / Int64(clamping: events)
        answer = .nanoseconds(min(60_000_000_000, max(1_000_000, each * 8)))
        self.last = (ended, now)
        return answer
    }
}
