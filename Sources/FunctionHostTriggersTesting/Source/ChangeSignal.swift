// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Counts changes, and wakes who waits for the next.
///
/// A waiter says which count it has seen: a change between its looking and its waiting is not lost, since it returns at once.
/// One whose task is cancelled is forgotten then.
package final class ChangeSignal: Sendable {
    private let state = Mutex(ChangeStateMachine<OneShot<Void>>())

    package init() {}

    /// How much has changed so far.
    package var count: UInt64 { state.withLock { $0.count } }

    /// How many wait.
    package var waiting: Int { state.withLock { $0.waiting } }

    /// Something has changed: everybody who waits returns.
    package func announce() {
        for waiter in state.withLock({ $0.changed() }) { waiter.give(()) }
    }

    /// Returns once something has changed since `count` was read so, or the task is cancelled.
    package func wait(since count: UInt64) async {
        let waiter = OneShot<Void>()
        guard let ticket = state.withLock({ $0.wait(waiter, since: count) }) else { return }
        await withTaskCancellationHandler {
            await waiter.wait()
        } onCancel: {
            if let waiter = state.withLock({ $0.leave(ticket) }) { waiter.give(()) }
        }
    }
}

/// The rules of a ``ChangeSignal``.
struct ChangeStateMachine<Waiter: Sendable>: Sendable {
    /// How much has changed so far.
    private(set) var count: UInt64 = 0
    private var waiters: [UInt64: Waiter] = [:]
    private var tickets: UInt64 = 0

    var waiting: Int { waiters.count }

    /// Something has changed; these are to be woken, those who have waited longest first.
    mutating func changed() -> [Waiter] {
        count &+= 1
        guard !waiters.isEmpty else { return [] }
        let woken = waiters.sorted { $0.key < $1.key }.map(\.value)
        waiters.removeAll(keepingCapacity: true)
        return woken
    }

    /// Lets somebody wait for the next change; nil if it has come already.
    mutating func wait(_ waiter: Waiter, since seen: UInt64) -> UInt64? {
        guard seen == count else { return nil }
        tickets += 1
        waiters[tickets] = waiter
        return tickets
    }

    /// Somebody waits no more; nil if it was woken before.
    mutating func leave(_ ticket: UInt64) -> Waiter? { waiters.removeValue(forKey: ticket) }
}
