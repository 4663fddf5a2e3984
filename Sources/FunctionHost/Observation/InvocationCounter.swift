// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What an observer in the core implements besides, to be told of the two most frequent events without an event being made.
package protocol InvocationCounter: AnyObject, HostObserver {
    func countStart(of identity: FunctionIdentity)
    func countEnd(of identity: FunctionIdentity, _ end: CountedEnd)
    /// The queue has accepted so many events.
    func countEnqueued(of identity: FunctionIdentity, _ count: Int)
}

extension InvocationCounter {
    package func countEnqueued(of identity: FunctionIdentity, _ count: Int) {}
}

/// What a counter needs to know of an attempt's end: plain numbers, so that nothing is retained to tell it.
package struct CountedEnd: Sendable {
    package var outcome: Outcome
    /// What the handler took.
    package var nanoseconds: Int64
    /// What the cold start before it took; nil for a warm start.
    package var initNanoseconds: Int64?
    package var memorySize: Int
    package var isColdStart: Bool
    /// Whether the handler goes on although the attempt has ended.
    package var isRunningOn = false
    /// Whether the handler had begun; not if its environment could not be made.
    package var hasStarted = true

    /// Handler and cold start together, rounded up to an increment, in nanoseconds, and held to 64 bits.
    package func billedNanoseconds(increment: Int64) -> Int64 {
        let (sum, isTooLong) = nanoseconds.addingReportingOverflow(initNanoseconds ?? 0)
        let used = isTooLong ? .max : max(0, sum)
        let (increments, rest) = used.quotientAndRemainder(dividingBy: increment)
        guard rest > 0 else { return used }
        let (billed, isOver) = (increments + 1).multipliedReportingOverflow(by: increment)
        return isOver ? .max : billed
    }
}

extension InvocationReport {
    /// The report in numbers.
    package var counted: CountedEnd {
        CountedEnd(
            outcome: outcome, nanoseconds: nanoseconds, initNanoseconds: initNanoseconds,
            memorySize: context.memorySize, isColdStart: context.isColdStart, isRunningOn: isRunningOn,
            hasStarted: hasStarted)
    }
}

/// The counters of a host, each with those after it.
///
/// A list of constants is walked without retaining anything, which an array of references is not.
final class CounterChain: Sendable {
    private let counter: any InvocationCounter
    private let next: CounterChain?

    /// nil if there are none.
    init?(_ counters: some Collection<any InvocationCounter>) {
        guard let first = counters.first else { return nil }
        counter = first
        next = CounterChain(counters.dropFirst())
    }

    func countStart(of identity: FunctionIdentity) {
        counter.countStart(of: identity)
        next?.countStart(of: identity)
    }

    func countEnd(of identity: FunctionIdentity, _ end: CountedEnd) {
        counter.countEnd(of: identity, end)
        next?.countEnd(of: identity, end)
    }

    func countEnqueued(of identity: FunctionIdentity, _ count: Int) {
        counter.countEnqueued(of: identity, count)
        next?.countEnqueued(of: identity, count)
    }
}
