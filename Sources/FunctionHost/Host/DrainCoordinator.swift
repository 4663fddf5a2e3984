// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The end of a host: when its shutdown began, who waits for its report, and the report once there is one.
final class DrainCoordinator: Sendable {
    private struct State {
        var beganAt: Timestamp?
        var refusedWaiters = 0
        var report: DrainReport?
        var waiters: [CheckedContinuation<DrainReport, Never>] = []
        var deadlines: [DeadlineID] = []
        var finish = Finish.notBegun
        /// What callers of handlers on the bulkhead wait for.
        var answers: [ObjectIdentifier: Answer] = [:]
    }

    /// How far the end of the environments has come.
    private enum Finish {
        case notBegun
        case underWay([CheckedContinuation<Bool, Never>])
        case done
    }

    private let state = Mutex(State())

    /// When the shutdown began.
    var beganAt: Timestamp? { state.withLock { $0.beganAt } }

    func began(at time: Timestamp, refusedWaiters: Int) {
        state.withLock { state in
            state.beganAt = time
            state.refusedWaiters = refusedWaiters
        }
    }

    func remember(_ deadlines: [DeadlineID]) { state.withLock { $0.deadlines = deadlines } }

    /// A caller waits for an answer from the bulkhead, until it is forgotten.
    func expect(_ answer: Answer) { state.withLock { $0.answers[ObjectIdentifier(answer)] = answer } }

    func forget(_ answer: Answer) { state.withLock { _ = $0.answers.removeValue(forKey: ObjectIdentifier(answer)) } }

    /// Waits until everything has ended or the time is up.
    func report() async -> DrainReport {
        await withCheckedContinuation { continuation in
            let report = state.withLock { state in
                if state.report == nil { state.waiters.append(continuation) }
                return state.report
            }
            if let report { continuation.resume(returning: report) }
        }
    }

    /// Runs `body` for whoever asks first; the others wait until it has ended.
    func finish(_ body: () async -> Void) async {
        let isFirst = await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                switch state.finish {
                case .notBegun:
                    state.finish = .underWay([])
                    return true
                case .underWay(let others):
                    state.finish = .underWay(others + [continuation])
                    return nil
                case .done: return false
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isFirst else { return }
        await body()
        let others = state.withLock { state in
            defer { state.finish = .done }
            if case .underWay(let others) = state.finish { return others }
            return []
        }
        for other in others { other.resume(returning: false) }
    }

    /// Nothing runs any more.
    func allEnded(_ host: FunctionHost) { settle(host, stuck: [], services: []) }

    /// The time is up: callers who still wait for a handler on the bulkhead are answered without it.
    func outOfTime(_ host: FunctionHost) {
        let stuck = host.runningInvocations()
        // Nothing that comes to the bulkhead from now on is taken, and so nobody is overlooked.
        host.mailbox.close()
        for answer in state.withLock({ Array($0.answers.values) }) { answer.giveUp() }
        settle(host, stuck: stuck, services: host.services.names)
    }

    private func settle(_ host: FunctionHost, stuck: [RunningInvocation], services: [String]) {
        let now = host.time.now
        let (finished, interrupted) = host.state.withLock { ($0.finishedInDrain, $0.interruptedInDrain) }
        let (report, waiters, deadlines) = state.withLock {
            state -> (DrainReport?, [CheckedContinuation<DrainReport, Never>], [DeadlineID]) in
            guard state.report == nil, let beganAt = state.beganAt else { return (nil, [], []) }
            let report = DrainReport(
                duration: beganAt.duration(to: now), finished: finished, interrupted: interrupted,
                refusedWaiters: state.refusedWaiters, stuck: stuck, stuckServices: services)
            state.report = report
            defer {
                state.waiters = []
                state.deadlines = []
            }
            return (report, state.waiters, state.deadlines)
        }
        guard let report else { return }
        for deadline in deadlines { host.timer.cancel(deadline) }
        host.observers.emit(.drained(report))
        host.mailbox.close()
        for waiter in waiters { waiter.resume(returning: report) }
    }
}
