// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSimulationHooks
public import FunctionHost
import Synchronization

/// Runs asynchronous code on this thread alone, in an order that a seed decides, under virtual time.
///
/// Task groups, `async let`, actors, streams, continuations and cancellation work as they are; each place where a task
/// waits is a place where any other may run. The same seed gives the same run, in this process and in any other. When
/// nothing can run any more and nothing is to happen, that is a deadlock, and it is told instead of hanging.
///
/// In a test use the trait ``Testing/Trait/simulated(seeds:strategies:maximumSteps:allowsUnstructuredTasks:)``, which runs the
/// test once for each seed. What a simulation cannot see: threads, Dispatch, the main actor, and two lock sections of one
/// synchronous function.
public final class Simulation: TaskExecutor, Sendable {
    /// The seed that decides everything.
    public let seed: Int
    /// How it chooses what runs next.
    public let strategy: SimulationStrategy
    /// How many steps there may be before it is taken for endless.
    public let maximumSteps: Int
    /// Whether tasks that are no children of others are run rather than reported.
    public let allowsUnstructuredTasks: Bool

    enum Timer: Sendable {
        case sleeper(OneSleep)
        case alarm(SimulatedAlarm)
        case job(UnownedJob, task: UInt64)
    }

    private struct State {
        var scheduler: SchedulerStateMachine<UnownedJob, Timer>
        var idlers: [CheckedContinuation<Void, Never>] = []
        var hosts: [@Sendable () -> FunctionHost?] = []
        var escapes: [String] = []
        /// Whether the root has begun, on the thread that is the simulation's.
        var isDriving = false
        var escapedTasks: Set<UInt64> = []
        var notes: [(step: Int, time: Timestamp, text: String)] = []
        var wallOffset: Duration
        var crashHandlers: [@Sendable (inout SplitMix64) -> Void] = []

        /// Lets go of what nobody will ask for: what was given up in the middle stays in memory, and is not to be large.
        mutating func forget() {
            notes = []
            escapes = []
            escapedTasks = []
            hosts = []
            crashHandlers = []
            scheduler.forget()
        }
    }

    private let state: Mutex<State>
    private let anchor = Anchor()

    /// When every simulation begins: 1 January 2026 at midnight UTC.
    public static let start = Timestamp(nanoseconds: 1_767_225_600_000_000_000)

    @TaskLocal static var running: Simulation?

    /// The simulation that this code runs in; nil outside any.
    public static var current: Simulation? { running }

    /// Prepares a simulation.
    ///
    /// - Parameters:
    ///   - seed: Decides everything.
    ///   - strategy: How it is chosen what runs next.
    ///   - slowness: How late, by lot, code may run that could run at once, as on a busy machine.
    ///   - maximumSteps: How many steps there may be before it is taken for endless.
    ///   - allowsUnstructuredTasks: Whether tasks that are no children of others are run rather than reported.
    public convenience init(
        seed: Int, strategy: SimulationStrategy = .uniform, slowness: Duration = .milliseconds(10),
        maximumSteps: Int = 1_000_000, allowsUnstructuredTasks: Bool = false
    ) {
        self.init(
            seed: seed, strategy: strategy, start: Self.start, wallOffset: .zero, slowness: slowness,
            maximumSteps: maximumSteps, allowsUnstructuredTasks: allowsUnstructuredTasks)
    }

    /// Prepares one that begins where another has ended.
    init(
        seed: Int, strategy: SimulationStrategy, start: Timestamp, wallOffset: Duration,
        slowness: Duration = .milliseconds(10), maximumSteps: Int, allowsUnstructuredTasks: Bool = false
    ) {
        self.seed = seed
        self.strategy = strategy
        self.maximumSteps = maximumSteps
        self.allowsUnstructuredTasks = allowsUnstructuredTasks
        state = Mutex(
            State(
                scheduler: SchedulerStateMachine(
                    seed: UInt64(bitPattern: Int64(seed)), strategy: strategy, slowness: slowness, start: start),
                wallOffset: wallOffset))
    }

    // MARK: - What simulated code asks for

    /// The virtual time.
    public var now: Timestamp { state.withLock { $0.scheduler.now } }

    /// A clock that tells the virtual time.
    public var clock: SimulatedClock { SimulatedClock(simulation: self) }

    /// A number by lot, decided by the seed.
    public func random<Number: FixedWidthInteger & Sendable>(in range: ClosedRange<Number>) -> Number {
        var generator = state.withLock { SplitMix64(seed: $0.scheduler.generator.next()) }
        return Number.random(in: range, using: &generator)
    }

    /// Whether something that happens with this probability happens, decided by the seed.
    public func chance(_ probability: Double) -> Bool {
        state.withLock { Double($0.scheduler.generator.next() >> 11) / 0x1p53 < probability }
    }

    /// Lets virtual time pass; everything that is due meanwhile happens.
    public func advance(by duration: Duration) async throws { try await clock.sleep(for: duration) }

    /// Waits until nothing else can run and nothing else is to happen, however far away it is.
    public func drain() async {
        await withCheckedContinuation { continuation in state.withLock { $0.idlers.append(continuation) } }
    }

    /// Sets the wall clock forth or back; monotonic time, and so every deadline, is not touched.
    public func stepWallClock(by duration: Duration) { state.withLock { $0.wallOffset += duration } }

    /// Adds a line to the schedule that is shown when a test fails.
    public func note(_ text: @autoclosure () -> String) {
        let text = text()
        state.withLock { $0.notes.append(($0.scheduler.steps, $0.scheduler.now, text)) }
    }

    var wallOffset: Duration { state.withLock { $0.wallOffset } }

    var wallTime: Timestamp { state.withLock { $0.scheduler.now.advanced(by: $0.wallOffset) } }

    // MARK: - What there is to see afterwards

    /// A hash of every choice that was made: the same for the same seed.
    public var digest: UInt64 { state.withLock { $0.scheduler.digest } }

    /// How many steps there were: stretches of code between two places where a task waits.
    public var steps: Int { state.withLock { $0.scheduler.steps } }

    /// The order in which tasks ran, with the notes in between, as text.
    public var schedule: String {
        state.withLock { state in
            var lines = [
                "seed \(seed), strategy \(strategy), \(state.scheduler.steps) steps, digest \(state.scheduler.digest)"
            ]
            var done = 0
            for note in state.notes {
                if note.step > done {
                    lines.append(Self.text(state.scheduler.trail[done..<note.step]))
                    done = note.step
                }
                lines.append("+\(Self.start.duration(to: note.time)) \(note.text)")
            }
            if done < state.scheduler.trail.count { lines.append(Self.text(state.scheduler.trail[done...])) }
            return lines.joined(separator: "\n")
        }
    }

    private static func text(_ trail: ArraySlice<UInt16>) -> String {
        "    tasks " + trail.map(String.init).joined(separator: " ")
    }

    // MARK: - Running

    /// Runs `body` to its end on this thread.
    ///
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw; ``SimulationFailure`` if it did not end, or started unstructured tasks.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        try driveToEnd(begin(body))
    }

    /// Runs `body` until a step at which it is stopped dead, or to its end.
    ///
    /// - Returns: What `body` returned; nil if it was stopped.
    func run<Result: Sendable>(
        crashingAt step: Int?, _ body: @escaping @Sendable () async throws -> Result
    ) throws -> Result? {
        guard let result = try drive(begin(body), until: step) else {
            crash()
            return nil
        }
        return result
    }

    /// Adds something that happens when the simulation is stopped dead.
    func onCrash(_ body: @escaping @Sendable (inout SplitMix64) -> Void) {
        state.withLock { $0.crashHandlers.append(body) }
    }

    private func crash() {
        var (random, handlers) = state.withLock { state in
            defer { state.forget() }
            return (SplitMix64(seed: state.scheduler.generator.next()), state.crashHandlers)
        }
        for handler in handlers { handler(&random) }
    }

    /// The same on a thread of its own, so that no thread of the concurrency runtime is held meanwhile.
    func runOnThread<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        // The root begins here, where it inherits what the test has in its task-locals.
        let outcome = begin(body)
        return try await withCheckedThrowingContinuation { continuation in
            startThread(named: "simulation") {
                continuation.resume(with: Swift.Result { try self.driveToEnd(outcome) })
            }
        }
    }

    /// Starts the root, which waits for `drive`.
    private func begin<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) -> OneResult<Result> {
        let outcome = OneResult<Result>()
        // The one unstructured task there is: the root, from which all others descend.
        Self.$running.withValue(self) {
            _ = Task(name: "root", executorPreference: self) { await outcome.set(body) }
        }
        return outcome
    }

    /// Runs everything on this thread until the root has ended.
    private func driveToEnd<Result: Sendable>(_ outcome: OneResult<Result>) throws -> Result {
        guard let result = try drive(outcome) else { preconditionFailure("the root has not ended") }
        return result
    }

    /// Runs everything on this thread until the root has ended, or to a step; then there is no result.
    private func drive<Result: Sendable>(_ outcome: OneResult<Result>, until step: Int? = nil) throws -> Result? {
        anchor.attach(self)
        simulation_capture_on_this_thread(
            { context, job, delay in
                let simulation = Unmanaged<Simulation>.fromOpaque(context).takeUnretainedValue()
                simulation.capture(unsafeBitCast(job, to: UnownedJob.self), simulation_task_id(job), delay: delay)
            }, Unmanaged.passUnretained(self).toOpaque())
        defer {
            simulation_capture_on_this_thread(nil, nil)
            keepForStragglers(outcome.isSet)
            // What has not happened by now never will; an alarm that is set would hold the simulation for ever.
            _ = removeTimers { _ in true }
            for host in state.withLock({ $0.hosts }) { host()?.letGo() }
        }
        state.withLock { $0.isDriving = true }
        try loop(to: step) { outcome.isSet }
        guard outcome.isSet else { return nil }
        let escapes = state.withLock { $0.escapes }
        guard escapes.isEmpty || allowsUnstructuredTasks else {
            throw SimulationFailure(.unstructuredTask, self, "unstructured: \(escapes.joined(separator: "; "))")
        }
        return try outcome.get()
    }

    /// Tasks that were given up in the middle, or left the simulation, may come back to it at any time: it must be there.
    private func keepForStragglers(_ hasEnded: Bool) {
        let mayComeBack = state.withLock { !hasEnded || !$0.escapes.isEmpty || $0.scheduler.hasRunnable }
        if mayComeBack { _ = Unmanaged.passRetained(self) }
    }

    private func loop(to last: Int?, until isDone: () -> Bool) throws {
        while !isDone() {
            if let last, self.steps >= last { return }
            let (step, steps, now) = state.withLock { ($0.scheduler.next(), $0.scheduler.steps, $0.scheduler.now) }
            switch step {
            case .run(let job):
                // Isolated to an executor of its own, so that no actor is entered inline: each hop is a choice.
                job.runSynchronously(
                    isolatedTo: anchor.asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .fire(let timers): for timer in timers { fire(timer, now) }
            case .idle:
                let idlers = state.withLock { state in
                    defer { state.idlers = [] }
                    return state.idlers
                }
                for idler in idlers { idler.resume() }
                if idlers.isEmpty { throw SimulationFailure(.deadlock, self, deadlockText) }
            }
            if steps > maximumSteps {
                throw SimulationFailure(.endless, self, "it did not end within \(maximumSteps) steps")
            }
        }
    }

    private var deadlockText: String {
        let (tasks, escapes) = state.withLock { ($0.scheduler.taskCount, $0.escapes) }
        let known = escapes.isEmpty ? "" : " Unstructured: \(escapes.joined(separator: "; "))."
        return
            "nothing can run and nothing is to happen, of \(tasks) tasks; a continuation that nobody resumes, a lock "
            + "order, or code that left the simulation (Task.sleep, threads, Dispatch, the main actor).\(known)"
    }

    private func fire(_ timer: Timer, _ now: Timestamp) {
        switch timer {
        case .sleeper(let sleeper): sleeper.wake()
        case .alarm(let alarm): alarm.passed()
        case .job(let job, let task): state.withLock { $0.scheduler.add(job, task: task) }
        }
    }

    // MARK: - Jobs

    /// Takes a job that can run from now on; tasks call it.
    public func enqueue(_ job: consuming ExecutorJob) { enqueue(unowned: UnownedJob(job)) }

    fileprivate func enqueue(unowned job: UnownedJob) {
        // From elsewhere it comes at a time that no seed decides.
        let isHere = simulation_is_on_this_thread(Unmanaged.passUnretained(self).toOpaque())
        state.withLock { state in
            if !isHere, state.isDriving {
                state.escapes.append("a task was woken from outside: by Task.sleep, a thread or Dispatch")
            }
            state.scheduler.add(job, task: Self.taskID(of: job))
        }
    }

    private static func taskID(of job: UnownedJob) -> UInt64 {
        simulation_task_id(unsafeBitCast(job, to: UnsafeMutableRawPointer.self))
    }

    /// A job that chose no executor, or the machine's own clock: it is run here all the same, and reported.
    private func capture(_ job: UnownedJob, _ task: UInt64, delay: UInt64) {
        let starter = Task.name ?? "an unnamed task"
        state.withLock { state in
            if delay > 0 {
                state.escapes.append("\(starter) slept on the machine's clock; sleep on the context's")
                state.scheduler.add(
                    .job(job, task: task), at: state.scheduler.now.advanced(by: .nanoseconds(Int64(clamping: delay))))
                return
            }
            if state.escapedTasks.insert(task).inserted {
                state.escapes.append("\(starter) started a task that is no child of any")
            }
            state.scheduler.add(job, task: task)
        }
    }

    /// A host was made in this simulation: it is let go at the end, whatever its handlers hold.
    func remember(_ host: FunctionHost) { state.withLock { $0.hosts.append { [weak host] in host } } }

    // MARK: - Timers

    func add(_ timer: Timer, at time: Timestamp) { state.withLock { $0.scheduler.add(timer, at: time) } }

    func removeTimers(where matches: (Timer) -> Bool) -> [Timer] {
        state.withLock { $0.scheduler.removeTimers(where: matches) }
    }
}

/// The executor that simulated code is isolated to while no actor is: it hands everything to the simulation.
private final class Anchor: SerialExecutor {
    private struct Holder { weak var simulation: Simulation? }
    private let holder = Mutex(Holder())

    func attach(_ simulation: Simulation) { holder.withLock { $0.simulation = simulation } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        holder.withLock { $0.simulation }?.enqueue(unowned: job)
    }
}

/// What the root task came to.
private final class OneResult<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    var isSet: Bool { result.withLock { $0 != nil } }

    func set(_ body: @Sendable () async throws -> Value) async {
        let new: Result<Value, any Error>
        do { new = .success(try await body()) } catch { new = .failure(error) }
        result.withLock { $0 = new }
    }

    func get() throws -> Value {
        guard let result = result.withLock({ $0 }) else { preconditionFailure("the root has not ended") }
        return try result.get()
    }
}
