// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct EverythingScenarios {
    @Test(
        "Whatever happens at once, each call has one answer, and the observers' accounts agree with the callers'",
        .everySeed)
    func everything() async throws {
        let rig = try Rig(limit: 2)
        let functions = try rig.registerEverything()
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<7 {
                    group.addTask {
                        let call: @Sendable () async throws -> Void = {
                            try await rig.host.invoke(functions[number % 3], with: number)
                        }
                        if number == 4 { await rig.callAndCancel(within: 6, call) } else { await rig.call(call) }
                    }
                }
            }
            // Those on the bulkhead whose callers have been answered are still to end.
            try await rig.simulation.advance(by: .milliseconds(50))
            try await rig.expectRoom()
        }
        let counts = rig.ledger.counts
        #expect(rig.callCount == 7)
        #expect(counts.outcomes[.failed, default: 0] == rig.count(.failed))
        #expect(counts.outcomes[.timedOut, default: 0] == rig.count(.timedOut))
        #expect(counts.outcomes[.initFailed, default: 0] == rig.count(.refused(.initFailed)))
        // Two answers come from the probe that looked whether there was room.
        #expect(counts.outcomes[.succeeded, default: 0] == rig.count(.answered) + 2)
        #expect(counts.outcomes[.cancelled, default: 0] <= rig.count(.cancelled))
        #expect(counts.throttled == rig.count(.throttled))
        let total = rig.metrics.snapshot().total
        #expect(total.invocations + total.throttles >= 7 - rig.count(.cancelled))
        #expect(total.timeouts == rig.count(.timedOut))
        rig.expectAtRest()
    }
}

extension Rig {
    /// One that fails now and then, one with state that cannot always be made, one on the bulkhead that is often too late.
    fileprivate func registerEverything() throws -> [Function<Int, Void>] {
        let failing = try host.register(
            Function<Int, Void>("failing"), configuration: .waiting(atMost: .milliseconds(6))
        ) { number, context in
            if self.simulation.chance(0.5) { try await context.sleep(for: self.some(2)) }
            if self.simulation.chance(0.3) { throw HandlerError(number: number) }
        }
        let stateful = try host.register(
            "stateful", configuration: .waiting,
            environment: { _ in
                try await self.pause(2)
                if self.simulation.chance(0.3) { throw HandlerError() }
                return Notebook()
            },
            handler: { (notebook: inout Notebook, _: Int, context: InvocationContext) in
                _ = notebook.begin()
                defer { notebook.end() }
                try await context.sleep(for: self.some(2))
            })
        let late = try host.register(
            Function<Int, Void>("late"), configuration: .bulkhead(timeout: .milliseconds(4))
        ) { _, context in
            await self.simulation.sleepUncancelled(for: self.some(6))
        }
        return [failing, stateful, late]
    }
}
