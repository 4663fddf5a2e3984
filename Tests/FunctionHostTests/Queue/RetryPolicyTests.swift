// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct RetryPolicyTests {
    private func delays(_ policy: RetryPolicy, upTo attempt: Int, seed: UInt64 = 1) -> [Duration?] {
        var random = SplitMix64(seed: seed)
        var previous: Duration?
        return (1...attempt).map { attempt in
            let delay = policy.delay(
                afterAttempt: attempt, previousDelay: previous, error: Boom(), using: &random)
            previous = delay
            return delay
        }
    }

    @Test(
        "Lambda's policy waits one minute, then two, then gives up",
        arguments: [
            (.lambda, 3, [.seconds(60), .seconds(120), nil, nil]), (.lambda(maximumRetries: 0), 1, [nil]),
            (.lambda(maximumRetries: 1), 2, [.seconds(60), nil]),
            (.lambda(maximumRetries: 2), 3, [.seconds(60), .seconds(120), nil]),
        ] as [(RetryPolicy, Int, [Duration?])])
    func lambda(policy: RetryPolicy, attempts: Int, expected: [Duration?]) {
        #expect(policy.maximumAttempts == attempts)
        #expect(delays(policy, upTo: expected.count) == expected)
        #expect(policy.fault == nil)
    }

    @Test("Never is one attempt")
    func never() {
        #expect(RetryPolicy.never.maximumAttempts == 1)
        #expect(delays(.never, upTo: 2) == [nil, nil])
        #expect(RetryPolicy.never.fault == nil)
    }

    @Test("A constant policy waits the same each time")
    func constant() {
        let policy = RetryPolicy.constant(maximumAttempts: 3, delay: .milliseconds(7))
        #expect(delays(policy, upTo: 3) == [.milliseconds(7), .milliseconds(7), nil])
    }

    @Test("Without jitter an exponential delay doubles until its maximum")
    func exponential() {
        let policy = RetryPolicy.exponential(
            maximumAttempts: 6, base: .seconds(2), maximum: .seconds(11), jitter: .none)
        #expect(
            delays(policy, upTo: 6)
                == [.seconds(2), .seconds(4), .seconds(8), .seconds(11), .seconds(11), nil])
    }

    @Test("Full jitter draws from nothing up to the delay, and all of it")
    func fullJitter() {
        let policy = RetryPolicy.exponential(maximumAttempts: 9, base: .seconds(1), maximum: .seconds(8))
        var random = SplitMix64(seed: 7)
        for (attempt, limit) in [(1, 1), (2, 2), (3, 4), (4, 8), (8, 8)] {
            let drawn = (0..<400).compactMap { _ in
                policy.delay(afterAttempt: attempt, error: Boom(), using: &random)
            }
            #expect(drawn.count == 400)
            #expect(drawn.allSatisfy { $0 >= .zero && $0 <= .seconds(limit) })
            #expect(drawn.contains { $0 < .seconds(limit) / 10 })
            #expect(drawn.contains { $0 > .seconds(limit) * 9 / 10 })
        }
    }

    @Test("Decorrelated jitter draws from the base up to three times the delay before")
    func decorrelatedJitter() {
        let policy = RetryPolicy.exponential(
            maximumAttempts: 9, base: .seconds(1), maximum: .seconds(20), jitter: .decorrelated)
        var random = SplitMix64(seed: 7)
        for (previous, limit) in [(nil, 3), (1, 3), (2, 6), (6, 18), (7, 20), (20, 20)] as [(Int?, Int)] {
            let drawn = (0..<400).compactMap { _ in
                policy.delay(
                    afterAttempt: previous == nil ? 1 : 2, previousDelay: previous.map { .seconds($0) }, error: Boom(),
                    using: &random)
            }
            #expect(drawn.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(limit) })
            #expect(drawn.contains { $0 > .seconds(limit) * 9 / 10 })
        }
    }

    /// A store keeps no delays: after a restart the one before is not known.
    @Test("Decorrelated jitter takes the delay without chance where the one before is not known")
    func forgottenDelay() {
        let policy = RetryPolicy.exponential(
            maximumAttempts: 9, base: .seconds(1), maximum: .seconds(100), jitter: .decorrelated)
        var (first, second) = (SplitMix64(seed: 3), SplitMix64(seed: 3))
        for attempt in 2...8 {
            #expect(
                policy.delay(afterAttempt: attempt, error: Boom(), using: &first)
                    == policy.delay(
                        afterAttempt: attempt, previousDelay: min(.seconds(100), .seconds(1 << (attempt - 2))),
                        error: Boom(), using: &second))
        }
    }

    @Test("The same seed gives the same delays", arguments: [RetryPolicy.Jitter.full, .decorrelated])
    func deterministic(jitter: RetryPolicy.Jitter) {
        let policy = RetryPolicy.exponential(maximumAttempts: 50, jitter: jitter)
        #expect(delays(policy, upTo: 50, seed: 9) == delays(policy, upTo: 50, seed: 9))
        #expect(delays(policy, upTo: 50, seed: 9) != delays(policy, upTo: 50, seed: 10))
    }

    @Test("A custom policy is told what failed, and may give up")
    func custom() {
        let policy = RetryPolicy.custom(maximumAttempts: 5) { failure in
            failure.error is Boom && failure.number < 3
                ? (failure.previousDelay ?? .seconds(1)) * failure.number : nil
        }
        #expect(delays(policy, upTo: 4) == [.seconds(1), .seconds(2), nil, nil])
        let tireless = RetryPolicy.custom(maximumAttempts: 2) { _ in .seconds(-1) }
        #expect(delays(tireless, upTo: 2) == [.zero, nil])
    }

    @Test("A classifier decides by error; one that is to be retried follows the policy")
    func classifier() {
        var random = SplitMix64(seed: 1)
        let policy = RetryPolicy.lambda.retrying { error in
            switch error {
            case is Boom: .doNotRetry
            case is CancellationError: .later(after: .seconds(5))
            default: .retry
            }
        }
        let other = FunctionHostError(.timedOut, reason: "")
        #expect(policy.maximumAttempts == 3)
        #expect(policy.delay(afterAttempt: 1, error: Boom(), using: &random) == nil)
        #expect(policy.delay(afterAttempt: 1, error: other, using: &random) == .seconds(60))
        #expect(policy.delay(afterAttempt: 3, error: other, using: &random) == nil)
        #expect(policy.delay(afterAttempt: 3, error: CancellationError(), using: &random) == .seconds(5))
        #expect(policy.decision(on: CancellationError()) == .later(after: .seconds(5)))
    }

    @Test("What the handler says goes before what the classifier says")
    func handlersIntent() {
        var random = SplitMix64(seed: 1)
        let policy = RetryPolicy.lambda.retrying { _ in .retry }
        #expect(policy.decision(on: DoNotRetry("no such customer")) == .doNotRetry)
        #expect(policy.delay(afterAttempt: 1, error: DoNotRetry(Boom()), using: &random) == nil)
        let later = RetryLater(after: .seconds(9))
        #expect(policy.decision(on: later) == .later(after: .seconds(9)))
        #expect(policy.delay(afterAttempt: 1, error: later, using: &random) == .seconds(9))
        #expect(policy.delay(afterAttempt: .max, error: later, using: &random) == .seconds(9), "it is not charged")
        #expect(
            RetryPolicy.never.delay(afterAttempt: 1, error: RetryLater(after: .seconds(-9)), using: &random) == .zero)
    }

    private static let absurd: [Duration] = [
        .zero, Duration(secondsComponent: 0, attosecondsComponent: 1), .nanoseconds(1), .seconds(1),
        .nanoseconds(Int64.max), .seconds(Int64.max), .seconds(Int64.max) * 18, .seconds(Int64.min),
    ]

    @Test(
        "No attempt number and no duration overflows",
        arguments: [.min, -1, 0, 1, 2, 61, 62, 63, 64, 65, 1_000, .max - 1] as [Int], absurd)
    func overflow(attempt: Int, base: Duration) {
        var random = SplitMix64(seed: UInt64(truncatingIfNeeded: attempt))
        let longest = Duration.nanoseconds(Int64.max)
        for jitter in [RetryPolicy.Jitter.none, .full, .decorrelated] {
            for maximum in Self.absurd {
                let policy = RetryPolicy.exponential(
                    maximumAttempts: .max, base: base, maximum: maximum, jitter: jitter)
                for previous in Self.absurd + [nil] {
                    let delay = policy.delay(
                        afterAttempt: attempt, previousDelay: previous, error: Boom(), using: &random)
                    #expect(delay.map { $0 >= .zero && $0 <= max(.zero, min(longest, maximum)) } == true)
                }
            }
        }
        let constant = RetryPolicy.constant(maximumAttempts: .max, delay: base)
        let delay = constant.delay(afterAttempt: attempt, error: Boom(), using: &random)
        #expect(delay == min(longest, max(.zero, base)))
        #expect(
            constant.delay(afterAttempt: attempt, error: RetryLater(after: base), using: &random)
                == min(longest, max(.zero, base)))
    }

    @Test("After the last attempt there is none, however many there may be")
    func last() {
        var random = SplitMix64(seed: 1)
        let policy = RetryPolicy.exponential(maximumAttempts: .max)
        #expect(policy.delay(afterAttempt: .max, error: Boom(), using: &random) == nil)
        #expect(RetryPolicy.lambda(maximumRetries: .max).maximumAttempts == .max)
    }

    @Test(
        "A policy that cannot be says what is wrong",
        arguments: [
            (.lambda(maximumRetries: -1), "maximumRetries is -1; it must be from 0 to 2"),
            (.lambda(maximumRetries: 3), "maximumRetries is 3; it must be from 0 to 2"),
            (.exponential(maximumAttempts: 0), "maximumAttempts is 0; it must be 1 or more"),
            (.constant(maximumAttempts: -3, delay: .zero), "maximumAttempts is -3; it must be 1 or more"),
            (.custom(maximumAttempts: 0) { _ in nil }, "maximumAttempts is 0; it must be 1 or more"),
            (.constant(maximumAttempts: 2, delay: .seconds(-1)), "delay is -1.0 seconds; it must not be negative"),
            (
                .exponential(maximumAttempts: 2, base: .seconds(-1)),
                "base is -1.0 seconds; it must not be negative"
            ),
            (
                .exponential(maximumAttempts: 2, base: .seconds(2), maximum: .seconds(1)),
                "maximum is 1.0 seconds; it must not be shorter than base, 2.0 seconds"
            ),
            (.lambda(maximumRetries: .min), "maximumRetries is \(Int.min); it must be from 0 to 2"),
        ] as [(RetryPolicy, String)])
    func faults(policy: RetryPolicy, expected: String) {
        #expect(policy.fault == expected)
    }

    @Test(
        "Policies at the ends of their ranges are fine",
        arguments: [
            .lambda(maximumRetries: 0), .lambda(maximumRetries: 2), .exponential(maximumAttempts: 1),
            .exponential(maximumAttempts: .max, base: .zero, maximum: .zero),
            .exponential(maximumAttempts: 2, base: .seconds(300), maximum: .seconds(300), jitter: .decorrelated),
            .constant(maximumAttempts: 1, delay: .zero), .custom(maximumAttempts: 1) { _ in nil },
        ] as [RetryPolicy])
    func noFault(policy: RetryPolicy) {
        #expect(policy.fault == nil)
    }
}
