// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct EnvironmentEndingTests {
    private func ended(_ all: [Pool.Ended]) -> [String] { all.map(\.text) }

    private func idle(_ times: [Int64], provisioned: Int = 0) -> Pool {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        pool.fill(times.indices.map { ["a", "b", "c", "d"][$0] }, at: times)
        pool.provisioned = provisioned
        return pool
    }

    @Test(
        "Environments expire when they have been idle for the idle time, the oldest first",
        arguments: [
            (109, []), (110, ["a idle"]), (119, ["a idle"]), (120, ["a idle", "b idle"]),
            (500, ["a idle", "b idle", "c idle"]),
        ])
    func expiry(now: Int, expected: [String]) {
        var pool = idle([10, 20, 30])
        #expect(ended(pool.expire(now: .at(Int64(now)))) == expected)
        #expect(pool.count == 3 - expected.count)
        #expect(pool.expire(now: .at(Int64(now))).isEmpty)
    }

    @Test("Provisioned environments are kept, those used last", arguments: [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
    func provisioned(kept: Int, gone: Int) {
        var pool = idle([10, 20, 30], provisioned: kept)
        #expect(ended(pool.expire(now: .at(500))) == ["a idle", "b idle", "c idle"].prefix(gone).map { $0 })
        #expect(pool.nextExpiry == nil)
    }

    @Test("Lent environments do not expire, but count among the provisioned")
    func lent() {
        var pool = idle([10, 20, 30], provisioned: 1)
        #expect(pool.ask() == "lend c in 2")
        #expect(ended(pool.expire(now: .at(500))) == ["a idle", "b idle"])
        #expect(pool.release(2, ending: nil, now: .at(600))?.text == nil)
        #expect(pool.expire(now: .at(10_000)).isEmpty)
    }

    @Test("A shared environment expires only when nothing runs in it")
    func sharedExpiry() {
        var pool = Pool(concurrency: 2, idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        _ = pool.started(0, "a", now: .at(0))
        #expect(pool.nextExpiry == nil)
        #expect(pool.expire(now: .at(500)).isEmpty)
        _ = pool.release(0, ending: nil, now: .at(600))
        #expect(pool.nextExpiry == .at(700))
        #expect(ended(pool.expire(now: .at(700))) == ["a idle"])
    }

    @Test("Of shared environments too the oldest ends first")
    func sharedOrder() {
        var pool = Pool(concurrency: 2, idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        _ = pool.started(0, "a", now: .at(0))
        _ = pool.ask()
        _ = pool.ask()
        _ = pool.started(1, "b", now: .at(0))
        for (entry, time) in [(0, Int64(1)), (0, 2), (1, 3)] { _ = pool.release(entry, ending: nil, now: .at(time)) }
        #expect(ended(pool.expire(now: .at(500))) == ["a idle", "b idle"])
    }

    @Test("The next expiry is that of the environment used longest ago; a new idle time counts at once")
    func nextExpiry() {
        var pool = idle([30, 10, 20])
        #expect(pool.nextExpiry == .at(110))
        pool.idleTimeout = .nanoseconds(5)
        #expect(pool.nextExpiry == .at(15))
        #expect(Pool(idleTimeout: .zero).nextExpiry == nil)
    }

    @Test(
        "Whoever asks is told what has been idle too long, and gets none of it",
        arguments: [(119, "lend b", []), (120, "start", ["a idle", "b idle"])])
    func expiryOnDemand(now: Int, expected: String, gone: [String]) {
        var pool = idle([10, 20])
        let (action, expired) = pool.acquire(joiner: nil, now: .at(Int64(now)))
        #expect(ended(expired) == gone)
        switch action {
        case .lend(_, let instance): #expect(expected == "lend \(instance)")
        case .start: #expect(expected == "start")
        case .join: Issue.record("nobody can join")
        }
    }

    @Test("All are condemned: idle ones end at once, lent ones when given back, starting ones when started")
    func condemned() {
        var pool = idle([10, 20])
        #expect(pool.ask() == "lend b in 1")
        pool.provisioned = 3
        #expect(pool.provision() == 2)
        #expect(ended(pool.condemnAll(.updated)) == ["a updated"])
        #expect(pool.condemnAll(.shutdown).isEmpty, "the first reason stands")
        #expect(pool.release(1, ending: .timedOut, now: .at(30))?.text == "b updated")
        #expect(pool.started(2, "c", now: .at(40)).ended?.text == "c updated")
        #expect(pool.count == 0)
    }

    @Test("An invocation whose environment was condemned while it started still runs in it")
    func condemnedColdStart() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        _ = pool.condemnAll(.removed)
        #expect(pool.started(0, "a", now: .at(1)).ended?.text == nil)
        #expect(pool.release(0, ending: nil, now: .at(2))?.text == "a removed")
    }

    @Test("A condemned start that fails leaves nothing behind")
    func condemnedFailure() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        _ = pool.ask()
        _ = pool.condemnAll(.removed)
        _ = pool.failed(0)
        #expect(pool.count == 0)
        #expect(pool.ask() == "start 0")
    }

    @Test("What is condemned is missing from what is to be made ahead")
    func condemnedProvisioned() {
        var pool = Pool(idleTimeout: .nanoseconds(100))
        pool.provisioned = 1
        _ = pool.provision()
        _ = pool.condemnAll(.updated)
        #expect(pool.provision() == 1)
    }
}
