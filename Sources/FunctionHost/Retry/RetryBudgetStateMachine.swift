// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Counts first attempts and retries over a sliding window, and says whether there may be another retry.
///
/// The window is ten buckets that are used in turn: each call takes the same time and room, however much there is to count. A
/// retry is counted when it is allowed, and remains for at least as long as the attempts that paid for it, so none of them
/// pays twice.
package struct RetryBudgetStateMachine: Sendable {
    private struct Bucket {
        var attempts = 0
        var retries = 0
    }

    private static let count = 10

    private let budget: RetryBudget
    /// Retries for each first attempt: a share of 0.2 among all is a quarter of the first ones.
    private let rate: Double
    private let width: Int64
    private var buckets = ContiguousArray(repeating: Bucket(), count: Self.count)
    private var total = Bucket()
    private var current = Int64.min

    package init(_ budget: RetryBudget) {
        self.budget = budget
        rate = budget.share / (1 - budget.share)
        width = max(1, budget.window.wholeNanoseconds / Int64(Self.count))
    }

    /// Counts an attempt that has begun. Only an event's first one pays for retries.
    package mutating func attempt(number: Int = 1, now: Timestamp) {
        if number == 1 { attempts(1, now: now) }
    }

    /// Counts so many events that are tried for the first time.
    package mutating func attempts(_ count: Int, now: Timestamp) {
        turn(to: now)
        buckets[place].attempts += count
        total.attempts += count
    }

    /// Whether there may be a retry, which then counts.
    package mutating func mayRetry(now: Timestamp) -> Bool {
        guard budget.share < 1 else { return true }
        turn(to: now)
        guard Double(total.retries + 1) <= Double(total.attempts) * rate + Double(budget.reserve) else { return false }
        buckets[place].retries += 1
        total.retries += 1
        return true
    }

    /// Takes back a retry that was allowed then, and does not count: the handler was not let in, or wanted to be asked later.
    package mutating func takeBackRetry(allowedAt time: Timestamp, now: Timestamp) {
        guard budget.share < 1 else { return }
        turn(to: now)
        let bucket = bucket(of: time)
        let (age, overflow) = current.subtractingReportingOverflow(bucket)
        // What is gone with its bucket does not count in any case.
        guard !overflow, (0..<Int64(Self.count)).contains(age), buckets[place(of: bucket)].retries > 0 else { return }
        buckets[place(of: bucket)].retries -= 1
        total.retries -= 1
    }

    /// How long it takes until asking again may help, unless more events come before.
    package var pause: Duration { .nanoseconds(width) }

    private var place: Int { place(of: current) }

    private func place(of bucket: Int64) -> Int {
        Int(((bucket % Int64(Self.count)) + Int64(Self.count)) % Int64(Self.count))
    }

    private func bucket(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: width)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Empties the buckets whose time was a window ago. A time before the latest one counts as the latest.
    private mutating func turn(to now: Timestamp) {
        let bucket = bucket(of: now)
        guard bucket > current else { return }
        // Over a long pause, and at the very first call, each bucket is emptied once.
        let (distance, overflow) = bucket.subtractingReportingOverflow(current)
        if overflow || distance > Int64(Self.count) { current = bucket - Int64(Self.count) }
        while current < bucket {
            current += 1
            total.attempts -= buckets[place].attempts
            total.retries -= buckets[place].retries
            buckets[place] = Bucket()
        }
    }
}
