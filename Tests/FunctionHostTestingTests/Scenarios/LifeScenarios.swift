// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct LifeScenarios {
    @Test("A shutdown before run() lets it return at once, and a finished host runs no more", .everySeed)
    func shutdownBeforeRun() async throws {
        let rig = try Rig.draining(limit: 2)
        let work = try rig.host.register("work", configuration: .bulkhead(timeout: .seconds(3))) { (_: Void, context) in
            try await context.sleep(for: .seconds(1))
        }
        let ends = Log<Bool>()
        await withDiscardingTaskGroup { group in
            group.addTask { await rig.call { try await rig.host.invoke(work) } }
            group.addTask { rig.host.triggerGracefulShutdown() }
            for _ in 0..<2 {
                group.addTask {
                    do throws(FunctionHostError) {
                        try await rig.host.run()
                        ends.append(true)
                    } catch {
                        #expect(error.code == .alreadyRunning || error.code == .alreadyFinished)
                        ends.append(false)
                    }
                }
            }
        }
        #expect(ends.entries.filter { $0 }.count == 1)
        #expect(rig.host.phase == .finished)
        await #expect(throws: FunctionHostError.self) { try await rig.host.run() }
        let known: Set<Verdict> = [.refused(.notRunning), .shuttingDown, .interrupted]
        #expect(known.isSuperset(of: rig.verdicts))
        rig.expectAtRest()
    }

    @Test("A shutdown during start-up ends every environment that was begun", .everySeed)
    func shutdownDuringStartUp() async throws {
        let rig = try Rig.draining(limit: 4)
        let (made, ended) = (Gauge("made"), Gauge("ended"))
        var configuration = FunctionConfiguration.waiting
        configuration.provisionedConcurrency = 2
        configuration.initTimeout = .milliseconds(30)
        try rig.host.register(
            "work", configuration: configuration,
            environment: { _ in
                try await rig.simulation.advance(by: .milliseconds(rig.simulation.chance(0.8) ? 3 : 1_000))
                made.enter()
                return 0
            },
            shutdown: { _, _ in ended.enter() },
            handler: { (_: inout Int, _: Void, context: InvocationContext) in
                try await context.sleep(for: rig.some(2))
            })
        let work = Function<Void, Void>("work")
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                do {
                    try await rig.host.run()
                } catch let error as FunctionHostError where error.code == .alreadyFinished {}
            }
            for _ in 0..<2 {
                group.addTask {
                    try await rig.pause(2)
                    await rig.call { try await rig.host.invoke(work) }
                }
            }
            group.addTask {
                try await rig.pause(6)
                let report = await rig.host.shutdown()
                #expect(report.isClean)
            }
        }
        #expect(rig.host.phase == .finished)
        #expect(made.entries == ended.entries)
        #expect(try rig.host.describe("work").environments == 0)
        #expect(rig.callCount == 2)
        rig.expectAtRest()
    }

    @Test("Cancelling run() cuts off what runs, and nothing the host started outlives it", .everySeed)
    func cancelled() async throws {
        let rig = try Rig.draining(limit: 3)
        let inside = Gauge("handlers")
        let bulkhead = try rig.host.register("bulkhead", configuration: .bulkhead(timeout: .seconds(3))) {
            (_: Void, context: InvocationContext) in
            try await inside.within { _ in try await context.sleep(for: .milliseconds(5)) }
        }
        let own = try rig.host.register("own", configuration: .waiting) { (_: Void, context: InvocationContext) in
            try await context.sleep(for: .milliseconds(5))
        }
        await withDiscardingTaskGroup { group in
            group.addTask {
                await rig.callAndCancel(within: 8) {
                    try await rig.host.run()
                    #expect(inside.inside == 0)
                    #expect(rig.host.phase == .finished)
                }
            }
            for number in 0..<4 {
                group.addTask {
                    await rig.call { try await rig.host.invoke(number < 3 ? bulkhead : own) }
                }
            }
        }
        let known: Set<Verdict> = [.answered, .interrupted, .shuttingDown, .refused(.notRunning)]
        #expect(known.isSuperset(of: rig.verdicts))
        #expect(rig.callCount == 5)
        let reports = rig.ledger.counts.reports
        #expect(reports.count == 1 && reports[0].isClean)
        #expect(reports[0].interrupted == rig.count(.interrupted))
        rig.expectAtRest()
    }

    @Test("Hosts in one process share nothing: one that is full, or at its end, is no other's affair", .everySeed)
    func manyHosts() async throws {
        let rigs = try (0..<3).map { _ in try Rig(limit: 1) }
        let order = rigs.map { _ in Gauge("a host", limit: 1) }
        try await withThrowingDiscardingTaskGroup { group in
            for (rig, inside) in zip(rigs, order) {
                let work = try rig.host.register("work", configuration: .waiting) { (_: Void, context) in
                    try await inside.within { _ in try await context.sleep(for: rig.some(2)) }
                }
                for _ in 0..<2 { group.addTask { await rig.call { try await rig.host.invoke(work) } } }
            }
            group.addTask {
                try await rigs[0].pause(3)
                await rigs[0].host.shutdown()
            }
        }
        #expect(rigs[0].count(.answered) + rigs[0].count(.shuttingDown) == 2)
        for rig in rigs.dropFirst() {
            #expect(rig.count(.answered) == 2)
            #expect(rig.ledger.counts.started == 2)
            #expect(rig.host.phase == .idle)
            try await rig.expectRoom()
        }
        for rig in rigs { rig.expectAtRest() }
    }
}
