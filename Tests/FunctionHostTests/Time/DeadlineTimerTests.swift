// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

@Suite struct DeadlineTimerTests {
    /// A clock whose one alarm rings when the test says so, and notes for when it was set.
    private final class HandClock: HostClock, HostAlarm {
        private struct State {
            var now = Timestamp.at(0)
            var asked: [Timestamp] = []
            var ring: (@Sendable () -> Void)?
        }

        private let state = Mutex(State())

        var now: Timestamp { state.withLock { $0.now } }
        var wallTime: Timestamp { now }
        /// The times for which the alarm was set, in nanoseconds.
        var asked: [Int64] { state.withLock { $0.asked.map(\.nanoseconds) } }

        func sleep(until deadline: Timestamp, tolerance: Duration?) async throws {}

        func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm {
            state.withLock { $0.ring = ring }
            return self
        }

        func ring(noLaterThan time: Timestamp) { state.withLock { $0.asked.append(time) } }

        func ring(at time: Int64) {
            let ring = state.withLock { state in
                state.now = .at(time)
                return state.ring
            }
            ring?()
        }
    }

    /// Notes when its deadline passed, and may schedule itself again.
    private final class Target: DeadlineTarget {
        private let passed = Mutex<[Int64]>([])
        private let onPassing: @Sendable () -> Void

        init(_ onPassing: @escaping @Sendable () -> Void = {}) { self.onPassing = onPassing }

        var times: [Int64] { passed.withLock { $0 } }

        func deadlinePassed(now: Timestamp) {
            passed.withLock { $0.append(now.nanoseconds) }
            onPassing()
        }
    }

    private let clock = HandClock()

    @Test("The alarm is set only for a deadline that comes before all others")
    func alarm() {
        let timer = DeadlineTimer(clock: clock)
        for time in [20, 30, 10, 10, 25] as [Int64] { _ = timer.schedule(Target(), at: .at(time)) }
        #expect(clock.asked == [20, 10])
        #expect(timer.count == 5)
    }

    @Test(
        "When the alarm rings everything due is called, and the alarm is set for what is left",
        arguments: [
            (5, [], [10]), (10, [0], [20]), (29, [0, 1], [30]), (99, [0, 1, 2], []),
        ] as [(Int64, [Int], [Int64])])
    func ring(now: Int64, called: [Int], next: [Int64]) {
        let timer = DeadlineTimer(clock: clock)
        let targets = (0..<3).map { _ in Target() }
        for (index, target) in targets.enumerated() { _ = timer.schedule(target, at: .at(Int64(index + 1) * 10)) }
        clock.ring(at: now)
        #expect(targets.map { !$0.times.isEmpty } == (0..<3).map { called.contains($0) })
        #expect(clock.asked.dropFirst() == next[...])
    }

    @Test("A cancelled deadline is not called, and cannot be cancelled twice nor after it has passed")
    func cancel() {
        let timer = DeadlineTimer(clock: clock)
        let (first, second) = (Target(), Target())
        let ids = [timer.schedule(first, at: .at(1)), timer.schedule(second, at: .at(2))]
        #expect(timer.cancel(ids[0]))
        #expect(!timer.cancel(ids[0]))
        clock.ring(at: 5)
        #expect(first.times.isEmpty)
        #expect(second.times == [5])
        #expect(!timer.cancel(ids[1]))
        #expect(timer.count == 0)
    }

    @Test("A deadline may schedule another while it is called")
    func again() {
        let timer = DeadlineTimer(clock: clock)
        let later = Target()
        let first = Target { _ = timer.schedule(later, at: .at(50)) }
        _ = timer.schedule(first, at: .at(10))
        clock.ring(at: 10)
        #expect(first.times == [10])
        #expect(clock.asked.last == 50)
        clock.ring(at: 50)
        #expect(later.times == [50])
    }

    @Test("A timer that is let go takes its deadlines along, and its alarm rings for nobody")
    func letGo() {
        let target = Target()
        var timer: DeadlineTimer? = DeadlineTimer(clock: clock)
        _ = timer?.schedule(target, at: .at(1))
        weak var gone: DeadlineTimer?
        gone = timer
        timer = nil
        clock.ring(at: 5)
        #expect(gone == nil)
        #expect(target.times.isEmpty)
    }
}
