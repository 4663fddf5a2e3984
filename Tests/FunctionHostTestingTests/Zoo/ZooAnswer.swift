// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization

/// The one answer to a call, for which a handler, a deadline and a cancellation race.
final class ZooAnswer: Sendable {
    private struct State {
        var answer: String?
        var waiter: CheckedContinuation<String, Never>?
    }

    private let bug: PlantedBug?
    private let state = Mutex(State())
    /// What was accepted, which should be one.
    let accepted = Log<String>()

    init(_ bug: PlantedBug?) { self.bug = bug }

    func give(_ answer: String) async {
        if bug == .answeredTwice {
            guard state.withLock({ $0.answer == nil }) else { return }
            // Somebody else looks now, and finds no answer either.
            await Task.yield()
        }
        let (isAccepted, waiter) = state.withLock { state in
            let isFirst = state.answer == nil
            let isAccepted = isFirst || bug == .answeredTwice || bug == .lateAnswerAccepted && answer == "handler"
            if isAccepted { state.answer = answer }
            defer { state.waiter = nil }
            return (isAccepted, state.waiter)
        }
        if isAccepted { accepted.append(answer) }
        waiter?.resume(returning: answer)
    }

    func wait() async -> String {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state in
                if state.answer == nil { state.waiter = continuation }
                return state.answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let answer = ZooAnswer(bug)
        let told = await withTaskGroup(of: String?.self) { group in
            for name in ["handler", "deadline", "caller"] {
                group.addTask {
                    await zooPause(5)
                    await answer.give(name)
                    return nil
                }
            }
            group.addTask { await answer.wait() }
            var told: String?
            for await result in group { told = result ?? told }
            return told
        }
        guard answer.accepted.count == 1 else { throw ZooFault("answers accepted: \(answer.accepted.entries)") }
        guard answer.accepted.entries == [told] else { throw ZooFault("another answer was told than accepted") }
    }
}

/// Attempts one after the other, each cancelled at its own deadline.
final class ZooDeadlines: Sendable {
    private struct State {
        var number = 0
        var hasEnded = false
        var stop: CheckedContinuation<Bool, Never>?
    }

    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(_ bug: PlantedBug?) { self.bug = bug }

    func begin() -> Int {
        state.withLock { state in
            state.number += 1
            state.hasEnded = false
            return state.number
        }
    }

    /// Waits for the attempt to be stopped (true) or ended (false).
    func run() async -> Bool {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.stop = continuation }
                return state.hasEnded
            }
            if hasEnded { continuation.resume(returning: false) }
        }
    }

    func end(_ number: Int) { take(number)?.resume(returning: false) }

    func deadlinePassed(_ number: Int) {
        // A deadline whose attempt has ended has nothing to say about the next one.
        let current = state.withLock { $0.number }
        take(bug == .deadlineCancelsNextAttempt ? current : number)?.resume(returning: true)
    }

    private func take(_ number: Int) -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            guard state.number == number else { return nil }
            state.hasEnded = true
            defer { state.stop = nil }
            return state.stop
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        guard let simulation = Simulation.current else { return }
        let attempts = ZooDeadlines(bug)
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<3 {
                let number = attempts.begin()
                let deadline = simulation.now.advanced(by: .milliseconds(50))
                let length = Duration.milliseconds(simulation.random(in: 20...60))
                group.addTask {
                    try await simulation.clock.sleep(until: deadline)
                    attempts.deadlinePassed(number)
                }
                group.addTask {
                    try await simulation.advance(by: length)
                    attempts.end(number)
                }
                let isStopped = await attempts.run()
                if isStopped, simulation.now < deadline { throw ZooFault("stopped before its deadline") }
            }
        }
    }
}
