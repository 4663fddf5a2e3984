// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct EnvironmentScenarios {
    @Test("An environment is lent to one invocation at a time and keeps what the last one left", .everySeed)
    func lentOnce() async throws {
        let rig = try Rig(limit: 3)
        let inits = Gauge("init closures")
        let work = try rig.host.register(
            "work", configuration: .waiting,
            environment: { _ in
                inits.enter()
                try await rig.simulation.advance(by: rig.some(2))
                return Notebook()
            },
            handler: { (notebook: inout Notebook, _: Void, context: InvocationContext) in
                let uses = notebook.begin()
                #expect(context.isColdStart == (uses == 1))
                try await context.sleep(for: rig.some(2))
                notebook.end()
                if rig.simulation.chance(0.2) { context.discardEnvironment() }
            })
        await withDiscardingTaskGroup { group in
            for _ in 0..<6 { group.addTask { await rig.call { try await rig.host.invoke(work) } } }
        }
        let counts = rig.ledger.counts
        #expect(rig.count(.answered) == 6)
        #expect(counts.coldStarts == inits.entries && counts.environmentsStarted == inits.entries)
        #expect(try rig.host.describe("work").environments == inits.entries - counts.ends[.discarded, default: 0])
        #expect(try rig.host.describe("work").environments <= 3)
        rig.expectAtRest()
    }

    @Test(
        "Whoever comes during a shared cold start joins it: one init, and never more inside than shared by", .everySeed)
    func sharedColdStart() async throws {
        let rig = try Rig(limit: 4, sharedBy: 4)
        let inits = Gauge("the init closure", limit: 1)
        let inside = Gauge("the environment", limit: 4)
        let work = try rig.host.register(
            "work", sharedBy: 4, configuration: .waiting,
            environment: { _ in
                try await inits.within { _ in try await rig.simulation.advance(by: .milliseconds(30)) }
            },
            handler: { (_: Void, input: Int, context: InvocationContext) in
                try await inside.within { _ in try await context.sleep(for: rig.some(2)) }
            })
        await withDiscardingTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    let call: @Sendable () async throws -> Void = {
                        if number > 2 { try await rig.pause(3) }
                        try await rig.host.invoke(work, with: number)
                    }
                    // One of those who join may leave; the others are not to notice.
                    if number == 5 { await rig.callAndCancel(within: 30, call) } else { await rig.call(call) }
                }
            }
        }
        #expect(rig.count(.answered) + rig.count(.cancelled) == 6)
        #expect(rig.count(.answered) >= 5)
        // Whoever makes it may be the one who leaves; then the next one makes it.
        #expect(inits.entries == 1 || rig.count(.cancelled) == 1)
        #expect(rig.ledger.counts.environmentsStarted == 1)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test(
        "An init that throws, times out or is cancelled strands nobody, and the next invocation tries again", .everySeed
    )
    func failingInit() async throws {
        let rig = try Rig(limit: 3, sharedBy: 2)
        var configuration = FunctionConfiguration.waiting
        configuration.initTimeout = .milliseconds(20)
        let attempts = Gauge("init closures")
        let work = try rig.host.register(
            "work", sharedBy: 2, configuration: configuration,
            environment: { _ in
                let attempt = attempts.enter()
                try await rig.simulation.advance(by: rig.some(2))
                if attempt > 3 { return }
                if rig.simulation.chance(0.3) { throw HandlerError(number: attempt) }
                if rig.simulation.chance(0.3) { try await rig.simulation.advance(by: .seconds(1)) }
            },
            handler: { (_: Void, input: Int, context: InvocationContext) in
                try await context.sleep(for: rig.some(2))
            })
        await withDiscardingTaskGroup { group in
            for number in 0..<5 {
                group.addTask {
                    let call: @Sendable () async throws -> Void = { try await rig.host.invoke(work, with: number) }
                    if number < 2 { await rig.callAndCancel(within: 5, call) } else { await rig.call(call) }
                }
            }
        }
        let failed = rig.count(.refused(.initFailed)) + rig.count(.refused(.initTimedOut))
        #expect(rig.count(.answered) + rig.count(.cancelled) + failed == 5)
        #expect(rig.count(.cancelled) <= 2)
        #expect(rig.ledger.counts.environmentsStarted + rig.ledger.counts.environmentsFailed == attempts.entries)
        // Whatever went wrong, it can be made now.
        await rig.expect(.answered) {
            for _ in 0..<4 {
                do {
                    return try await rig.host.invoke(work, with: 9)
                } catch let error as FunctionHostError where error.code == .initFailed || error.code == .initTimedOut {}
            }
        }
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("A shared environment is idle when nothing runs in it, and not when it has room", .everySeed)
    func sharedExpiry() async throws {
        let rig = try Rig(limit: 4, sharedBy: 3) { $0.idleTimeout = .milliseconds(20) }
        let inside = Gauge("the environments")
        let work = try rig.host.register(
            "work", sharedBy: 3, configuration: .waiting, environment: { _ in },
            handler: { (_: Void, milliseconds: Int, context: InvocationContext) in
                try await inside.within { _ in try await context.sleep(for: .milliseconds(milliseconds)) }
            })
        await withDiscardingTaskGroup { group in
            for number in 0..<4 {
                group.addTask {
                    await rig.call {
                        try await rig.pause(5)
                        // One runs for long beside others that come and go.
                        for _ in 0..<2 { try await rig.host.invoke(work, with: number == 0 ? 50 : 12 * number) }
                    }
                }
            }
        }
        #expect(rig.count(.answered) == 4)
        #expect(inside.entries == 8)
        try await rig.simulation.advance(by: .seconds(1))
        #expect(try rig.host.describe("work").environments == 0)
        #expect(rig.ledger.counts.ends[.idle, default: 0] == rig.ledger.counts.environmentsStarted)
        rig.expectAtRest()
    }

    @Test("A caller whose own deadline ends a cold start leaves those who joined it to make their own", .everySeed)
    func impatientMaker() async throws {
        let rig = try Rig(limit: 3, sharedBy: 4)
        let work = try rig.host.register(
            "work", sharedBy: 4, configuration: .waiting,
            environment: { _ in try await rig.simulation.advance(by: .milliseconds(30)) },
            handler: { (_: Void, input: Int, context: InvocationContext) in })
        await withDiscardingTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    // The first is in a hurry: 30 ms are allowed to nobody else.
                    let deadline = number == 0 ? rig.simulation.now.advanced(by: .milliseconds(5)) : nil
                    let verdict = await rig.call {
                        try await rig.host.invoke(work, with: number, options: .init(deadline: deadline))
                    }
                    #expect(verdict == (number == 0 ? .timedOut : .answered))
                }
            }
        }
        rig.expectAtRest()
    }
}

/// An environment's state that is no `Sendable`, and notices if two use it at once.
final class Notebook {
    private var isInUse = false
    private(set) var uses = 0

    func begin() -> Int {
        if isInUse { Issue.record("an environment was lent twice") }
        isInUse = true
        uses += 1
        return uses
    }

    func end() { isInUse = false }
}
