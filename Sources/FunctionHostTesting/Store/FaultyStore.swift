// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// A store whose calls fail before they have done anything, fail after they have done everything, or are slow.
///
/// What fails after its work is the case that callers forget: they see an error, and yet everything has been done. Either by
/// lot, decided by the simulation's seed,
///
/// ```swift
/// let store = FaultyStore(InMemoryStore(), failingBefore: 0.1, failingAfter: 0.1, delaying: 0.5)
/// ```
///
/// or one call after the other, until there are no more:
///
/// ```swift
/// for call in 1... {
///     let store = FaultyStore(InMemoryStore(), failingCall: call, .after)
///     …
///     if store.faultCount == 0 { break }
/// }
/// ```
///
/// What it throws is passing, ``/FunctionHost/StoreError/Code/inputOutput``: the same call may succeed a little later.
public final class FaultyStore: InvocationStore {
    /// When a call fails.
    public enum Moment: Sendable, Hashable, CaseIterable {
        /// Before it has done anything.
        case before
        /// After it has done everything.
        case after
    }

    /// A kind of call.
    public enum Call: String, Sendable, Hashable, CaseIterable {
        /// ``/FunctionHost/InvocationStore/append(_:room:now:)``.
        case append
        /// ``/FunctionHost/InvocationStore/lease(_:now:)``.
        case lease
        /// ``/FunctionHost/InvocationStore/extend(_:until:now:)``.
        case extend
        /// ``/FunctionHost/InvocationStore/settle(_:now:)``.
        case settle
        /// ``/FunctionHost/InvocationStore/rescue(now:)``.
        case rescue
        /// ``/FunctionHost/InvocationStore/cancel(_:now:)``.
        case cancel
        /// ``/FunctionHost/InvocationStore/status(of:)``.
        case status
        /// ``/FunctionHost/InvocationStore/condemn(functionName:cause:now:)``.
        case condemn
        /// ``/FunctionHost/InvocationStore/deadLetters(matching:after:limit:)``.
        case deadLetters
        /// ``/FunctionHost/InvocationStore/replacePayload(ofDeadLetter:with:)``.
        case replacePayload
        /// ``/FunctionHost/InvocationStore/redrive(_:now:)``.
        case redrive
        /// ``/FunctionHost/InvocationStore/purge(_:)``.
        case purge
        /// ``/FunctionHost/InvocationStore/figures(now:)``.
        case figures
    }

    private enum Plan {
        case byLot(before: Double, after: Double, delaying: Double, delay: Duration)
        case once(call: Int, Moment)
    }

    private struct State {
        var isFaulty = true
        var callCount = 0
        var faultCount = 0
        var random: SplitMix64
    }

    private let store: any InvocationStore
    private let plan: Plan
    private let calls: Set<Call>
    private let state: Mutex<State>

    /// Calls fail, or are slow, by lot.
    ///
    /// - Parameters:
    ///   - store: What does the work.
    ///   - failingBefore: How likely a call fails before it has done anything.
    ///   - failingAfter: How likely one fails after it has done everything.
    ///   - delaying: How likely one is held up first; in a simulation only, where time costs none.
    ///   - delay: For how long at most.
    ///   - calls: Which calls; the others are left alone, and not counted.
    ///   - seed: Decides where there is no simulation whose seed does.
    public init(
        _ store: any InvocationStore, failingBefore: Double = 0, failingAfter: Double = 0, delaying: Double = 0,
        delay: Duration = .milliseconds(100), calls: Set<Call> = Set(Call.allCases), seed: UInt64 = 0
    ) {
        self.store = store
        plan = .byLot(before: failingBefore, after: failingAfter, delaying: delaying, delay: delay)
        self.calls = calls
        state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    /// One call fails, the first being number 1; all others are left alone.
    public init(
        _ store: any InvocationStore, failingCall number: Int, _ moment: Moment,
        calls: Set<Call> = Set(Call.allCases)
    ) {
        self.store = store
        plan = .once(call: number, moment)
        self.calls = calls
        state = Mutex(State(random: SplitMix64(seed: 0)))
    }

    /// How many calls there were.
    public var callCount: Int { state.withLock { $0.callCount } }

    /// How many of them failed.
    public var faultCount: Int { state.withLock { $0.faultCount } }

    /// From now on nothing fails, and nothing is slow.
    public func stopFailing() { state.withLock { $0.isFaulty = false } }

    /// As the store says that does the work.
    public var traits: StoreTraits { store.traits }

    // MARK: - Faults

    private func perform<Result>(_ call: Call, _ body: () async throws -> Result) async throws -> Result {
        guard calls.contains(call) else { return try await body() }
        let (isFaulty, number) = state.withLock { state in
            state.callCount += 1
            return (state.isFaulty, state.callCount)
        }
        guard isFaulty else { return try await body() }
        await holdUp()
        try fail(call, number, .before)
        let result = try await body()
        try fail(call, number, .after)
        return result
    }

    private func holdUp() async {
        guard case .byLot(_, _, let probability, let delay) = plan, let simulation = Simulation.current,
            simulation.chance(probability)
        else { return }
        await simulation.wait(for: .nanoseconds(simulation.random(in: 0...max(0, delay.wholeNanoseconds))))
    }

    private func fail(_ call: Call, _ number: Int, _ moment: Moment) throws(StoreError) {
        let fails =
            switch plan {
            case .byLot(let before, let after, _, _): happens(moment == .before ? before : after)
            case .once(let failing, let when): number == failing && moment == when
            }
        guard fails else { return }
        state.withLock { $0.faultCount += 1 }
        Simulation.current?.note("\(call) failed \(moment) its work")
        throw StoreError(
            .inputOutput, reason: "an injected fault \(moment) the work of call \(number), \(call)", isPassing: true)
    }

    private func happens(_ probability: Double) -> Bool {
        Simulation.current?.chance(probability)
            ?? state.withLock { Double.random(in: 0..<1, using: &$0.random) < probability }
    }
}

extension FaultyStore {
    /// Accepts events: all of them, or none.
    public func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        try await perform(.append) { try await store.append(events, room: room, now: now) }
    }

    /// Leases events that are due, each for one attempt.
    public func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        try await perform(.lease) { try await store.lease(request, now: now) }
    }

    /// Prolongs leases; says for each whether it still holds.
    public func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        try await perform(.extend) { try await store.extend(tokens, until: end, now: now) }
    }

    /// Says how an attempt ended, and appends what follows from it.
    public func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        try await perform(.settle) { try await store.settle(settlement, now: now) }
    }

    /// Makes events wait again whose leases are over.
    public func rescue(now: Timestamp) async throws -> RescueAnswer {
        try await perform(.rescue) { try await store.rescue(now: now) }
    }

    /// Takes out an event that waits; marks one that is leased.
    public func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        try await perform(.cancel) { try await store.cancel(id, now: now) }
    }

    /// Where an event is; nil if it is gone or never was.
    public func status(of id: InvocationID) async throws -> EventStatus? {
        try await perform(.status) { try await store.status(of: id) }
    }

    /// Makes dead letters of all waiting events of a function, leased ones excepted.
    public func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        try await perform(.condemn) { try await store.condemn(functionName: functionName, cause: cause, now: now) }
    }

    /// Dead letters, those that died first first.
    public func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        try await perform(.deadLetters) { try await store.deadLetters(matching: filter, after: cursor, limit: limit) }
    }

    /// Gives a dead letter another payload; false if it is not there.
    public func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        try await perform(.replacePayload) { try await store.replacePayload(ofDeadLetter: id, with: payload) }
    }

    /// Sends dead letters again, in the order given.
    public func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        try await perform(.redrive) { try await store.redrive(ids, now: now) }
    }

    /// Deletes dead letters for good.
    public func purge(_ ids: [InvocationID]) async throws -> Int {
        try await perform(.purge) { try await store.purge(ids) }
    }

    /// How much there is.
    public func figures(now: Timestamp) async throws -> QueueFigures {
        try await perform(.figures) { try await store.figures(now: now) }
    }
}
