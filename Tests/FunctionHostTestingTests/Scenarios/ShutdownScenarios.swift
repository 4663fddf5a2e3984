// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct ShutdownScenarios {
    @Test(
        "A shutdown's report adds up: what ran has finished, was interrupted or is named, who waited was sent away",
        .everySeed)
    func report() async throws {
        let rig = try Rig.draining(limit: 3)
        let work = try rig.host.register(Function<Int, Void>("work"), configuration: .waiting) { number, context in
            // Two that end by themselves, or are cut off after 100 ms, or at the same moment.
            if number < 2 { return try await context.sleep(for: .milliseconds(98 + 2 * number)) }
            try await context.sleep(for: .seconds(1))
        }
        let before = Cell((running: 0, waiting: 0))
        await withDiscardingTaskGroup { group in
            for number in 0..<5 {
                group.addTask { await rig.call { try await rig.host.invoke(work, with: number % 3) } }
            }
            group.addTask {
                await rig.call {
                    try await rig.pause(2)
                    let running = try rig.host.describe("work").concurrentExecutions
                    before.value = (running, 0)
                    let report = await rig.host.shutdown()
                    #expect(report.isClean)
                    #expect(report.finished + report.interrupted == running)
                    #expect(report.refusedWaiters + running <= 5)
                    #expect(rig.ledger.counts.reports == [report])
                }
            }
        }
        let report = try #require(rig.ledger.counts.reports.first)
        #expect(report.interrupted == rig.count(.interrupted))
        #expect(rig.count(.interrupted) == rig.ledger.counts.outcomes[.interrupted, default: 0])
        // Those who came too late were not waiting.
        #expect(rig.count(.shuttingDown) >= report.refusedWaiters)
        #expect(rig.count(.answered) + rig.count(.interrupted) + rig.count(.shuttingDown) == 6)
        #expect(rig.host.phase == .finished)
        #expect(rig.ledger.counts.phases == [.draining, .finished])
        rig.expectAtRest()
    }

    @Test(
        "Everyone who waits when the shutdown begins is sent away and counted, and nobody is taken after it", .everySeed
    )
    func waiters() async throws {
        let rig = try Rig.draining(limit: 1)
        let gate = Gate()
        let queue = Gauge("the queue")
        let work = try rig.host.register("work", configuration: .waiting(atMost: .milliseconds(900))) {
            (_: Void, _) in await gate.wait()
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await rig.call { try await rig.host.invoke(work) } }
            for _ in 0..<3 {
                group.addTask {
                    await rig.call {
                        try await rig.simulation.advance(by: .milliseconds(20))
                        queue.enter()
                        try await rig.host.invoke(work)
                    }
                }
            }
            group.addTask { await rig.callAndCancel(after: .milliseconds(50)) { try await rig.host.invoke(work) } }
            group.addTask {
                await rig.call {
                    try await rig.simulation.advance(by: .milliseconds(50))
                    rig.host.triggerGracefulShutdown()
                    await rig.expect(.shuttingDown) { try await rig.host.invoke(work) }
                    gate.open()
                    let report = await rig.host.shutdown()
                    #expect(report.finished == 1 && report.interrupted == 0 && report.isClean)
                    #expect((3...4).contains(report.refusedWaiters))
                    // It ends with the last one, and not when its time is up.
                    #expect(report.duration < .milliseconds(100))
                }
            }
        }
        #expect(rig.count(.answered) == 2)
        #expect(rig.count(.shuttingDown) + rig.count(.cancelled) == 5)
        rig.expectAtRest()
    }

    @Test(
        "Handlers that ignore everything are named at the deadline of the shutdown, which does not wait for them",
        .everySeed)
    func stuck() async throws {
        let rig = try Rig.draining(limit: 3)
        let gate = Gate()
        let stuck = try rig.host.register("stuck", configuration: .bulkhead(timeout: .seconds(600))) {
            (_: Void, _) in await gate.wait()
        }
        let own = try rig.host.register("own", configuration: .waiting) { (_: Void, _) in await gate.wait() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await rig.host.run() }
            group.addTask { await rig.call { try await rig.host.invoke(stuck) } }
            group.addTask { await rig.call { try await rig.host.invoke(own) } }
            group.addTask {
                try await rig.simulation.advance(by: .milliseconds(30))
                let running = rig.host.runningInvocations().map(\.functionName).sorted()
                let began = rig.simulation.now
                let report = await rig.host.shutdown()
                #expect(began.duration(to: rig.simulation.now) >= .milliseconds(200) || running.isEmpty)
                #expect(report.stuck.map(\.functionName).sorted() == running)
                #expect(report.finished == 0 && report.interrupted == 0)
                gate.open()
            }
        }
        #expect(rig.host.phase == .finished)
        #expect(rig.callCount == 2)
        #expect(gateEndings.isSuperset(of: rig.verdicts))
        rig.expectAtRest()
    }

    private let gateEndings: Set<Verdict> = [
        .answered, .interrupted, .timedOut, .refused(.notRunning), .shuttingDown,
    ]

    @Test("A second shutdown changes nothing and tells the same, whoever asks and when", .everySeed)
    func twice() async throws {
        let rig = try Rig.draining(limit: 2)
        let ended = Gauge("ended environments")
        let work = try rig.host.register(
            "work", configuration: .waiting, environment: { _ in 0 },
            shutdown: { _, _ in
                try? await rig.pause(2)
                ended.enter()
            },
            handler: { (_: inout Int, _: Void, context: InvocationContext) in
                try await context.sleep(for: rig.some(3))
            })
        let reports = Log<DrainReport>()
        let isRunning = rig.simulation.chance(0.5)
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<3 { group.addTask { await rig.call { try await rig.host.invoke(work) } } }
            if isRunning {
                group.addTask {
                    do {
                        reports.append(try await rig.host.run())
                    } catch let error as FunctionHostError where error.code == .alreadyFinished {}
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    try await rig.pause(4)
                    reports.append(await rig.host.shutdown())
                    // Whoever is told that it is over finds it so.
                    #expect(isRunning || ended.inside == rig.ledger.counts.environmentsStarted)
                }
            }
        }
        #expect(Set(reports.entries).count == 1)
        #expect(rig.host.phase == .finished)
        #expect(rig.ledger.counts.phases.filter { $0 == .finished }.count == 1)
        #expect(ended.entries == rig.ledger.counts.environmentsStarted)
        rig.expectAtRest()
    }

    @Test("Environments that end in the moment of a shutdown are shut down once each, before it is over", .everySeed)
    func overtaken() async throws {
        let rig = try Rig.draining(limit: 3)
        let ended = Gauge("ended environments")
        var configuration = FunctionConfiguration.waiting
        configuration.idleTimeout = .milliseconds(20)
        let work = try rig.host.register(
            "work", configuration: configuration, environment: { _ in 0 }, shutdown: { _, _ in ended.enter() },
            handler: { (_: inout Int, _: Void, context: InvocationContext) in
                try await context.sleep(for: rig.some(2))
            })
        let isRunning = rig.simulation.chance(0.5)
        let change = rig.simulation.random(in: 0...2)
        try await withThrowingDiscardingTaskGroup { group in
            if isRunning { group.addTask { try await rig.host.run() } }
            for _ in 0..<3 { group.addTask { await rig.call { try await rig.host.invoke(work) } } }
            group.addTask {
                // About the time at which the environments have been idle too long.
                try await rig.simulation.advance(by: .milliseconds(20))
                try await rig.pause(2)
                if change == 1 { try rig.host.update("work") { $0.memorySize = 256 } }
                if change == 2 { try rig.host.remove("work") }
            }
            group.addTask {
                try await rig.simulation.advance(by: .milliseconds(20))
                try await rig.pause(2)
                await rig.host.shutdown()
            }
        }
        #expect(ended.entries == rig.ledger.counts.environmentsStarted)
        #expect(rig.ledger.counts.ends.values.reduce(0, +) == ended.entries)
        rig.expectAtRest()
    }
}

extension Rig {
    /// A host whose shutdown cancels after 100 ms and gives up after 200: longer than the
    /// machine may be slow.
    static func draining(limit: Int) throws -> Rig {
        try Rig(limit: limit) {
            $0.drainTimeout = .milliseconds(200)
            $0.cancellationGrace = .milliseconds(100)
        }
    }
}
