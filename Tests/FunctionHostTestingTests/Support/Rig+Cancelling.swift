// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting

extension Rig {
    /// Calls, and cancels the caller after a time by lot.
    @discardableResult
    func callAndCancel(
        within milliseconds: Int, _ body: @escaping @Sendable () async throws -> Void
    ) async -> Verdict {
        await callAndCancel(after: some(milliseconds), body)
    }

    /// Calls, and cancels the caller after a time; the time is not waited for if the call comes back earlier.
    @discardableResult
    func callAndCancel(after delay: Duration, _ body: @escaping @Sendable () async throws -> Void) async -> Verdict {
        await withTaskGroup(of: Verdict?.self) { group in
            group.addTask { await self.call(body) }
            group.addTask {
                // Only cancellation wakes it early, and then nothing is left to cancel.
                try? await self.simulation.advance(by: delay)
                return nil
            }
            var verdict: Verdict?
            while let next = await group.next() {
                verdict = verdict ?? next
                group.cancelAll()
            }
            guard let verdict else { preconditionFailure("a call did not come back") }
            return verdict
        }
    }
}

extension Simulation {
    /// Waits in virtual time, whatever is cancelled meanwhile.
    func sleepUncancelled(for duration: Duration) async {
        let gate = Gate()
        let alarm = clock.makeAlarm { gate.open() }
        alarm.ring(noLaterThan: now.advanced(by: duration))
        await gate.wait()
    }
}
