// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The life of a host.
///
/// ```
///   idle ──run──▶ running ──shutdown, or run cancelled──▶ draining ──all ended──▶ finished
///     └───────────────── shutdown before run ──────────────▲                        ▲
///                                                          └── a late run() joins ──┘
/// ```
///
/// Invocations are taken in `idle` and `running`. The first shutdown sets the deadline; later ones change nothing.
package struct LifecycleStateMachine: Sendable {
    private enum State {
        case idle
        case running
        case draining(since: Timestamp, isRunning: Bool)
        case finished
    }

    package enum RunAction: Sendable, Equatable { case run, drainOnly, refuse(FunctionHostError.Code) }

    private var state = State.idle

    package init() {}

    package var phase: HostPhase {
        switch state {
        case .idle: .idle
        case .running: .running
        case .draining: .draining
        case .finished: .finished
        }
    }

    package var takesInvocations: Bool {
        switch state {
        case .idle, .running: true
        case .draining, .finished: false
        }
    }

    /// Whether a task group stands ready for work that no caller's task can hold.
    package var isRunning: Bool {
        switch state {
        case .running: true
        case .draining(_, let isRunning): isRunning
        case .idle, .finished: false
        }
    }

    package mutating func run() -> RunAction {
        switch state {
        case .idle:
            state = .running
            return .run
        case .running, .draining(_, isRunning: true): return .refuse(.alreadyRunning)
        case .draining(let since, isRunning: false):
            state = .draining(since: since, isRunning: true)
            return .drainOnly
        case .finished: return .refuse(.alreadyFinished)
        }
    }

    /// Begins the shutdown; false if it has begun before.
    package mutating func shutDown(now: Timestamp) -> Bool {
        switch state {
        case .idle: state = .draining(since: now, isRunning: false)
        case .running: state = .draining(since: now, isRunning: true)
        case .draining, .finished: return false
        }
        return true
    }

    package mutating func finish() { state = .finished }
}

/// Where a host is in its life.
public enum HostPhase: String, Sendable, Hashable {
    /// Made, and serving callers' tasks; ``FunctionHost/run()`` has not been called.
    case idle
    /// ``FunctionHost/run()`` is under way.
    case running
    /// Shutting down: nothing new is taken, what runs is waited for.
    case draining
    /// Shut down for good.
    case finished
}
