// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct DeadlineScenarios {
    @Test("An answer at or after the deadline is a timeout, and one before it never is", .everySeed)
    func deadlineAgainstEnd() async throws {
        let rig = try Rig(limit: 3)
        let timeout: Duration = .milliseconds(20)
        let ends = Log<(number: Int, isLate: Bool)>()
        let work = try rig.host.register(
            Function<Int, Void>("work"), configuration: .init(timeout: timeout)
        ) { number, context in
            // Ends by itself at the very instant of its deadline, or a little to either side; it does not look.
            let clock = rig.simulation.clock
            let end = context.startedAt.advanced(by: timeout + .milliseconds(number - 1))
            try await clock.sleep(until: end)
            ends.append((number, context.now >= context.deadline))
        }
        await withDiscardingTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    let verdict = await rig.call { try await rig.host.invoke(work, with: number) }
                    let end = ends.entries.first { $0.number == number }
                    #expect(verdict == .answered || verdict == .timedOut)
                    // If it ended too late, or was cancelled before its end, nothing but a timeout will do.
                    if end?.isLate ?? true { #expect(verdict == .timedOut) }
                }
            }
        }
        #expect(rig.ledger.counts.outcomes[.timedOut, default: 0] == rig.count(.timedOut))
        #expect(rig.metrics.snapshot().total.timeouts == rig.count(.timedOut))
        #expect(rig.ledger.counts.ends[.timedOut, default: 0] == rig.count(.timedOut))
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A handler that ignores cancellation in its caller's task is waited for, and told of as overdue", .everySeed)
    func ignoredInCallersTask() async throws {
        let rig = try Rig(limit: 1) { $0.overdueGrace = .milliseconds(10) }
        let isStuck = rig.simulation.chance(0.5)
        let gate = Gate()
        let work = try rig.host.register("work", configuration: .init(timeout: .milliseconds(30))) { (_: Void, _) in
            await gate.wait()
        }
        let opening: Duration = .milliseconds(isStuck ? 100 : 35)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await rig.expect(.timedOut) { try await rig.host.invoke(work) }
                #expect(Simulation.start.duration(to: rig.simulation.now) >= opening)
            }
            group.addTask {
                // Its permit is taken for as long as it runs.
                await rig.call {
                    try await rig.simulation.advance(by: .milliseconds(32))
                    do {
                        try await rig.host.invoke(work)
                    } catch let error as FunctionHostError where error.code == .throttled {}
                    try await rig.simulation.advance(by: opening - .milliseconds(32))
                    gate.open()
                }
            }
        }
        // Late by at most the slowness of the machine, 10 ms: the grace is 10 ms too.
        if isStuck { #expect(rig.ledger.counts.overdue >= 1) }
        #expect(rig.ledger.counts.overdue <= rig.ledger.counts.started)
        #expect(rig.ledger.counts.lateAnswers == 0)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A caller's deadline ends its handler, its wait for room and its cold start", .everySeed)
    func callersDeadline() async throws {
        let rig = try Rig(limit: 1)
        let stages = Log<String>()
        let work = try rig.host.register(
            "work", configuration: .waiting,
            environment: { _ in
                try await rig.simulation.advance(by: .milliseconds(5))
                return 0
            },
            handler: { (_: inout Int, input: Int, context: InvocationContext) in
                stages.append("handler")
                #expect(context.remainingTime <= .milliseconds(14))
                try await context.sleep(for: .milliseconds(5))
            })
        await withDiscardingTaskGroup { group in
            for number in 0..<4 {
                group.addTask {
                    let began = rig.simulation.now
                    let deadline = began.advanced(by: .milliseconds(2 + 4 * number))
                    let verdict = await rig.call {
                        try await rig.host.invoke(work, with: number, options: .init(deadline: deadline))
                    }
                    #expect(verdict == .answered || verdict == .timedOut)
                    if verdict == .answered { #expect(rig.simulation.now <= deadline.advanced(by: .milliseconds(10))) }
                    if verdict != .answered { #expect(rig.simulation.now >= deadline) }
                }
            }
        }
        #expect(rig.callCount == 4)
        #expect(rig.ledger.counts.throttled == 0)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A task-local value of the caller reaches its handler, and nobody else's", .everySeed)
    func taskLocals() async throws {
        let rig = try Rig(limit: 3)
        let work = try rig.host.register("work", configuration: .waiting) { (_: Void, context) in
            let before = Caller.number
            try await context.sleep(for: rig.some(2))
            #expect(before == Caller.number)
            return before
        }
        await withDiscardingTaskGroup { group in
            for number in 0..<5 {
                group.addTask {
                    await rig.call {
                        let seen = try await Caller.$number.withValue(number) { try await rig.host.invoke(work) }
                        #expect(seen == number)
                    }
                }
            }
        }
        #expect(rig.count(.answered) == 5)
        rig.expectAtRest()
    }
}

/// Who calls.
private enum Caller {
    @TaskLocal static var number = -1
}
