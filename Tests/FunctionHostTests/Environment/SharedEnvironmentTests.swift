// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// Pools whose environments serve several invocations at a time.
@Suite struct SharedEnvironmentTests {
    private func starting(concurrency: Int = 3) -> Pool {
        var pool = Pool(concurrency: concurrency, idleTimeout: .nanoseconds(100))
        _ = pool.ask(joining: 0)
        return pool
    }

    @Test("Who comes while an environment starts joins it until its places are taken")
    func joining() {
        var pool = starting()
        #expect(pool.ask(joining: 1) == "join")
        #expect(pool.ask(joining: 2) == "join")
        #expect(pool.ask(joining: 3) == "start 1")
        #expect(pool.ask(joining: 4) == "join")
        #expect(pool.started(0, "a", now: .at(1)).joiners == [1, 2])
        #expect(pool.started(1, "b", now: .at(1)).joiners == [4])
    }

    @Test("Nobody joins who cannot wait, nor where environments are for one")
    func notJoining() {
        var pool = starting()
        #expect(pool.ask() == "start 1")
        var single = starting(concurrency: 1)
        #expect(single.ask(joining: 1) == "start 1")
    }

    @Test("Those who join are told when the start has failed, and start another")
    func failure() {
        var pool = starting()
        _ = pool.ask(joining: 1)
        #expect(pool.failed(0) == [1])
        #expect(pool.ask(joining: 1) == "start 0")
    }

    @Test("An environment is lent until it is full, then another is started")
    func filling() {
        var pool = starting()
        _ = pool.started(0, "a", now: .at(1))
        #expect(pool.ask() == "lend a in 0")
        #expect(pool.ask() == "lend a in 0")
        #expect(pool.ask() == "start 1")
        #expect(pool.release(0, ending: nil, now: .at(2))?.text == nil)
        #expect(pool.ask() == "lend a in 0")
    }

    @Test("All places of an environment made ahead can be joined")
    func joiningProvisioned() {
        var pool = Pool(concurrency: 2, idleTimeout: .nanoseconds(100))
        pool.provisioned = 1
        #expect(pool.provision() == 0)
        #expect(pool.ask(joining: 1) == "join")
        #expect(pool.ask(joining: 2) == "join")
        #expect(pool.ask(joining: 3) == "start 1")
    }

    @Test("A shared environment that must end waits for the last invocation in it and takes no more")
    func ending() {
        var pool = starting()
        _ = pool.started(0, "a", now: .at(1))
        _ = pool.ask()
        #expect(pool.release(0, ending: .timedOut, now: .at(2))?.text == nil)
        #expect(pool.ask() == "start 1")
        #expect(pool.release(0, ending: .discarded, now: .at(3))?.text == "a timedOut")
    }

    @Test("Nobody joins an environment that is already condemned")
    func condemnedWhileStarting() {
        var pool = starting()
        _ = pool.ask(joining: 1)
        #expect(pool.condemnAll(.updated).isEmpty)
        #expect(pool.ask(joining: 2) == "start 1", "it would wait for an environment that it must not use")
        #expect(pool.started(0, "old", now: .at(1)).joiners == [1])
    }
}
