// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct MeterTests {
    private func bill(_ meter: Meter, _ durations: [Duration], memorySize: Int = 128) throws -> Bill {
        for duration in durations {
            try meter.receive(.invocationFinished(.of(.made(memorySize: memorySize), took: duration)))
        }
        return meter.bill()
    }

    @Test(
        "A billed duration is rounded up to the increment, and exact at its edges",
        arguments: [
            (1, .zero, 0), (1, .nanoseconds(1), 1), (1, .nanoseconds(999_999), 1), (1, .milliseconds(1), 1),
            (1, .nanoseconds(1_000_001), 2), (1, .milliseconds(3_000), 3_000), (100, .zero, 0),
            (100, .nanoseconds(1), 100), (100, .milliseconds(100), 100), (100, .nanoseconds(100_000_001), 200),
            (100, .milliseconds(199), 200), (1, .milliseconds(-5), 0),
        ] as [(Int, Duration, Int)])
    func rounding(increment: Int, duration: Duration, billed: Int) throws {
        let meter = Meter(increment: .milliseconds(increment))
        #expect(meter.billedDuration(of: .of(took: duration)) == .milliseconds(billed))
        #expect(try bill(meter, [duration]).billedDuration == .milliseconds(billed))
    }

    @Test("The cold start before an attempt is billed with it, rounded together")
    func coldStart() {
        let report = InvocationReport.of(took: .microseconds(300), initializing: .microseconds(600))
        #expect(Meter().billedDuration(of: report) == .milliseconds(1))
    }

    @Test("Every attempt that ran is billed, however it ended", arguments: Outcome.allCases)
    func outcomes(outcome: Outcome) throws {
        let meter = Meter()
        try meter.receive(.invocationFinished(.of(.made(), outcome, took: .milliseconds(5))))
        #expect(meter.bill().requests == 1)
        #expect(meter.bill().billedDuration == .milliseconds(5))
    }

    @Test("What did not run is free")
    func throttled() throws {
        let meter = Meter()
        let throttle = Throttle(limit: .unreservedConcurrency, allowed: 1, retryAfter: nil)
        try meter.receive(.invocationThrottled(functionName: "resize", version: .latest, throttle))
        try meter.receive(.invocationStarted(.made(), concurrency: 1))
        #expect(meter.bill().lines.isEmpty)
    }

    @Test(
        "A gigabyte-second is 1,024 MiB during a second",
        arguments: [(1_024, 1.0), (512, 0.5), (128, 0.125), (10_240, 10.0)])
    func gigabyteSeconds(memorySize: Int, expected: Double) throws {
        let bill = try bill(Meter(), Array(repeating: .milliseconds(10), count: 100), memorySize: memorySize)
        #expect(bill.gigabyteSeconds == expected)
    }

    /// Source: an example of AWS Lambda's price list, 3 million requests of 120 ms at 1,536 MB; here a thousandth of the
    /// requests, each a thousand times as long and as dear.
    @Test("The example of Lambda's price list costs $2.33 for duration and $0.40 for requests")
    func listPrice() throws {
        let prices = PriceList(
            millionRequests: 200, gigabyteSecond: 0.0000166667, freeRequests: 1_000, freeGigabyteSeconds: 400_000)
        let month = Array(repeating: Duration.seconds(120), count: 3_000)
        let bill = try bill(Meter(prices: prices), month, memorySize: 1_536)
        #expect(bill.gigabyteSeconds == 540_000)
        #expect(abs(bill.requestCost - 0.40) < 0.000_001)
        #expect(abs(bill.durationCost - 2.333_338) < 0.000_001)
        #expect(abs(bill.total - 2.733_338) < 0.000_001)
    }

    @Test("Within the free tier nothing is charged, and one request more costs one request")
    func freeTier() throws {
        let prices = PriceList(millionRequests: 1_000_000, gigabyteSecond: 8, freeRequests: 2, freeGigabyteSeconds: 1)
        let meter = Meter(prices: prices)
        #expect(try bill(meter, [.seconds(4), .seconds(4)]).total == 0)
        let more = try bill(meter, [.seconds(1)])
        #expect(more.requestCost == 1)
        #expect(more.durationCost == 1)
    }

    @Test(
        "A nonsensical number of free requests costs a lot and traps nothing",
        arguments: [(Int.min, Double(Int.max)), (-1, 2), (.max, 0)])
    func nonsense(freeRequests: Int, cost: Double) throws {
        let meter = Meter(prices: PriceList(millionRequests: 1_000_000, freeRequests: freeRequests))
        #expect(try bill(meter, [.seconds(4)]).requestCost == cost)
    }

    @Test("Functions have a line each, by name, and are added up")
    func lines() throws {
        let meter = Meter()
        for name in ["b", "a", "b"] {
            let context = InvocationContext.made(by: FunctionIdentity(name: name))
            try meter.receive(.invocationFinished(.of(context, took: .milliseconds(2))))
        }
        #expect(meter.bill().lines.map(\.functionName) == ["a", "b"])
        #expect(meter.bill().lines.map(\.requests) == [1, 2])
        #expect(meter.bill().requests == 3)
    }

    @Test("A reset returns the bill and begins anew")
    func reset() throws {
        let meter = Meter()
        _ = try bill(meter, [.seconds(1)])
        #expect(meter.reset().requests == 1)
        #expect(meter.bill().lines.isEmpty)
    }

    @Test("An increment is at least a nanosecond", arguments: [Duration.zero, .seconds(-1)])
    func smallest(increment: Duration) {
        let meter = Meter(increment: increment)
        #expect(meter.increment == .nanoseconds(1))
        #expect(meter.billedDuration(of: .of(took: .nanoseconds(7))) == .nanoseconds(7))
    }

    @Test(
        "The longest durations are billed as the longest there is",
        arguments: [.nanoseconds(Int64.max), .seconds(Int64.max)] as [Duration])
    func longest(duration: Duration) throws {
        let bill = try bill(Meter(increment: .milliseconds(100)), [duration, duration])
        #expect(bill.requests == 2)
        #expect(bill.billedDuration == .nanoseconds(Int64.max))
    }
}
