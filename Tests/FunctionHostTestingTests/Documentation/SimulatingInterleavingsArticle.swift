// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// The code of the article *Simulating interleavings*.
@Suite struct SimulatingInterleavingsArticle {
    enum Hasty {
        actor Account {
            private var balance = 100

            func withdraw(_ amount: Int, _ context: InvocationContext) async throws -> Bool {
                guard balance >= amount else { return false }
                try await context.sleep(for: .milliseconds(5))  // asks the fraud service
                balance -= amount
                return true
            }
        }
    }

    actor Account {
        private var balance = 100

        func withdraw(_ amount: Int, _ context: InvocationContext) async throws -> Bool {
            try await context.sleep(for: .milliseconds(5))
            guard balance >= amount else { return false }
            balance -= amount
            return true
        }
    }

    typealias Withdraw = @Sendable (Int, InvocationContext) async throws -> Bool

    func withdrawals(_ withdraw: @escaping Withdraw) async throws -> Int {
        let host = FunctionHost(system: .simulated)
        let function = try host.register("withdraw", handler: withdraw)
        async let first = host.invoke(function, with: 80)
        async let second = host.invoke(function, with: 80)
        return try await [first, second].count { $0 }
    }

    @Test(.simulated(seeds: 0..<1_000)) func neverOverdrawn() async throws {
        let account = Account()
        #expect(try await withdrawals { try await account.withdraw($0, $1) } == 1)
    }

    @Test func hastyIsFound() throws {
        let seed = try (0..<1_000).first { seed in
            try Simulation(seed: seed).run {
                let account = Hasty.Account()
                return try await self.withdrawals { try await account.withdraw($0, $1) } == 2
            }
        }
        #expect(seed != nil)
    }

    @Test func replay() throws {
        let first = try run()
        let second = try run()
        #expect(first.digest == second.digest)
        #expect(first.schedule == second.schedule)
    }

    private func run() throws -> Simulation {
        let simulation = Simulation(seed: 17)
        try simulation.run {
            let account = Account()
            _ = try await self.withdrawals { try await account.withdraw($0, $1) }
        }
        print(simulation.schedule)
        return simulation
    }

    @Test func deadlock() {
        let simulation = Simulation(seed: 1)
        let failure = #expect(throws: SimulationFailure.self) {
            try simulation.run { await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in } }
        }
        #expect(failure?.kind == .deadlock)
    }

    @Test func endless() {
        let simulation = Simulation(seed: 1, maximumSteps: 1_000)
        let failure = #expect(throws: SimulationFailure.self) {
            try simulation.run { while true { await Task.yield() } }
        }
        #expect(failure?.kind == .endless)
        #expect(failure.map { "\($0)" }?.contains("seeds: [1]") == true)
    }

    @Test func unstructuredTask() {
        let simulation = Simulation(seed: 1)
        let failure = #expect(throws: SimulationFailure.self) {
            try simulation.run { await Task {}.value }
        }
        #expect(failure?.kind == .unstructuredTask)
    }

    @Test(.simulated(seeds: 0..<100)) func wallClock() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(2))) { (seconds: Int, context) in
            simulation.stepWallClock(by: .seconds(-3_600))
            try await context.sleep(for: .seconds(seconds))
        }
        try await host.invoke(nap, with: 1)
        let error = await #expect(throws: FunctionHostError.self) { try await host.invoke(nap, with: 3) }
        #expect(error?.code == .timedOut)
    }

    @Test(.simulated(seeds: 0..<100)) func time() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated)
        let report = try host.register("report", configuration: .init(timeout: .seconds(900))) { (_: Void, context) in
            try await context.sleep(for: .seconds(600))
        }
        try await withThrowingTaskGroup { group in
            group.addTask { try await host.invoke(report) }
            try await simulation.advance(by: .seconds(60))
            #expect(host.runningInvocations().count == 1)
            await simulation.drain()
            #expect(host.runningInvocations().isEmpty)
            try await group.waitForAll()
        }
    }
}
