// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The execution environments of one function: which are idle, which is lent next, which must go.
///
/// ```
///  acquire ──▶ starting ──started──▶ lent ◀──acquire── idle
///     │           │ failed             │ release          │ idle too long, updated,
///     │           ▼                    ├───────────────▶──┤ removed, shutdown
///     │         gone                   │ not reusable     ▼
///     └─▶ join (shared only)           └──────────────▶ ended
/// ```
///
/// The most recently used environment is lent first, so that the others grow idle and expire. An environment for
/// `concurrency` invocations counts as one until it is full; whoever comes while it starts waits for it rather than
/// starting another.
package struct EnvironmentPoolStateMachine<Instance: Sendable, Joiner: Sendable>: Sendable {
    private enum Phase { case starting, ready, condemned(EnvironmentEnd), free }

    private struct Entry {
        var instance: Instance?
        var phase: Phase
        var inUse: Int
        var lastUsed: Timestamp
        var joiners: [Joiner]

        /// One invocation fewer, in one access.
        mutating func giveBack(now: Timestamp) -> (phase: Phase, inUse: Int) {
            inUse -= 1
            lastUsed = now
            return (phase, inUse)
        }

        var isReady: Bool { if case .ready = phase { true } else { false } }
        var isFuture: Bool { if case .starting = phase { true } else { isReady } }
    }

    package enum AcquireAction: Sendable {
        /// Run in this one.
        case lend(Int, Instance)
        /// Make a new one and say `started` or `failed`.
        case start(Int)
        /// Wait until the one that is starting is ready.
        case join
    }

    package struct Ended: Sendable {
        package let instance: Instance
        package let reason: EnvironmentEnd
    }

    /// Invocations that run in one environment at a time.
    package let concurrency: Int
    /// Environments kept although idle.
    package var provisioned = 0
    /// How long an idle environment is kept.
    package var idleTimeout: Duration {
        get { .nanoseconds(idleNanoseconds) }
        set { idleNanoseconds = newValue.wholeNanoseconds }
    }

    private var idleNanoseconds: Int64
    private var entries: ContiguousArray<Entry> = []
    private var freeEntries: ContiguousArray<Int> = []
    /// Ready environments with room, the one used last at the end.
    private var available: ContiguousArray<Int> = []
    private var starting: ContiguousArray<Int> = []

    package init(concurrency: Int = 1, idleTimeout: Duration) {
        self.concurrency = concurrency
        idleNanoseconds = idleTimeout.wholeNanoseconds
    }

    /// Environments that are starting, idle or lent.
    package var count: Int { entries.count - freeEntries.count }
    /// Environments in which nothing runs.
    package var idleCount: Int { available.count { entries[$0].inUse == 0 } }
    /// Environments to be made ahead.
    package var missing: Int {
        max(0, provisioned - entries.count { $0.isFuture })
    }

    // MARK: - Lending

    /// Asks for an environment; only a caller who gives a `joiner` may be told to join.
    ///
    /// - Returns: What to do, and the environments that were found to have been idle too long.
    package mutating func acquire(joiner: Joiner?, now: Timestamp) -> (action: AcquireAction, expired: [Ended]) {
        let expired = mayExpire(now: now) ? expire(now: now) : []
        return (acquire(joiner: joiner), expired)
    }

    /// The warm environment that would be lent now; nil if there is none, or something else has to be done first.
    package func warmEntry(now: Timestamp) -> Int? { mayExpire(now: now) ? nil : available.last }

    private mutating func acquire(joiner: Joiner?) -> AcquireAction {
        if let entry = available.last { return .lend(entry, lend(entry)) }
        if concurrency > 1, let joiner,
            let entry = starting.first(where: { entries[$0].joiners.count + entries[$0].inUse < concurrency })
        {
            entries[entry].joiners.append(joiner)
            return .join
        }
        return .start(makeEntry(inUse: 1))
    }

    /// Begins to make one ahead; nil if none is missing.
    package mutating func provision() -> Int? { missing > 0 ? makeEntry(inUse: 0) : nil }

    /// The new environment is ready; the joiners ask again, and one that was made ahead in vain has to be shut down.
    package mutating func started(
        _ entry: Int, _ instance: Instance, now: Timestamp
    ) -> (joiners: [Joiner], ended: Ended?) {
        starting.removeAll { $0 == entry }
        entries[entry].instance = instance
        entries[entry].lastUsed = now
        let joiners = takeJoiners(entry)
        switch entries[entry].phase {
        case .starting:
            entries[entry].phase = .ready
            if entries[entry].inUse < concurrency { available.append(entry) }
            return (joiners, nil)
        case .condemned(let reason): return (joiners, entries[entry].inUse == 0 ? end(entry, reason) : nil)
        case .ready, .free: preconditionFailure("environment entry \(entry) started twice")
        }
    }

    /// A joiner waits no more: somebody else can have its place.
    package mutating func withdraw(where matches: (Joiner) -> Bool) {
        for entry in starting { entries[entry].joiners.removeAll(where: matches) }
    }

    /// The new environment could not be made; whoever is returned is told, or asks again.
    package mutating func failed(_ entry: Int) -> [Joiner] {
        starting.removeAll { $0 == entry }
        let joiners = takeJoiners(entry)
        free(entry)
        return joiners
    }

    /// An invocation has ended; the environment returned has to be shut down.
    package mutating func release(_ entry: Int, ending reason: EnvironmentEnd?, now: Timestamp) -> Ended? {
        precondition(entries[entry].inUse > 0, "environment entry \(entry) was given back twice")
        let (phase, inUse) = entries[entry].giveBack(now: now)
        let wasFull = inUse + 1 == concurrency
        switch phase {
        case .ready:
            if let reason {
                if !wasFull { available.removeAll { $0 == entry } }
                return condemn(entry, reason)
            }
            if wasFull { available.append(entry) }
            return nil
        case .condemned(let reason): return inUse == 0 ? end(entry, reason) : nil
        case .starting, .free: preconditionFailure("an invocation ended in an environment that had not started")
        }
    }

    // MARK: - Ending

    /// Takes out what has been idle too long, the oldest first, leaving the provisioned ones.
    package mutating func expire(now: Timestamp) -> [Ended] {
        let spare = entries.count { $0.isReady } - provisioned
        guard spare > 0, !available.isEmpty else { return [] }
        let old = available.filter {
            entries[$0].inUse == 0 && entries[$0].lastUsed.advanced(byNanoseconds: idleNanoseconds) <= now
        }
        let going = old.sorted { entries[$0].lastUsed < entries[$1].lastUsed }.prefix(spare)
        let isGoing = Set(going)
        available.removeAll { isGoing.contains($0) }
        return going.map { end($0, .idle) }
    }

    /// Whether the environment lent next has been idle too long, so that it is worth looking at all.
    private func mayExpire(now: Timestamp) -> Bool {
        guard let last = available.last, entries[last].inUse == 0 else { return false }
        return entries[last].lastUsed.advanced(byNanoseconds: idleNanoseconds) <= now
    }

    /// When the next idle environment expires; nil if none will.
    package var nextExpiry: Timestamp? {
        let spare = entries.count { $0.isReady } - provisioned
        guard spare > 0 else { return nil }
        return available.lazy.filter { entries[$0].inUse == 0 }
            .map { entries[$0].lastUsed.advanced(byNanoseconds: idleNanoseconds) }.min()
    }

    /// Ends every environment: idle ones now, the others when the last invocation in them has ended.
    package mutating func condemnAll(_ reason: EnvironmentEnd) -> [Ended] {
        available.removeAll()
        // Nobody joins them any more.
        starting.removeAll()
        return entries.indices.compactMap { entry in
            switch entries[entry].phase {
            case .ready, .starting: condemn(entry, reason)
            case .condemned, .free: nil
            }
        }
    }

    // MARK: - Inside

    /// Lends an environment that is available, which has to be the one used last.
    package mutating func lend(_ entry: Int) -> Instance {
        precondition(available.last == entry, "environment entry \(entry) is not the one used last")
        entries[entry].inUse += 1
        if entries[entry].inUse == concurrency { available.removeLast() }
        guard let instance = entries[entry].instance else { preconditionFailure("an available environment is empty") }
        return instance
    }

    private mutating func makeEntry(inUse: Int) -> Int {
        let new = Entry(
            instance: nil, phase: .starting, inUse: inUse, lastUsed: Timestamp(nanoseconds: 0), joiners: [])
        if let entry = freeEntries.popLast() {
            entries[entry] = new
            starting.append(entry)
            return entry
        }
        entries.append(new)
        starting.append(entries.count - 1)
        return entries.count - 1
    }

    private mutating func takeJoiners(_ entry: Int) -> [Joiner] {
        defer { entries[entry].joiners = [] }
        return entries[entry].joiners
    }

    private mutating func condemn(_ entry: Int, _ reason: EnvironmentEnd) -> Ended? {
        guard entries[entry].inUse > 0 || entries[entry].instance == nil else { return end(entry, reason) }
        entries[entry].phase = .condemned(reason)
        return nil
    }

    private mutating func end(_ entry: Int, _ reason: EnvironmentEnd) -> Ended {
        guard let instance = entries[entry].instance else { preconditionFailure("an empty environment ended") }
        free(entry)
        return Ended(instance: instance, reason: reason)
    }

    private mutating func free(_ entry: Int) {
        entries[entry].instance = nil
        entries[entry].phase = .free
        freeEntries.append(entry)
    }
}
