// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A stretch of one worker's work: a task that runs one handler after another, and can be cancelled for the sake of one.
///
/// Handlers run in the shift's own task, one at a time, which spares each a task. When one has to be cancelled, the task is;
/// it runs no other handler afterwards, and the worker begins another shift.
final class Shift: Sendable {
    private struct State {
        var machine = AttemptStateMachine<UnsafeContinuation<Bool, Never>>()
        var token: LeaseToken?
        var leasedAt = Timestamp(nanoseconds: 0)
        var event: CurrentEvent?
        var rest: EventVerdict?
    }

    private let state = Mutex(State())

    // MARK: - Its worker

    /// Returns when the shift has ended (true) or is to be cancelled (false, once).
    func waitForEndOrStop() async -> Bool {
        // Resumed exactly once: by `end` or `stop`, which take it out of the machine, or here, where it was not put in.
        await withUnsafeContinuation { continuation in
            switch state.withLock({ $0.machine.wait(continuation) }) {
            case .wait: break
            case .cancel: continuation.resume(returning: false)
            case .goOn: continuation.resume(returning: true)
            }
        }
    }

    /// What the shift has left to settle because it was cancelled, after it has ended.
    func takeRest() -> EventVerdict? {
        state.withLock { state in
            defer { state.rest = nil }
            return state.rest
        }
    }

    // MARK: - Its own task

    /// An event has been leased, and is in the worker's hands until `putBack`.
    func take(_ lease: Lease, at time: Timestamp) {
        state.withLock { state in
            state.token = lease.token
            state.leasedAt = time
            state.event = CurrentEvent(id: lease.event.id, box: lease.event.box)
        }
    }

    /// The event has been settled.
    func putBack() {
        state.withLock { state in
            state.token = nil
            state.event = nil
        }
    }

    /// The shift has been cancelled: its worker settles the event.
    func leave(_ verdict: EventVerdict) { state.withLock { $0.rest = verdict } }

    /// The shift is over.
    func end() {
        let waiter = state.withLock { $0.machine.end() }
        waiter?.resume(returning: true)
    }

    // MARK: - Others

    /// Has the task cancelled that runs the present handler.
    func stop() {
        let (_, waiter) = state.withLock { $0.machine.stop(.deadline) }
        waiter?.resume(returning: false)
    }

    /// The lease it holds, if it has held it since before `time`.
    func token(heldSince time: Timestamp) -> LeaseToken? {
        state.withLock { $0.leasedAt <= time ? $0.token : nil }
    }

    /// The lease was prolonged.
    func extended(_ token: LeaseToken, at time: Timestamp) {
        state.withLock { state in
            if state.token == token { state.leasedAt = time }
        }
    }

    /// What is being worked on.
    var event: CurrentEvent? { state.withLock { $0.event } }

    /// Whether anything is being worked on.
    var isBusy: Bool { state.withLock { $0.token != nil } }

    /// The shift that this code runs in, with whatever it calls: events enqueued here follow from the present one.
    @TaskLocal static var current: Shift?
}

/// The event that a handler runs for, as far as those that follow from it need to know.
struct CurrentEvent: Sendable {
    let id: InvocationID
    let box: DetailsBox?

    var lineage: [String: Int] { box?.details.lineage ?? [:] }
}
