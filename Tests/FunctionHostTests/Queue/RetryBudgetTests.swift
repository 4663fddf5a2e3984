// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct RetryBudgetTests {
    @Test("By default a fifth of all attempts may be retries, and a hundred a minute beside")
    func defaults() {
        #expect(RetryBudget().share == 0.2)
        #expect(RetryBudget().window == .seconds(60))
        #expect(RetryBudget().reserve == 100)
    }

    @Test(
        "A budget that cannot be says what is wrong",
        arguments: [
            (RetryBudget(share: -0.1), "share is -0.1; it must be from 0 to 1"),
            (RetryBudget(share: 1.1), "share is 1.1; it must be from 0 to 1"),
            (RetryBudget(share: .nan), "share is nan; it must be from 0 to 1"),
            (
                RetryBudget(window: .milliseconds(999)),
                "window is 0.999 seconds; it must be from 1 second to 1 hour"
            ),
            (RetryBudget(window: .seconds(7_200)), "window is 7200.0 seconds; it must be from 1 second to 1 hour"),
            (RetryBudget(reserve: -1), "reserve is -1; it must be 0 or more"),
        ])
    func faults(budget: RetryBudget, expected: String) {
        #expect(budget.fault == expected)
    }

    @Test(
        "Budgets at the ends of their ranges are fine",
        arguments: [
            RetryBudget(), .unlimited, RetryBudget(share: 0, window: .seconds(1), reserve: 0),
            RetryBudget(share: 1, window: .seconds(3_600), reserve: .max),
        ])
    func noFault(budget: RetryBudget) {
        #expect(budget.fault == nil)
    }

    /// Events arrive, every attempt fails between two times, and what may not be retried yet asks again after the pause.
    private struct Outage {
        let budget: RetryBudget
        let arrivalsPerSecond: Int
        let delay: Duration
        let seconds: ClosedRange<Int>

        /// How many attempts were made in each second, and how many events were left at the end.
        func run(for duration: Int, seed: UInt64) -> (load: [Int], backlog: Int) {
            var random = SplitMix64(seed: seed)
            var machine = RetryBudgetStateMachine(budget)
            var load = Array(repeating: 0, count: duration)
            var due: [Int: Int] = [:]
            for second in 0..<duration {
                let now = Timestamp.at(Int64(second) * 1_000_000_000)
                let arrivals = random.below(2 * arrivalsPerSecond + 1)
                for _ in 0..<arrivals { machine.attempt(now: now) }
                var retries = 0
                var refused = 0
                for _ in 0..<(due.removeValue(forKey: second) ?? 0) {
                    if refused == 0, machine.mayRetry(now: now) { retries += 1 } else { refused += 1 }
                }
                load[second] = arrivals + retries
                let pause = Int(machine.pause.components.seconds)
                due[second + pause, default: 0] += refused
                if seconds.contains(second) {
                    due[second + Int(delay.components.seconds), default: 0] += arrivals + retries
                }
            }
            return (load, due.values.reduce(0, +))
        }
    }

    @Test(
        "In a total outage the load stays under arrivals / (1 - share) and the reserve of each window",
        arguments: [0.1, 0.2, 0.5], [5, 50])
    func outage(share: Double, arrivals: Int) {
        for (seed, reserve) in [(1, 0), (2, 100), (3, 1_000)] as [(UInt64, Int)] {
            let budget = RetryBudget(share: share, reserve: reserve)
            let outage = Outage(
                budget: budget, arrivalsPerSecond: arrivals, delay: .seconds(1), seconds: 0...1_199)
            let load = outage.run(for: 1_200, seed: seed).load
            let without = Outage(
                budget: RetryBudget(share: 0, reserve: 0), arrivalsPerSecond: arrivals, delay: .seconds(1),
                seconds: 0...1_199
            ).run(for: 1_200, seed: seed).load
            // Over any stretch of time: what paid for its retries may have come in the window before.
            for start in stride(from: 0, to: 1_200, by: 60) {
                for end in stride(from: start + 60, through: 1_200, by: 60) {
                    let arrived = Double(without[max(0, start - 60)..<end].reduce(0, +))
                    let before = Double(without[max(0, start - 60)..<start].reduce(0, +))
                    let limit = arrived / (1 - share) - before + Double(reserve * (end - start) / 60)
                    #expect(Double(load[start..<end].reduce(0, +)) <= limit, "seed \(seed), from \(start) to \(end)")
                }
            }
            // From the beginning nothing came before: the bound as the budget states it.
            #expect(
                Double(load.reduce(0, +))
                    <= Double(without.reduce(0, +)) / (1 - share) + Double(reserve * 20), "seed \(seed)")
        }
    }

    @Test("After an outage the backlog is worked off, and the budget is as it was", arguments: 1...4)
    func recovery(seed: UInt64) {
        let outage = Outage(budget: RetryBudget(), arrivalsPerSecond: 20, delay: .seconds(2), seconds: 100...400)
        #expect(outage.run(for: 401, seed: seed).backlog > 3_000)
        // 301 seconds with 20 events each come back at 5 a second, and 100 a minute beside.
        let (load, backlog) = outage.run(for: 1_600, seed: seed)
        #expect(backlog == 0)
        #expect(load.suffix(100).allSatisfy { $0 <= 40 })
    }
}
