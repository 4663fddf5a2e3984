// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Shutdowns that come before `run()`, without it, while it starts, or without any time.
@Suite("Shutdown at odd times", .simulated(seeds: 0..<20)) struct EarlyShutdownTests {
    @Test("Everybody who shuts a host down that nobody runs returns once its environments have ended")
    func togetherWithoutRun() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Int>()
        let work = try host.register(
            "work", environment: { _ in 7 },
            shutdown: { state, _ in
                try? await pass(.seconds(1))
                ended.add(state)
            }
        ) { (_: inout Int, _: Void, _) in }
        try await host.invoke(work)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await host.shutdown()
                    #expect(ended.all == [7])
                    #expect(host.phase == .finished)
                }
            }
        }
    }

    @Test("After a shutdown that came before it, run() ends the host and returns")
    func beforeRun() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Int>()
        let work = try host.register("work", environment: { _ in 7 }, shutdown: { state, _ in ended.add(state) }) {
            (_: inout Int, _: Void, _) in
        }
        try await host.invoke(work)
        host.triggerGracefulShutdown()
        #expect(host.phase == .draining)
        #expect(ended.all.isEmpty)
        #expect(try await host.run().isClean)
        #expect(host.phase == .finished)
        #expect(ended.all == [7])
        await expectError(.alreadyFinished, of: nil, saying: "make a new one") { try await host.run() }
    }

    @Test("A shutdown while environments are made ahead waits for none of them")
    func duringStartUp() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Bool>()
        var configuration = FunctionConfiguration()
        configuration.provisionedConcurrency = 3
        configuration.initTimeout = .seconds(900)
        try host.register(
            "slow", configuration: configuration, environment: { _ in try await pass(.seconds(800)) },
            shutdown: { _, _ in ended.add(true) }
        ) { (_: inout Void, _: Void, _) in }
        let took = try await timed {
            try await host.run {
                try await pass(.seconds(1))
                #expect(try host.describe("slow").environments == 3)
            }
        }
        #expect(took == .seconds(1))
        #expect(host.phase == .finished)
        #expect(ended.all.isEmpty)
    }

    @Test("Without any time to drain, what runs is cancelled and named at once")
    func noTime() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.drainTimeout = .zero
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let gate = Gate()
        let deaf = try host.register("deaf") { (_: Void, _) in await gate.pass() }
        async let running: Void? = try? host.invoke(deaf)
        try await pass(.seconds(1))
        let report = await host.shutdown()
        #expect((report.duration, report.stuck.count) == (.zero, 1))
        gate.open()
        _ = await running
    }

    @Test("After a shutdown that came before it, run(during:) calls its body, which finds the host closed")
    func beforeRunDuring() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in "Hello" }
        host.triggerGracefulShutdown()
        let result = try await host.run {
            await expectError(.shuttingDown, of: "greet", saying: "takes nothing new") { try await host.invoke(greet) }
            try await pass(.seconds(1))
            return 7
        }
        #expect(result == 7)
        #expect(host.phase == .finished)
    }
}
