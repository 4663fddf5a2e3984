// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// Keeps account of everything a host says has happened, and fails the test in the moment in which it cannot be true.
///
/// Never more running than the limit; each invocation ended once; no environment with more invocations than it serves, lent
/// after its end, or ended while lent or twice.
final class Ledger: HostObserver {
    private struct State {
        var running: [InvocationID: EnvironmentID] = [:]
        var ended: Set<InvocationID> = []
        var inside: [EnvironmentID: Int] = [:]
        var endedEnvironments: Set<EnvironmentID> = []
        var counts = Counts()
        var fault: String?
    }

    /// How often what has happened.
    struct Counts: Sendable, Equatable {
        var started = 0
        var finished = 0
        var throttled = 0
        var overdue = 0
        var lateAnswers = 0
        var environmentsStarted = 0
        var environmentsFailed = 0
        var coldStarts = 0
        var outcomes: [Outcome: Int] = [:]
        var ends: [EnvironmentEnd: Int] = [:]
        var phases: [HostPhase] = []
        var reports: [DrainReport] = []
    }

    private let limit: Int
    private let sharedBy: Int
    private let state = Mutex(State())

    init(limit: Int, sharedBy: Int) {
        self.limit = limit
        self.sharedBy = sharedBy
    }

    var delivery: ObserverDelivery { .immediate }
    /// The first event that could not be true.
    var fault: String? { state.withLock { $0.fault } }
    var counts: Counts { state.withLock { $0.counts } }
    /// Invocations under way, those whose callers have been answered included.
    var runningCount: Int { state.withLock { $0.running.count } }

    func receive(_ event: HostEvent) {
        let fault = state.withLock { state in
            let fault = Self.enter(event, in: &state, limit, sharedBy)
            state.fault = state.fault ?? fault
            return fault
        }
        // Told by the clock there is no task and so no test to fail: then it fails at its end.
        if let fault, Test.current != nil { Issue.record("\(fault)") }
    }

    private static func enter(_ event: HostEvent, in state: inout State, _ limit: Int, _ sharedBy: Int) -> String? {
        switch event {
        case .invocationStarted(let context, _): return begin(context, in: &state, limit, sharedBy)
        case .invocationFinished(let report): return finish(report, in: &state)
        case .lateAnswerRefused(let context, _):
            state.counts.lateAnswers += 1
            return leave(context.id, in: &state) ? nil : "a late answer of an invocation that had ended"
        case .environmentEnded(let report, let reason):
            state.counts.ends[reason, default: 0] += 1
            if state.inside[report.environmentID, default: 0] > 0 { return "an environment ended while it was lent" }
            let isFirst = state.endedEnvironments.insert(report.environmentID).inserted
            return isFirst ? nil : "environment \(report.environmentID) ended twice"
        default: count(event, in: &state.counts)
        }
        return nil
    }

    private static func count(_ event: HostEvent, in counts: inout Counts) {
        switch event {
        case .invocationThrottled: counts.throttled += 1
        case .invocationOverdue: counts.overdue += 1
        case .environmentStarted: counts.environmentsStarted += 1
        case .environmentFailed: counts.environmentsFailed += 1
        case .phaseChanged(let phase): counts.phases.append(phase)
        case .drained(let report): counts.reports.append(report)
        default: break
        }
    }

    private static func begin(
        _ context: InvocationContext, in state: inout State, _ limit: Int, _ sharedBy: Int
    ) -> String? {
        let environment = context.environmentID
        state.counts.started += 1
        if context.isColdStart { state.counts.coldStarts += 1 }
        if state.running.updateValue(environment, forKey: context.id) != nil {
            return "an invocation ran twice at once"
        }
        state.inside[environment, default: 0] += 1
        if state.running.count > limit { return "\(state.running.count) ran under a limit of \(limit)" }
        if state.endedEnvironments.contains(environment) { return "environment \(environment) was lent after its end" }
        if state.inside[environment, default: 0] > sharedBy { return "environment \(environment) was lent too often" }
        return nil
    }

    private static func finish(_ report: InvocationReport, in state: inout State) -> String? {
        state.counts.finished += 1
        state.counts.outcomes[report.outcome, default: 0] += 1
        guard state.ended.insert(report.context.id).inserted else { return "an invocation ended twice" }
        if report.isRunningOn {
            return state.running[report.context.id] == nil ? "an invocation runs on that does not run" : nil
        }
        if leave(report.context.id, in: &state) { return nil }
        // Without a start there was no environment to start in.
        let couldNotStart: Set<Outcome> = [.initFailed, .timedOut, .cancelled, .interrupted]
        return couldNotStart.contains(report.outcome) ? nil : "an invocation ended that had not started"
    }

    private static func leave(_ id: InvocationID, in state: inout State) -> Bool {
        guard let environment = state.running.removeValue(forKey: id) else { return false }
        state.inside[environment, default: 0] -= 1
        return true
    }
}
