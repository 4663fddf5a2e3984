// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// Environments that are made when needed, lent to one at a time, and waited for while one is being made.
final class ZooPool: Sendable {
    struct Failed: Error {}

    private struct State {
        var idle: [Int] = []
        var made = 0
        var isMaking = false
        var joiners: [CheckedContinuation<Void, Never>] = []
    }

    private enum Turn { case lent(Int), make, join }

    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(_ bug: PlantedBug?) { self.bug = bug }

    var idle: Int { state.withLock { $0.idle.count } }
    var made: Int { state.withLock { $0.made } }

    func with<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let environment = try await borrow()
        if bug == .environmentLostOnError {
            let value = try await body(environment)
            giveBack(environment)
            return value
        }
        defer { giveBack(environment) }
        return try await body(environment)
    }

    private func borrow() async throws -> Int {
        while true {
            if bug == .environmentLentTwice, let last = state.withLock({ $0.idle.last }) {
                // Chosen, and not taken out yet.
                await Task.yield()
                state.withLock { state in state.idle.removeAll { $0 == last } }
                return last
            }
            let turn = state.withLock { state -> Turn in
                if let last = state.idle.popLast() { return .lent(last) }
                defer { state.isMaking = true }
                return state.isMaking ? .join : .make
            }
            switch turn {
            case .lent(let environment): return environment
            case .make: return try await make()
            case .join: await join()
            }
        }
    }

    private func join() async {
        await withCheckedContinuation { continuation in
            let mayWait = state.withLock { state in
                if state.isMaking { state.joiners.append(continuation) }
                return state.isMaking
            }
            if !mayWait { continuation.resume() }
        }
    }

    private func make() async throws -> Int {
        await zooPause()
        let hasFailed = Simulation.current?.chance(0.3) ?? false
        let (environment, joiners) = state.withLock { state -> (Int, [CheckedContinuation<Void, Never>]) in
            state.isMaking = false
            if !hasFailed { state.made += 1 }
            if hasFailed, bug == .joinersForgottenOnFailedInit { return (state.made, []) }
            defer { state.joiners = [] }
            return (state.made, state.joiners)
        }
        for joiner in joiners { joiner.resume() }
        if hasFailed { throw Failed() }
        return environment
    }

    private func giveBack(_ environment: Int) { state.withLock { $0.idle.append(environment) } }

    static func scenario(_ bug: PlantedBug?) async throws {
        let pool = ZooPool(bug)
        let witness = ZooWitness()
        let lent = Cell<Set<Int>>([])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    await zooPause()
                    // A failed init is the caller's misfortune, and not a fault of the pool.
                    try? await pool.with { environment in
                        witness.expect(!lent.value.contains(environment), "environment \(environment) is lent twice")
                        lent.value.insert(environment)
                        await zooPause()
                        lent.value.remove(environment)
                        if number == 0 { throw Failed() }
                    }
                }
            }
        }
        witness.expect(pool.idle == pool.made, "\(pool.idle) of \(pool.made) environments came back")
        try witness.testify()
    }
}
