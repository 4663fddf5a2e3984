// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Carries events to observers on a thread of its own, so that none of them can hold an invocation up.
///
/// The thread is started by the first event and ends when the courier is closed and everything has been delivered.
final class Courier: Sendable {
    private struct State {
        var events = EventBufferStateMachine()
        var flushers: [(after: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isStarted = false
    }

    private let observers: [any HostObserver]
    private let state: Mutex<State>
    private let signal = ThreadSignal()

    init(observers: [any HostObserver], capacity: Int) {
        self.observers = observers
        state = Mutex(State(events: EventBufferStateMachine(capacity: capacity)))
    }

    /// Buffers an event, or counts it as dropped.
    func take(_ event: HostEvent) {
        let (mustWake, mustStart) = state.withLock { state in
            let wasEmpty = state.events.add(event)
            defer { state.isStarted = true }
            return (wasEmpty, !state.isStarted)
        }
        if mustStart { startThread(named: "host-observers") { self.loop() } }
        if mustWake { signal.notify() }
    }

    /// Ends the thread once everything has been delivered.
    func close() {
        state.withLock { $0.events.close() }
        signal.notify()
    }

    /// Returns when everything taken so far has been delivered.
    func flush() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                let target = state.events.taken
                if state.events.delivered >= target { return true }
                state.flushers.append((target, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    private func loop() {
        while true {
            let (batch, isClosed) = state.withLock { ($0.events.takeBatch(), $0.events.isClosed) }
            for event in batch {
                // An observer's error is its own affair.
                for observer in observers { try? observer.receive(event) }
            }
            let done = state.withLock { state in
                state.events.batchDelivered()
                let delivered = state.events.delivered
                defer { state.flushers.removeAll { $0.after <= delivered } }
                return state.flushers.filter { $0.after <= delivered }.map(\.continuation)
            }
            for continuation in done { continuation.resume() }
            if batch.isEmpty {
                if isClosed { return }
                signal.wait()
            }
        }
    }
}
