// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Charges for invocations as Lambda does: requests, and duration by memory class.
///
/// Each attempt is billed from its start to its end, the cold start before it included, rounded up to the increment; failed
/// and timed-out ones too, and those whose payload could not be decoded, for that takes their place and time. Throttled
/// invocations, and others that never got a place, are free.
///
/// Source: the pricing model of AWS Lambda; 1 ms since December 2020, 100 ms before, cold starts since August 2025.
public final class Meter: HostObserver, InvocationCounter {
    /// To what a billed duration is rounded up.
    public let increment: Duration
    /// What things cost.
    public let prices: PriceList
    private let incrementNanoseconds: Int64
    private let usage = Mutex(SeriesTable(empty: Usage()))

    private struct Usage: Sendable {
        var requests = 0
        var billedNanoseconds: Int64 = 0
        /// Billed nanoseconds times MiB, summed exactly.
        var memoryTime: UInt128 = 0

        mutating func add(_ billed: Int64, memory: Int) {
            requests += 1
            let (sum, isOver) = billedNanoseconds.addingReportingOverflow(billed)
            billedNanoseconds = isOver ? .max : sum
            memoryTime += UInt128(billed) * UInt128(memory)
        }
    }

    /// Starts with nothing used.
    ///
    /// - Parameters:
    ///   - increment: 1 millisecond, as today; `.milliseconds(100)` bills as the service did at first. At least 1 ns.
    ///   - prices: Free of charge unless given: prices change, so the user knows them better.
    public init(increment: Duration = .milliseconds(1), prices: PriceList = PriceList()) {
        incrementNanoseconds = max(1, increment.wholeNanoseconds)
        self.increment = .nanoseconds(incrementNanoseconds)
        self.prices = prices
    }

    /// At once: it only counts.
    public var delivery: ObserverDelivery { .immediate }

    /// Counts the event.
    public func receive(_ event: HostEvent) throws {
        if case .invocationFinished(let report) = event {
            countEnd(of: report.context.identity, report.counted)
        }
    }

    package func countStart(of identity: FunctionIdentity) {}

    package func countEnd(of identity: FunctionIdentity, _ end: CountedEnd) {
        let billed = end.billedNanoseconds(increment: incrementNanoseconds)
        usage.withLock { usage in usage[usage.place(of: identity)].add(billed, memory: end.memorySize) }
    }

    /// What one attempt is billed for.
    public func billedDuration(of report: InvocationReport) -> Duration {
        .nanoseconds(report.counted.billedNanoseconds(increment: incrementNanoseconds))
    }

    /// What has been used since the start or the last reset, and what it costs.
    public func bill() -> Bill { bill(for: usage.withLock { $0 }) }

    /// Begins anew, as a month does.
    ///
    /// - Returns: The bill until now.
    @discardableResult
    public func reset() -> Bill {
        bill(
            for: usage.withLock { usage in
                defer { usage = SeriesTable(empty: Usage()) }
                return usage
            })
    }

    private func bill(for usage: SeriesTable<Usage>) -> Bill {
        let lines = usage.sorted.map { key, usage in
            Bill.Line(
                functionName: key.name, version: key.version, requests: usage.requests,
                billedDuration: .nanoseconds(usage.billedNanoseconds),
                gigabyteSeconds: Double(usage.memoryTime) / 1_024 / 1e9)
        }
        return Bill(lines: lines, prices: prices)
    }
}

/// What things cost, in any one currency.
public struct PriceList: Sendable, Hashable {
    /// For a million requests.
    public var millionRequests: Double
    /// For one gigabyte (1,024 MiB) of memory class during one second.
    public var gigabyteSecond: Double
    /// Requests that are free.
    public var freeRequests: Int
    /// Gigabyte-seconds that are free.
    public var freeGigabyteSeconds: Double

    /// Everything is free unless said otherwise.
    public init(
        millionRequests: Double = 0, gigabyteSecond: Double = 0, freeRequests: Int = 0, freeGigabyteSeconds: Double = 0
    ) {
        self.millionRequests = millionRequests
        self.gigabyteSecond = gigabyteSecond
        self.freeRequests = freeRequests
        self.freeGigabyteSeconds = freeGigabyteSeconds
    }
}

/// What has been used, and what it costs.
public struct Bill: Sendable, Hashable {
    /// What one function has used.
    public struct Line: Sendable, Hashable {
        /// The function's name.
        public let functionName: String
        /// The version.
        public let version: Qualifier
        /// Attempts that ran.
        public let requests: Int
        /// Their durations, each rounded up.
        public let billedDuration: Duration
        /// Billed seconds times gigabytes of memory class.
        public let gigabyteSeconds: Double
    }

    /// Each function, by name.
    public let lines: [Line]
    /// What it was reckoned with.
    public let prices: PriceList

    /// Requests of all functions.
    public var requests: Int { lines.reduce(0) { $0 + $1.requests } }
    /// Billed durations of all functions.
    public var billedDuration: Duration { lines.reduce(.zero) { $0 + $1.billedDuration } }
    /// Gigabyte-seconds of all functions.
    public var gigabyteSeconds: Double { lines.reduce(0) { $0 + $1.gigabyteSeconds } }
    /// What the requests cost beyond the free ones.
    public var requestCost: Double {
        // A negative number of free requests is nonsense, but no reason to trap.
        let (charged, overflow) = requests.subtractingReportingOverflow(prices.freeRequests)
        return Double(overflow ? .max : max(0, charged)) * prices.millionRequests / 1_000_000
    }
    /// What the gigabyte-seconds cost beyond the free ones.
    public var durationCost: Double { max(0, gigabyteSeconds - prices.freeGigabyteSeconds) * prices.gigabyteSecond }
    /// Everything together.
    public var total: Double { requestCost + durationCost }
}
