// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Chooses what runs next in a simulation, and when time moves on: everything that a seed decides.
///
/// Jobs are runnable or wait for a time. When nothing is runnable, time jumps to the earliest timer and all timers of that
/// instant fire together; once in a while, by lot, time moves on although something is runnable, as on a slow machine.
///
/// Scenarios run by the hundred thousand in debug builds, so what each step passes through is written in plain loops: there
/// a key path costs more than all the rest of a step.
struct SchedulerStateMachine<Job: Sendable, Timer: Sendable>: Sendable {
    enum Step: Sendable {
        case run(Job)
        /// These are due: tell them, in this order.
        case fire([Timer])
        case idle
    }

    private struct Runnable: Sendable {
        let job: Job
        let task: Int
    }

    private struct Waiting: Sendable {
        let time: Timestamp
        let order: Int
        let timer: Timer
    }

    private(set) var now: Timestamp
    private(set) var steps = 0
    /// A hash of every choice: the same if and only if two runs went the same way.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Which task ran at each step.
    private(set) var trail: [UInt16] = []
    var generator: SplitMix64

    private let strategy: SimulationStrategy
    /// Of how many steps one moves time on although something is runnable; 0 for none.
    private let lateness: UInt64
    /// How far time may move on although something is runnable.
    private let slowness: Duration
    private var runnable: [Runnable] = []
    private var waiting: [Waiting] = []
    /// When the first of those who wait is due.
    private var earliest: Timestamp?
    private var order = 0
    private var tasks: [UInt64: Int] = [:]
    private var priorities: [Int] = []
    private var changes: [Int] = []

    init(seed: UInt64, strategy: SimulationStrategy, slowness: Duration, start: Timestamp) {
        self.strategy = strategy
        self.slowness = slowness
        now = start
        // Hashed, so that near seeds have nothing in common.
        generator = SplitMix64(seed: SplitMix64(seed: seed).hashed)
        lateness = [0, 0, 64, 16][Int(generator.next() % 4)]
        if case .priorities(let count) = strategy.kind {
            // The number of steps is not known beforehand: the changes are spread over three orders of magnitude.
            changes = (0..<count).map { _ in
                Int(generator.next() % UInt64([30, 300, 3_000][Int(generator.next() % 3)]))
            }
        }
    }

    var hasRunnable: Bool { !runnable.isEmpty }
    var hasTimers: Bool { !waiting.isEmpty }

    /// The number of tasks seen so far.
    var taskCount: Int { tasks.count }

    /// A job can run; `task` is its task's id, whatever it is.
    mutating func add(_ job: Job, task id: UInt64) {
        let task: Int
        if let known = tasks[id] {
            task = known
        } else {
            task = tasks.count
            tasks[id] = task
            priorities.append(Int(generator.next() >> 16))
        }
        runnable.append(Runnable(job: job, task: task))
    }

    /// Something is to happen at a time.
    mutating func add(_ timer: Timer, at time: Timestamp) {
        order += 1
        waiting.append(Waiting(time: time, order: order, timer: timer))
        if let earliest, earliest <= time { return }
        earliest = time
    }

    /// Takes out timers that are not needed any more.
    mutating func removeTimers(where matches: (Timer) -> Bool) -> [Timer] {
        takeTimers { matches($0.timer) }
    }

    /// Lets go of everything but the time: nothing will run any more.
    mutating func forget() {
        trail = []
        runnable = []
        waiting = []
        earliest = nil
        tasks = [:]
        priorities = []
        changes = []
    }

    /// What happens next.
    mutating func next() -> Step {
        if let earliest, runnable.isEmpty || isLate(until: earliest) {
            let time = max(now, earliest)
            now = time
            mix(UInt64(bitPattern: time.nanoseconds))
            return .fire(takeTimers { $0.time <= time })
        }
        guard !runnable.isEmpty else { return .idle }
        let chosen = runnable.remove(at: choose())
        steps += 1
        mix(UInt64(chosen.task))
        trail.append(UInt16(truncatingIfNeeded: chosen.task))
        return .run(chosen.job)
    }

    /// Takes timers out, those due first first, of one instant in the order in which they were added.
    private mutating func takeTimers(where matches: (Waiting) -> Bool) -> [Timer] {
        var taken: [Waiting] = []
        var kept: [Waiting] = []
        earliest = nil
        for timer in waiting {
            if matches(timer) {
                taken.append(timer)
            } else {
                kept.append(timer)
                earliest = min(earliest ?? timer.time, timer.time)
            }
        }
        waiting = kept
        if taken.count > 1 {
            taken.sort { $0.time == $1.time ? $0.order < $1.order : $0.time < $1.time }
        }
        var timers: [Timer] = []
        for timer in taken { timers.append(timer.timer) }
        return timers
    }

    private mutating func isLate(until time: Timestamp) -> Bool {
        lateness > 0 && now.duration(to: time) <= slowness && generator.next() % lateness == 0
    }

    private mutating func choose() -> Int {
        guard case .priorities = strategy.kind else { return Int(generator.next() % UInt64(runnable.count)) }
        var best = 0
        var index = 1
        while index < runnable.count {
            if priorities[runnable[index].task] > priorities[runnable[best].task] { best = index }
            index += 1
        }
        if changes.contains(steps) {
            priorities[runnable[best].task] = -steps - 1
        }
        return best
    }

    private mutating func mix(_ value: UInt64) { digest = (digest ^ value) &* 0x0000_0100_0000_01B3 }
}

extension SplitMix64 {
    /// The first number of the sequence.
    fileprivate var hashed: UInt64 {
        var copy = self
        return copy.next()
    }
}
