// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct EnvironmentEndScenarios {
    @Test("Environments made ahead are ready before they are asked for, kept, and shut down once each", .everySeed)
    func provisioned() async throws {
        let rig = try Rig(limit: 3)
        let (made, ended) = (Gauge("made"), Gauge("ended"))
        var configuration = FunctionConfiguration.waiting
        configuration.provisionedConcurrency = 2
        configuration.idleTimeout = .milliseconds(50)
        let work = try rig.host.register(
            "work", configuration: configuration,
            environment: { _ in
                made.enter()
                try await rig.simulation.advance(by: rig.some(3))
                return 0
            },
            shutdown: { _, _ in ended.enter() },
            handler: { (uses: inout Int, _: Void, context: InvocationContext) in
                uses += 1
                try await context.sleep(for: rig.some(2))
            })
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<4 {
                    group.addTask {
                        await rig.call {
                            try await rig.pause(number * 2)
                            try await rig.host.invoke(work)
                        }
                    }
                }
            }
            try await rig.simulation.advance(by: .seconds(1))
            #expect(try rig.host.describe("work").idleEnvironments == 2)
            let coldStarts = rig.ledger.counts.coldStarts
            await rig.expect(.answered) { try await rig.host.invoke(work) }
            #expect(rig.ledger.counts.coldStarts == coldStarts)
        }
        #expect(made.entries == ended.entries)
        #expect(made.entries >= 2)
        #expect(rig.ledger.counts.ends.values.reduce(0, +) == made.entries)
        #expect(try rig.host.describe("work").environments == 0)
        rig.expectAtRest()
    }

    @Test("An environment idle too long ends once, and is not lent at the moment it ends", .everySeed)
    func idleExpiry() async throws {
        let rig = try Rig(limit: 2) { $0.idleTimeout = .milliseconds(20) }
        let (made, ended) = (Gauge("made"), Gauge("ended"))
        let work = try rig.host.register(
            "work", configuration: .waiting,
            environment: { _ in
                made.enter()
                return Notebook()
            },
            shutdown: { notebook, _ in
                // Lent meanwhile, it would be in use.
                _ = notebook.begin()
                try? await rig.pause(2)
                notebook.end()
                ended.enter()
            },
            handler: { (notebook: inout Notebook, _: Void, context: InvocationContext) in
                _ = notebook.begin()
                try await context.sleep(for: .milliseconds(1))
                notebook.end()
            })
        try await rig.running {
            await withDiscardingTaskGroup { group in
                for number in 0..<3 {
                    group.addTask {
                        await rig.call {
                            for _ in 0..<2 {
                                try await rig.host.invoke(work)
                                // The moment at which what was used now expires, or just beside it.
                                try await rig.simulation.advance(by: .milliseconds(19 + number))
                            }
                        }
                    }
                }
            }
            try await rig.simulation.advance(by: .milliseconds(100))
            #expect(try rig.host.describe("work").environments == 0)
            #expect(ended.entries == made.entries)
        }
        #expect(rig.count(.answered) == 3)
        #expect(rig.ledger.counts.ends[.idle, default: 0] == made.entries)
        rig.expectAtRest()
    }

    @Test("After a timeout or a discard the next one starts cold, and nobody runs where those ran", .everySeed)
    func discarded() async throws {
        let rig = try Rig(limit: 2)
        let spoilt = Cell<Set<EnvironmentID>>([])
        let work = try rig.host.register(
            Function<Int, Void>("work"), configuration: .waiting(atMost: .seconds(60), timeout: .milliseconds(20))
        ) { number, context in
            let id = context.environmentID
            #expect(!spoilt.value.contains(id))
            if number == 1 {
                context.discardEnvironment()
                spoilt.value.insert(id)
            }
            if number == 2 {
                spoilt.value.insert(id)
                try await context.sleep(for: .seconds(1))
            }
            if rig.simulation.chance(0.5) { await Task.yield() }
        }
        await withDiscardingTaskGroup { group in
            for number in 0..<6 {
                group.addTask { await rig.call { try await rig.host.invoke(work, with: number % 3) } }
            }
        }
        #expect(rig.count(.timedOut) >= 2)
        #expect(rig.count(.answered) + rig.count(.timedOut) == 6)
        #expect(rig.ledger.counts.ends[.timedOut, default: 0] == rig.count(.timedOut))
        #expect(rig.ledger.counts.ends[.discarded, default: 0] + rig.ledger.counts.ends[.timedOut, default: 0] >= 4)
        rig.expectAtRest()
    }

    @Test("An update reaches new invocations whole, and running ones not at all", .everySeed)
    func updated() async throws {
        let rig = try Rig(limit: 2)
        var configuration = FunctionConfiguration.waiting
        configuration.variables = ["version": "0"]
        let work = try rig.host.register(
            "work", configuration: configuration,
            environment: { environment in
                try await rig.simulation.advance(by: rig.some(2))
                return environment.variables["version"] ?? ""
            },
            handler: { (version: inout String, published: Int, context: InvocationContext) in
                let before = context.variables["version"] ?? ""
                // Not older than what was published when the call was made.
                #expect((Int(before) ?? -1) >= published)
                try await context.sleep(for: rig.some(2))
                #expect(context.variables["version"] == before)
                #expect(version == before)
            })
        let published = Cell(0)
        await withDiscardingTaskGroup { group in
            for _ in 0..<5 {
                group.addTask {
                    await rig.call {
                        try await rig.pause(5)
                        try await rig.host.invoke(work, with: published.value)
                    }
                }
            }
            group.addTask {
                await rig.call {
                    for version in 1...2 {
                        try await rig.pause(4)
                        try rig.host.update("work") { $0.variables = ["version": String(version)] }
                        published.value = version
                    }
                }
            }
        }
        #expect(rig.count(.answered) == 6)
        rig.expectAtRest()
    }

    @Test("Removed, a function ends what runs, sends away who waits and is gone, and its name is free", .everySeed)
    func removed() async throws {
        let rig = try Rig(limit: 2)
        let configuration = FunctionConfiguration(
            timeout: .seconds(3), reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        let (made, ended) = (Gauge("made"), Gauge("ended"))
        let old = try rig.host.register(
            "work", configuration: configuration,
            environment: { _ in
                made.enter()
                try await rig.simulation.advance(by: rig.some(1))
                return "old"
            },
            shutdown: { _, _ in ended.enter() },
            handler: { (name: inout String, _: Void, context: InvocationContext) in
                try await context.sleep(for: rig.some(3))
                return name
            })
        let isRemoved = Cell(false)
        try await rig.running {
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        await rig.call {
                            try await rig.pause(4)
                            // A reference means whoever bears the name; nobody gets halves of both.
                            let isRemoved = isRemoved.value
                            let name = try await rig.host.invoke(old)
                            #expect(name == "old" && !isRemoved || name == "new")
                        }
                    }
                }
                group.addTask {
                    try await rig.pause(5)
                    try rig.host.remove("work")
                    isRemoved.value = true
                    #expect(throws: FunctionHostError.self) { try rig.host.describe("work") }
                    let new = try rig.host.register("work", configuration: .waiting) { (_: Void, _) in "new" }
                    #expect(try await rig.host.invoke(new) == "new")
                }
            }
        }
        // None was left for the host's own end to find.
        #expect(made.entries == ended.entries)
        #expect(rig.ledger.counts.ends[.removed, default: 0] == made.entries)
        #expect(rig.count(.answered) + rig.count(.notFound) == 4)
        #expect(rig.ledger.counts.finished == rig.count(.answered) + 1)
        rig.expectAtRest()
    }
}
