// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// Environments are named by letters, those who join by numbers.
typealias Pool = EnvironmentPoolStateMachine<String, Int>

extension Pool {
    /// What an invocation is told, as text.
    mutating func ask(joining joiner: Int? = nil) -> String {
        switch acquire(joiner: joiner, now: .at(0)).action {
        case .lend(let entry, let instance): "lend \(instance) in \(entry)"
        case .start(let entry): "start \(entry)"
        case .join: "join"
        }
    }

    /// Starts environments, each for one invocation that has just ended.
    mutating func fill(_ names: [String], at times: [Int64]) {
        for (entry, name) in names.enumerated() {
            _ = ask()
            _ = started(entry, name, now: .at(times[entry]))
        }
        for entry in names.indices { _ = release(entry, ending: nil, now: .at(times[entry])) }
    }
}

extension Pool.Ended {
    /// What ended and why.
    var text: String { "\(instance) \(reason)" }
}

@Suite struct EnvironmentPoolStateMachineTests {
    @Test("An empty pool starts cold, and again while its one environment is lent")
    func coldStart() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        #expect(pool.ask() == "start 0")
        #expect(pool.ask() == "start 1")
        #expect(pool.started(0, "a", now: .at(1)).joiners.isEmpty)
        #expect(pool.ask() == "start 2")
        #expect(pool.count == 3)
        #expect(pool.idleCount == 0)
    }

    @Test("An environment given back is lent to the next")
    func warmStart() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        pool.fill(["a"], at: [1])
        #expect(pool.idleCount == 1)
        #expect(pool.ask() == "lend a in 0")
        #expect(pool.idleCount == 0)
        #expect(pool.count == 1)
    }

    @Test("The environment used last is lent first", arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
    func mostRecentlyUsed(order: [Int]) {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        for entry in 0..<3 {
            _ = pool.ask()
            _ = pool.started(entry, "\(entry)", now: .at(0))
        }
        for (time, entry) in order.enumerated() { _ = pool.release(entry, ending: nil, now: .at(Int64(time))) }
        for entry in order.reversed() { #expect(pool.ask() == "lend \(entry) in \(entry)") }
        #expect(pool.ask() == "start 3")
    }

    @Test("A failed start leaves nothing behind, and the next invocation tries again")
    func failedStart() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        #expect(pool.failed(0).isEmpty)
        #expect(pool.count == 0)
        #expect(pool.ask() == "start 0")
        _ = pool.started(0, "a", now: .at(1))
        #expect(pool.release(0, ending: nil, now: .at(2))?.text == nil)
        #expect(pool.ask() == "lend a in 0")
    }

    @Test(
        "An environment that must end is not lent again",
        arguments: [EnvironmentEnd.timedOut, .discarded])
    func ending(reason: EnvironmentEnd) {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        _ = pool.started(0, "a", now: .at(1))
        #expect(pool.release(0, ending: reason, now: .at(2))?.text == "a \(reason)")
        #expect(pool.count == 0)
        #expect(pool.ask() == "start 0")
    }

    @Test("Environments are made ahead until none is missing")
    func provisioned() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        #expect(pool.provision() == nil)
        pool.provisioned = 2
        #expect(pool.provision() == 0)
        #expect(pool.missing == 1)
        #expect(pool.provision() == 1)
        #expect(pool.provision() == nil)
        #expect(pool.failed(1).isEmpty)
        #expect(pool.missing == 1)
        #expect(pool.started(0, "a", now: .at(1)).ended?.text == nil)
        #expect(pool.idleCount == 1)
        #expect(pool.ask() == "lend a in 0")
        #expect(pool.missing == 1, "a lent environment counts as made")
    }

    @Test("An environment given back twice traps")
    func doubleRelease() async {
        await #expect(processExitsWith: .failure) {
            var pool = Pool(idleTimeout: .seconds(1))
            pool.fill(["a"], at: [1])
            _ = pool.release(0, ending: nil, now: .at(2))
        }
    }
}
