// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting

/// A program with a host on a disk, killed again and again in the middle of everything a queue does.
struct CrashScenario {
    static let count = 10

    let disk = SimulatedDisk()
    let account = CrashAccount()
    let bug: StoreBug?

    init(_ bug: StoreBug? = nil) { self.bug = bug }

    /// Runs the lives of a seed, and checks the account.
    func run(seed: Int) throws {
        try Lives(seed: seed, crashes: 1...4, pause: .seconds(8), maximumSteps: 30_000).run { life in
            account.lifeBegins()
            try await live(life)
            account.lifeEnded()
        }
        try account.close(disk)
    }

    private func live(_ life: Lives.Life) async throws {
        let simulation = life.simulation
        let isLame = !life.isLast && simulation.chance(0.25)
        var configuration = FunctionHost.Configuration()
        configuration.drainTimeout = .milliseconds(200)
        configuration.retryBudget = .unlimited
        let host = FunctionHost(
            configuration: configuration, store: BuggyStore(SimulatedDiskStore(disk), bug, isLame: isLame, account),
            system: .simulated(by: simulation))
        try register(on: host, life, isLame: isLame)
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.count where account.acknowledged[number] == nil {
                    group.addTask { try await enqueue(number, on: host, simulation) }
                }
                try await group.waitForAll()
            }
            if life.isLast {
                try await host.drain()
            } else {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...(isLame ? 30_000 : 9_000))))
            }
        }
    }

    private func enqueue(_ number: Int, on host: FunctionHost, _ simulation: Simulation) async throws {
        // In order, so that those of one key are accepted in order.
        try await simulation.advance(by: .milliseconds(20 * number))
        var options = EnqueueOptions(idempotencyKey: "\(number)", deduplication: .within(.seconds(86_400)))
        switch CrashAccount.Plan(number) {
        case .ordered: options.orderingKey = "key"
        case .tooOld: options.maximumAge = .seconds(5)
        case .succeed, .fail, .failOnce: break
        }
        let work: Function<Int, Int> = "work"
        account.accepted(number, try await host.enqueue(work, with: number, options: options))
    }

    private func register(on host: FunctionHost, _ life: Lives.Life, isLame: Bool) throws {
        try host.register(raw: "audit", configuration: patient) { [account] bytes, context in
            account.record(String(decoding: bytes, as: UTF8.self), by: context.id)
            return []
        }
        var configuration = patient
        configuration.onSuccess = .function("audit")
        configuration.onFailure = .function("audit")
        configuration.retry = .constant(maximumAttempts: 3, delay: .seconds(1))
        configuration.timeout = .seconds(60)
        try host.register("work", configuration: configuration) { [account] (number: Int, context) -> Int in
            account.begin(number, context, life: life.number, isLame: isLame)
            try await work(number, context, life.simulation, isLame: isLame)
            account.leave(number, succeeded: true)
            return number
        }
    }

    /// What brings records is to outlive every crash.
    private var patient: FunctionConfiguration {
        var configuration = FunctionConfiguration(timeout: .seconds(60))
        configuration.retry = .constant(maximumAttempts: 100, delay: .seconds(1))
        configuration.maximumDeaths = 100
        return configuration
    }

    private func work(
        _ number: Int, _ context: InvocationContext, _ simulation: Simulation, isLame: Bool
    ) async throws {
        do {
            // Now and then longer than a lease.
            let time = simulation.chance(isLame ? 0.5 : 0.1) ? 8_000 : simulation.random(in: 0...30)
            try await context.sleep(for: .milliseconds(time))
        } catch {
            account.leave(number, succeeded: false)
            throw error
        }
        switch CrashAccount.Plan(number) {
        case .fail: throw failing(number, context)
        case .failOnce where context.attempt == 1: throw failing(number, context)
        case .tooOld:
            account.leave(number, succeeded: false)
            throw RetryLater(after: .seconds(1))
        case .succeed, .failOnce, .ordered: break
        }
    }

    private func failing(_ number: Int, _ context: InvocationContext) -> any Error {
        account.fail(number, at: context.now)
        return ZooFault("as planned")
    }
}
