// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct RetryBudgetStateMachineTests {
    private static let second: Int64 = 1_000_000_000

    private func mayRetry(_ machine: inout RetryBudgetStateMachine, _ now: Timestamp) -> Bool {
        machine.mayRetry(now: now)
    }

    @Test("The reserve is always there, and comes back a window later", arguments: [0, 1, 100])
    func reserve(reserve: Int) {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: reserve))
        for _ in 0..<reserve { #expect(mayRetry(&machine, .at(0))) }
        #expect(!mayRetry(&machine, .at(0)))
        #expect(!mayRetry(&machine, .at(60 * Self.second - 1)))
        #expect(mayRetry(&machine, .at(60 * Self.second)) == (reserve > 0))
    }

    @Test(
        "First attempts pay for retries so that these have their share of all",
        arguments: [(0.2, 1_000, 250), (0.5, 1_000, 1_000), (0, 1_000, 0), (0.9, 100, 900)])
    func share(share: Double, attempts: Int, retries: Int) {
        var machine = RetryBudgetStateMachine(RetryBudget(share: share, reserve: 0))
        for _ in 0..<attempts { machine.attempt(now: .at(5)) }
        let allowed = (0..<2_000).count { _ in machine.mayRetry(now: .at(5)) }
        // Nine tenths are not told exactly in binary; one retry more or less is no matter.
        #expect(abs(allowed - retries) <= 1)
    }

    @Test("Retries themselves pay for nothing")
    func laterAttempts() {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: 0))
        for number in 2..<1_000 { machine.attempt(number: number, now: .at(0)) }
        #expect(!mayRetry(&machine, .at(0)))
    }

    @Test("What first attempts paid is gone a window later")
    func expiry() {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: 0))
        for _ in 0..<4 { machine.attempt(now: .at(0)) }
        var later = machine
        #expect(mayRetry(&machine, .at(60 * Self.second - 1)))
        #expect(!mayRetry(&later, .at(60 * Self.second)))
    }

    @Test("Without limit every retry is allowed")
    func unlimited() {
        var machine = RetryBudgetStateMachine(.unlimited)
        let allowed = (0..<10_000).count { _ in machine.mayRetry(now: .at(0)) }
        #expect(allowed == 10_000)
    }

    @Test("A refused retry costs nothing, and asking again helps after a pause at the earliest")
    func pause() {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: 1))
        #expect(machine.pause == .seconds(6))
        #expect(mayRetry(&machine, .at(0)))
        var now = Timestamp.at(0)
        var refusals = 0
        while !machine.mayRetry(now: now) {
            now = now.advanced(by: machine.pause)
            refusals += 1
        }
        #expect(refusals == 10)
    }

    @Test(
        "No time and no budget traps",
        arguments: [
            RetryBudget(), RetryBudget(share: 0, window: .zero, reserve: .max),
            RetryBudget(share: .nan, window: .seconds(-1), reserve: -1),
            RetryBudget(share: 0.999_999, window: .seconds(Int64.max) * 4, reserve: 0),
        ])
    func extremes(budget: RetryBudget) {
        let times: [Int64] = [.min, .min + 1, -1, 0, 1, 6_000_000_000, .max - 1, .max]
        for first in times {
            var machine = RetryBudgetStateMachine(budget)
            for next in [first] + times + times.reversed() {
                machine.attempt(now: .at(next))
                _ = machine.mayRetry(now: .at(next))
                machine.takeBackRetry(allowedAt: .at(first), now: .at(next))
            }
        }
    }

    @Test("A clock that stands still or goes back is taken to stand still")
    func backwards() {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: 2))
        #expect(mayRetry(&machine, .at(120 * Self.second)))
        #expect(mayRetry(&machine, .at(0)))
        #expect(!mayRetry(&machine, .at(120 * Self.second)))
        #expect(!mayRetry(&machine, .at(179 * Self.second)))
        #expect(mayRetry(&machine, .at(180 * Self.second)))
    }

    @Test("A retry that is taken back leaves room for another one, once, and not after its time")
    func takenBack() {
        var machine = RetryBudgetStateMachine(RetryBudget(reserve: 1))
        #expect(mayRetry(&machine, .at(-1)))
        machine.takeBackRetry(allowedAt: .at(-1), now: .at(7 * Self.second))
        machine.takeBackRetry(allowedAt: .at(-1), now: .at(7 * Self.second))
        #expect(mayRetry(&machine, .at(7 * Self.second)))
        #expect(!mayRetry(&machine, .at(7 * Self.second)))
        // A whole window later another bucket lies where that one was.
        machine.takeBackRetry(allowedAt: .at(-54 * Self.second), now: .at(8 * Self.second))
        #expect(!mayRetry(&machine, .at(8 * Self.second)))
    }

    @Test("Counts are those of the last ten buckets, whatever came before", arguments: 1...8)
    func oracle(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let budget = RetryBudget(share: 0.5, window: .seconds(10), reserve: 3)
        var machine = RetryBudgetStateMachine(budget)
        var (attempts, retries): ([Int64], [Int64]) = ([], [])
        var now: Int64 = -50 * Self.second
        for step in 0..<4_000 {
            now += Int64(random.below(random.chance(2) ? 30 : 2)) * Self.second / Int64(1 + random.below(4))
            let bucket = Int64((Double(now) / Double(Self.second)).rounded(.down))
            attempts.removeAll { $0 <= bucket - 10 }
            retries.removeAll { $0 <= bucket - 10 }
            if random.chance(50) {
                machine.attempt(now: .at(now))
                attempts.append(bucket)
            } else {
                let isAllowed = retries.count < attempts.count + 3
                #expect(mayRetry(&machine, .at(now)) == isAllowed, "seed \(seed), step \(step)")
                if isAllowed { retries.append(bucket) }
            }
        }
    }
}
