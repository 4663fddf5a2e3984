// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct BulkheadScenarios {
    @Test(
        "A runaway's caller is answered at the deadline, its slot stays taken, its late answer is refused", .everySeed)
    func runaway() async throws {
        let rig = try Rig(limit: 2)
        let gate = Gate()
        let work = try rig.host.register("work", configuration: .bulkhead(timeout: .milliseconds(30), reserved: 1)) {
            (isRunaway: Bool, _) in
            if isRunaway { await gate.wait() }
        }
        try await rig.running {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await rig.expect(.timedOut) { try await rig.host.invoke(work, with: true) }
                    #expect(rig.simulation.now < Simulation.start.advanced(by: .milliseconds(90)))
                    let running = rig.host.runningInvocations()
                    #expect(running.count == 1 && running[0].isAnswered && running[0].overdue != nil)
                    await rig.expect(.throttled) { try await rig.host.invoke(work, with: false) }
                    #expect(rig.metrics.snapshot().total.concurrentExecutions == 1)
                }
            }
            #expect(rig.ledger.counts.lateAnswers == 0)
            try await rig.simulation.advance(by: .milliseconds(100))
            gate.open()
            try await rig.simulation.advance(by: .milliseconds(20))
            #expect(rig.ledger.counts.lateAnswers == 1)
            await rig.expect(.answered) { try await rig.host.invoke(work, with: false) }
        }
        rig.expectAtRest()
    }

    @Test(
        "Deadline, end and the caller's cancellation at one instant give one answer and return one permit", .everySeed)
    func oneAnswer() async throws {
        let rig = try Rig(limit: 2)
        let work = try rig.host.register("work", configuration: .bulkhead(timeout: .milliseconds(20))) {
            (isObedient: Bool, context: InvocationContext) in
            if isObedient {
                try await context.sleep(for: .milliseconds(20))
            } else {
                // Ends at the instant of its deadline whether it is cancelled or not.
                await rig.simulation.sleepUncancelled(for: .milliseconds(20))
            }
        }
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<2 {
                    group.addTask {
                        let isObedient = rig.simulation.chance(0.5)
                        let verdict =
                            number == 0
                            ? await rig.call { try await rig.host.invoke(work, with: isObedient) }
                            : await rig.callAndCancel(after: .milliseconds(20)) {
                                try await rig.host.invoke(work, with: isObedient)
                            }
                        #expect([.answered, .timedOut, .cancelled].contains(verdict))
                        #expect(number == 1 || verdict != .cancelled)
                    }
                }
            }
        }
        let counts = rig.ledger.counts
        #expect(rig.callCount == 2)
        #expect(counts.finished >= counts.started)
        #expect(counts.outcomes[.timedOut, default: 0] == rig.count(.timedOut))
        #expect(counts.outcomes[.succeeded, default: 0] == rig.count(.answered))
        rig.expectAtRest()
    }

    @Test(
        "A caller who is cancelled on the bulkhead is answered at once, and the handler gives its place back",
        .everySeed)
    func cancelledCaller() async throws {
        let rig = try Rig(limit: 1)
        let stops = Gauge("the handler", limit: 1)
        let work = try rig.host.register(
            "work", configuration: .bulkhead(timeout: .seconds(3)),
            environment: { _ in
                try await rig.simulation.advance(by: rig.some(3))
                return 0
            },
            handler: { (uses: inout Int, isLong: Bool, context: InvocationContext) in
                uses += 1
                try await stops.within { _ in try await context.sleep(for: isLong ? .seconds(2) : .milliseconds(8)) }
            })
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<4 {
                    group.addTask {
                        if number == 3 { return _ = await rig.call { try await rig.host.invoke(work, with: false) } }
                        await rig.callAndCancel(within: 15) { try await rig.host.invoke(work, with: true) }
                    }
                }
            }
            #expect(rig.count(.answered) == 1)
            #expect(rig.count(.cancelled) == 3)
            // The handlers have been stopped too: not one had its two seconds.
            #expect(Simulation.start.duration(to: rig.simulation.now) < .seconds(1))
        }
        #expect(stops.inside == 0)
        rig.expectAtRest()
    }

    @Test("A bulkhead function is refused unless the host runs, and takes no permit with it", .everySeed)
    func notRunning() async throws {
        let rig = try Rig(limit: 1)
        let work = try rig.host.register("work", configuration: .bulkhead(timeout: .seconds(3))) { (_: Void, context) in
            try await context.sleep(for: rig.some(2))
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for _ in 0..<3 {
                    let verdict = await rig.call { try await rig.host.invoke(work) }
                    #expect([.answered, .refused(.notRunning), .shuttingDown].contains(verdict))
                    try await rig.pause(1)
                }
                rig.host.triggerGracefulShutdown()
            }
            group.addTask {
                try await rig.pause(2)
                try await rig.host.run()
            }
        }
        #expect(rig.host.phase == .finished)
        rig.expectAtRest()
    }
}

extension FunctionConfiguration {
    /// On the bulkhead, and patient unless something is reserved.
    static func bulkhead(timeout: Duration, reserved: Int? = nil) -> Self {
        Self(
            timeout: timeout, reservedConcurrency: reserved,
            saturation: reserved == nil ? .wait(atMost: .seconds(60)) : .reject, placement: .bulkhead)
    }
}

extension Rig {
    /// Runs the host while `body` runs, and shuts it down.
    func running(_ body: () async throws -> Void) async throws { try await host.run { try await body() } }
}
