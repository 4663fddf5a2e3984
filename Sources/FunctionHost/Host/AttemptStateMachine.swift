// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why an attempt was asked to stop.
package enum StopCause: Sendable, Equatable {
    /// Its deadline has passed.
    case deadline
    /// Its caller, on the bulkhead, has been cancelled; in the caller's own task cancellation needs no asking.
    case caller
    /// The host is shutting down.
    case shutdown
}

/// One run of a handler, or of an init closure, from its start to its end.
///
/// ```
///   running ──stop──▶ stopping ──▶ ended
///      └───────── end ───────────────▲
/// ```
///
/// The parent of the handler's task waits for either: at a stop it cancels, at the end it goes on. A stop that comes after
/// the end changes nothing, and of several stops the first is the cause.
package struct AttemptStateMachine<Waiter: Sendable>: Sendable {
    private enum State {
        case running
        case stopping(StopCause)
        case ended(StopCause?)
    }

    package enum WaitAction: Sendable, Equatable { case wait, cancel, goOn }

    private var state = State.running
    private var waiter: Waiter?
    private var isCancelled = false

    package init() {}

    package var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// Why it was asked to stop, if it was before it ended.
    package var cause: StopCause? {
        switch state {
        case .running: nil
        case .stopping(let cause): cause
        case .ended(let cause): cause
        }
    }

    /// The parent asks what to do; `new` is kept if it is to wait, and told by whoever takes it out.
    package mutating func wait(_ new: Waiter) -> WaitAction {
        switch state {
        case .stopping where !isCancelled:
            isCancelled = true
            return .cancel
        case .running, .stopping:
            waiter = new
            return .wait
        case .ended: return .goOn
        }
    }

    /// The handler has ended; the waiter returned goes on.
    package mutating func end() -> Waiter? {
        switch state {
        case .running: state = .ended(nil)
        case .stopping(let cause): state = .ended(cause)
        case .ended: preconditionFailure("an attempt ended twice")
        }
        return takeWaiter()
    }

    /// Asks it to stop; false if it is stopping or has ended already. The waiter returned cancels.
    package mutating func stop(_ cause: StopCause) -> (isFirst: Bool, waiter: Waiter?) {
        guard case .running = state else { return (false, nil) }
        state = .stopping(cause)
        isCancelled = waiter != nil
        return (true, takeWaiter())
    }

    private mutating func takeWaiter() -> Waiter? {
        defer { waiter = nil }
        return waiter
    }
}
