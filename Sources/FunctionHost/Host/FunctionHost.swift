// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs functions in this process the way AWS Lambda runs them: with limits, deadlines, execution environments and reports.
///
/// ```swift
/// let host = FunctionHost()
/// let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
/// let greeting = try await host.invoke(greet, with: "world")
/// ```
///
/// A host serves its callers at once, each in its caller's task. What no caller's task can hold, handlers on the bulkhead
/// and environments made ahead, needs ``run()``. There may be any number of hosts in a process; they share nothing.
public final class FunctionHost: Sendable {
    /// The limits it was made with.
    public let configuration: Configuration
    /// What turns values into bytes and back where they enter or leave the process.
    public let coder: any PayloadCoder

    let system: HostSystem
    let time: HostTime
    let middleware: [any Middleware]
    let facilities: Facilities
    let observers: ObserverHub
    let timer: DeadlineTimer
    let bulkhead: any TaskExecutor
    let mailbox = WorkMailbox()
    let dispatcher: Dispatcher
    let services = ServiceRoster()
    let drain = DrainCoordinator()
    let state: Mutex<HostStateMachine>
    private let invocations = Atomic<UInt64>(0)

    /// Makes a host.
    ///
    /// - Parameters:
    ///   - configuration: Limits. Values below their minimum are raised to it.
    ///   - middleware: Interceptors around every invocation; the first is the outermost.
    ///   - observers: Who hears what happens.
    ///   - coder: How payloads are written.
    ///   - store: What keeps events that are to be worked on later; in memory, and so no longer than the process, unless another
    ///     one is given.
    ///   - system: Time, chance and threads; a simulation brings its own.
    public init(
        configuration: Configuration = .init(),
        middleware: [any Middleware] = [],
        observers: [any HostObserver] = [],
        coder: any PayloadCoder = JSONPayloadCoder(),
        store: any InvocationStore = InMemoryStore(),
        system: HostSystem = .live
    ) {
        let configuration = configuration.normalized
        self.configuration = configuration
        self.middleware = middleware
        self.coder = coder
        self.system = system
        time = HostTime(system.clock)
        dispatcher = Dispatcher(
            store: store, configuration: configuration, time: time, seed: SplitMix64.mix(system.seed ^ 0x51))
        let hub = ObserverHub(
            observers + (system.tap.map { [$0] } ?? []), bufferCapacity: configuration.observerBuffer,
            isInline: system.deliversInline)
        facilities = Facilities(clock: system.clock, observers: hub, overdueGrace: configuration.overdueGrace)
        self.observers = hub
        timer = facilities.timer
        bulkhead = system.bulkhead ?? BulkheadExecutor(maximumThreads: configuration.bulkheadThreads)
        state = Mutex(
            HostStateMachine(
                limit: configuration.concurrency, unreservedMinimum: configuration.unreservedConcurrencyMinimum ?? 0))
        system.announce?(self)
    }

    deinit {
        // Another host may come to lie at this one's address, and is to look names up for itself.
        state.withLock { for function in $0.functions { function.record.remove() } }
    }

    /// Where the host is in its life.
    public var phase: HostPhase { state.withLock { $0.lifecycle.phase } }

    /// The host's time, which is virtual in a simulation: what deadlines are reckoned in.
    public var now: Timestamp { time.now }

    /// The time by the calendar, which may be set.
    public var wallTime: Timestamp { time.clock.wallTime }

    /// How many deadlines have not passed yet, of attempts, of waiters and of idle environments.
    package var deadlineCount: Int { timer.count }

    /// Lets all functions go, whatever becomes of them: for a simulation that has ended, where nothing will ever run again.
    ///
    /// Handlers that invoke other functions hold their host, and it holds them.
    package func letGo() {
        _ = state.withLock { $0.letGo() }
        timer.forgetAll()
    }

    /// Returns when observers that are told later have heard everything that has happened so far.
    public func flushObservers() async { await observers.flush() }

    /// The next invocation's id: different from all others of this host, and unlikely to be any other host's.
    package func nextID() -> InvocationID {
        InvocationID(number: invocations.add(1, ordering: .relaxed).newValue, seed: system.seed)
    }

    // MARK: - Deadlines

    /// Sees to it that somebody looks when an attempt's deadline passes; right after it has got its place.
    ///
    /// Arming a deadline for each attempt, and taking it away again, cost a sixth of an invocation that suspends. So nothing is
    /// armed: what runs is looked at when the earliest deadline passes that was met. Whether a handler is suspended or holds
    /// its thread makes no difference.
    func watchDeadline(of attempt: Attempt) {
        if attempt.place?.isEarliest ?? false { scheduleLook(at: attempt.deadline) }
    }

    private func scheduleLook(at time: Timestamp) {
        let id = timer.schedule(
            ClosureDeadline { [weak self] now in
                guard let self else { return }
                let (passed, next) = state.withLock { $0.look(at: time, now: now) }
                if let next { scheduleLook(at: next) }
                for attempt in passed { attempt.deadlinePassed(now: now) }
            }, at: time)
        if let old = state.withLock({ $0.lookScheduled(at: time, id) }) { timer.cancel(old) }
    }
}
