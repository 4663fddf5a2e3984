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
        var changes: UInt64 = 0
        var pace = CompletionPace()
    }

    let store: any InvocationStore
    let traits: StoreTraits
    let room: QueueRoom
    let leaseDuration: Duration
    private let time: HostTime
    private let state: Mutex<State>
    /// Mirrors of what the machine knows, so that nobody takes its lock in vain.
    private let restricted = Atomic(false)
    private let keeping = Atomic(false)

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
            restricted.store(state.machine.isRestricted, ordering: .relaxed)
            return result
        }
    }

    func open() { decide { $0.machine.open() } }

    /// No more work is taken; parked workers leave.
    func close() {
        let (parked, room) = decide { state in
            defer { state.roomWaiters = [] }
            return (state.machine.close(), state.roomWaiters)
        }
        for waiter in parked { waiter.resume(returning: .leave) }
        for waiter in room { waiter.give(true) }
    }

    /// Whether no worker is there.
    var isQuiet: Bool { state.withLock { $0.machine.isQuiet } }

    func look(after last: String?) -> DispatchStateMachine<Waiter>.Look? {
        state.withLock { $0.machine.look(after: last) }
    }

    func arrived() -> DispatchStateMachine<Waiter>.Wake { decide { $0.machine.arrived() } }

    func found(wasSearching: Bool, hasMore: Bool) -> DispatchStateMachine<Waiter>.Wake {
        decide { $0.machine.found(wasSearching: wasSearching, hasMore: hasMore) }
    }

    /// Waits for something to do.
    func rest(since seen: UInt64, wasSearching: Bool) async -> DispatcherCall {
        // Resumed exactly once: by whoever takes it out of the machine, or here, where it was not put in.
        await withUnsafeContinuation { continuation in
            switch decide({ $0.machine.rest(continuation, since: seen, wasSearching: wasSearching) }) {
            case .parked: break
            case .lookAgain: continuation.resume(returning: .again)
            case .leave: continuation.resume(returning: .left)
            }
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
        return decide { $0.machine.registered(function) }
    }

    /// Whether functions are left alone for want of room: whoever leaves some has to say so.
    var isRestricted: Bool { restricted.load(ordering: .relaxed) }

    func released() -> DispatchStateMachine<Waiter>.Wake {
        let now = time.now
        return decide { $0.machine.released(now: now) }
    }

    func beginSuspect() -> Bool { decide { $0.machine.beginSuspect() } }
    func endSuspect() -> DispatchStateMachine<Waiter>.Wake { decide { $0.machine.endSuspect() } }

    func lookAgain(at time: Timestamp) -> Bool { decide { $0.machine.lookAgain(at: time) } }

    func alarmRang() -> (DispatchStateMachine<Waiter>.Wake, next: Timestamp?) {
        let now = time.now
        return decide { ($0.machine.alarmRang(now: now), $0.machine.nextReturn) }
    }

    // MARK: - Retries

    /// Counts an attempt that begins; false if it is a retry that the host's budget does not allow now.
    func mayBegin(attempt: Int) -> Bool {
        let now = time.now
        return state.withLock { state in
            guard attempt > 1 else {
                state.budget.attempt(now: now)
                return true
            }
            return state.budget.mayRetry(now: now)
        }
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

    // MARK: - Those who wait

    /// An event has left the queue, or has come to another place in it.
    func changed(endedAt now: Timestamp?) {
        let (room, changes) = state.withLock { state -> (OneShot<Bool>?, [CheckedContinuation<Void, Never>]) in
            state.changes &+= 1
            if let now { state.pace.completed(now: now) }
            let room = now == nil || state.roomWaiters.isEmpty ? nil : state.roomWaiters.removeFirst()
            defer { state.changeWaiters = [] }
            return (room, state.changeWaiters)
        }
        room?.give(true)
        for waiter in changes { waiter.resume() }
    }

    /// When there may be room again, from how quickly events have left lately.
    var retryAfter: Duration { state.withLock { $0.pace.estimate } }

    func waitForRoom(_ ticket: OneShot<Bool>, first: Bool) {
        state.withLock { state in
            if first { state.roomWaiters.insert(ticket, at: 0) } else { state.roomWaiters.append(ticket) }
        }
    }

    func forget(_ ticket: OneShot<Bool>) { state.withLock { $0.roomWaiters.removeAll { $0 === ticket } } }

    var hasRoomWaiters: Bool { state.withLock { !$0.roomWaiters.isEmpty } }

    /// How much has changed so far.
    var changes: UInt64 { state.withLock { $0.changes } }

    /// Waits until something has changed since then.
    func waitForChange(since seen: UInt64) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.changes != seen { return true }
                state.changeWaiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

/// What becomes of a worker that found nothing to do.
enum DispatcherCall: Sendable {
    /// Something came while it looked.
    case again
    /// It was woken to look.
    case woken
    /// It was sent away while it was parked.
    case leave
    /// It is not needed; the machine has counted it out.
    case left
}

/// How quickly events leave the queue, to tell whoever finds it full when to come back.
private struct CompletionPace {
    private var last: Timestamp?
    /// Between two completions, on average, in nanoseconds.
    private var interval = 0.0

    mutating func completed(now: Timestamp) {
        defer { last = now }
        guard let last else { return }
        let sample = Double(max(0, last.nanoseconds(to: now)))
        interval = interval == 0 ? sample : interval * 0.9 + sample * 0.1
    }

    /// From 1 millisecond to 1 minute; 1 second where nothing is known.
    var estimate: Duration {
        guard interval > 0 else { return .seconds(1) }
        return .nanoseconds(Int64(min(60e9, max(1e6, interval * 8))))
    }
}
