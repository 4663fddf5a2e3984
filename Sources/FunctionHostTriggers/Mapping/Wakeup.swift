// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// What wakes a poller: something came, something ended, somebody wants it to stop.
///
/// A call that comes while the poller looks is not lost: its next wait returns at once.
final class Wakeup: Sendable {
    private struct State {
        var isCalled = false
        var ticket: OneShot<Bool>?
    }

    private let state = Mutex(State())

    func call() {
        let ticket = state.withLock { state in
            defer { state.ticket = nil }
            state.isCalled = state.ticket == nil
            return state.ticket
        }
        ticket?.give(true)
    }

    /// Waits until it is called, for a time, or until the host shuts down.
    ///
    /// - Returns: false if the host shuts down, or the task was cancelled.
    func wait(on host: FunctionHost, until deadline: Timestamp?) async -> Bool {
        guard let ticket = take() else { return true }
        defer { giveBack(ticket) }
        return await host.waitUnlessShutDown(ticket, until: deadline)
    }

    /// Waits until it is called or for a time, whatever else happens.
    func waitInShutdown(on host: FunctionHost, until deadline: Timestamp? = nil) async {
        guard let ticket = take() else { return }
        defer { giveBack(ticket) }
        await host.wait(ticket, until: deadline)
    }

    private func take() -> OneShot<Bool>? {
        state.withLock { state in
            if state.isCalled {
                state.isCalled = false
                return nil
            }
            let ticket = OneShot<Bool>()
            state.ticket = ticket
            return ticket
        }
    }

    /// Nobody waits any more: the next call is for the next wait.
    private func giveBack(_ ticket: OneShot<Bool>) {
        state.withLock { if $0.ticket === ticket { $0.ticket = nil } }
    }
}
