// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How often, and how much later, an event is tried again whose handler failed.
///
/// For errors of the handler, timeouts among them; what was refused for want of room is not charged to an event and follows a
/// rule of its own. A policy says what should be done: a ``RetryBudget`` may put it off, and an event that has grown too old
/// is not tried again whatever its policy says.
///
/// ```swift
/// .exponential(maximumAttempts: 5).retrying { error in error is CardDeclined ? .doNotRetry : .retry }
/// ```
public struct RetryPolicy: Sendable {
    /// How chance changes a delay, so that events that failed together do not come back together.
    ///
    /// Source: Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog, 2015.
    public enum Jitter: Sendable, Hashable {
        /// Not at all.
        case none
        /// Anything from 0 to the delay.
        case full
        /// Anything from the base to three times the delay before, held to the maximum.
        case decorrelated
    }

    /// What a custom policy is told.
    public struct FailedAttempt: Sendable {
        /// Which attempt it was; 1 is the first.
        public let number: Int
        /// How long it had been waited for; nil if it was the first, or if that is not known any more.
        public let previousDelay: Duration?
        /// What the handler threw.
        public let error: any Error
    }

    private enum Rule: Sendable {
        case lambda
        case exponential(ExponentialDelay)
        case constant(Duration)
        case custom(@Sendable (FailedAttempt) -> Duration?)
    }

    /// How often an event is tried in all, the first attempt included; 1 or more.
    public let maximumAttempts: Int
    /// Decides by error; nil if all errors are alike.
    ///
    /// It is not asked about ``DoNotRetry`` and ``RetryLater``, by which a handler decides for itself.
    public var classifier: (@Sendable (any Error) -> RetryDecision)?
    private let rule: Rule

    private init(maximumAttempts: Int, rule: Rule) {
        self.maximumAttempts = maximumAttempts
        self.rule = rule
    }

    /// As Lambda does it: two retries, the first after one minute, the second after two.
    ///
    /// Source: AWS Lambda Developer Guide, *How Lambda handles errors and retries with asynchronous invocation*.
    public static let lambda = Self.lambda(maximumRetries: 2)

    /// As Lambda does it, with fewer retries.
    ///
    /// - Parameter maximumRetries: From 0 to 2.
    public static func lambda(maximumRetries: Int) -> Self {
        Self(maximumAttempts: maximumRetries == .max ? .max : maximumRetries + 1, rule: .lambda)
    }

    /// Delays that double.
    ///
    /// - Parameters:
    ///   - maximumAttempts: The first one included.
    ///   - base: The delay after the first attempt.
    ///   - maximum: The longest delay; no shorter than `base`.
    ///   - jitter: How chance changes each delay.
    public static func exponential(
        maximumAttempts: Int, base: Duration = .seconds(1), maximum: Duration = .seconds(300), jitter: Jitter = .full
    ) -> Self {
        Self(
            maximumAttempts: maximumAttempts,
            rule: .exponential(ExponentialDelay(base: base, maximum: maximum, jitter: jitter)))
    }

    /// The same delay each time.
    public static func constant(maximumAttempts: Int, delay: Duration) -> Self {
        Self(maximumAttempts: maximumAttempts, rule: .constant(delay))
    }

    /// Delays of your own making; nil for no further attempt.
    ///
    /// - Parameters:
    ///   - maximumAttempts: The first one included; after the last of them `delay` is not asked.
    ///   - delay: Quick, and without effects; a negative delay counts as none.
    public static func custom(
        maximumAttempts: Int, delay: @escaping @Sendable (_ failure: FailedAttempt) -> Duration?
    ) -> Self {
        Self(maximumAttempts: maximumAttempts, rule: .custom(delay))
    }

    /// One attempt, and that is all.
    public static let never = Self.constant(maximumAttempts: 1, delay: .zero)

    /// The same policy for those errors alone for which `classify` says ``RetryDecision/retry``.
    public func retrying(when classify: @escaping @Sendable (any Error) -> RetryDecision) -> Self {
        var policy = self
        policy.classifier = classify
        return policy
    }

    /// What is to be done about an error: what the handler says, or else what the classifier says.
    public func decision(on error: any Error) -> RetryDecision {
        switch error {
        case is DoNotRetry: .doNotRetry
        case let later as RetryLater: .later(after: later.delay)
        default: classifier?(error) ?? .retry
        }
    }

    /// How long to wait before the next attempt, from 0 to 292 years; nil if there is to be none.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt that failed; 1 is the first.
    ///   - previousDelay: What this returned the time before. Only ``Jitter/decorrelated`` uses it, and takes the delay without
    ///     chance where it is not known.
    ///   - error: What the handler threw.
    ///   - random: What chance is drawn from.
    public func delay(
        afterAttempt attempt: Int, previousDelay: Duration? = nil, error: any Error,
        using random: inout some RandomNumberGenerator
    ) -> Duration? {
        switch decision(on: error) {
        case .doNotRetry: nil
        case .later(let delay): delay.heldToDelays
        case .retry where attempt >= maximumAttempts: nil
        case .retry:
            scheduledDelay(
                after: FailedAttempt(number: attempt, previousDelay: previousDelay, error: error), using: &random
            )?.heldToDelays
        }
    }

    private func scheduledDelay(
        after failure: FailedAttempt, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        switch rule {
        case .lambda: .seconds(failure.number <= 1 ? 60 : 120)
        case .exponential(let delay):
            delay.after(failure.number, previousDelay: failure.previousDelay, using: &random)
        case .constant(let delay): delay
        case .custom(let delay): delay(failure)
        }
    }

    /// What is wrong with this policy; nil if nothing is.
    package var fault: String? {
        if case .lambda = rule, !(1...3).contains(maximumAttempts) {
            return "maximumRetries is \(maximumAttempts - 1); it must be from 0 to 2"
        }
        if maximumAttempts < 1 { return "maximumAttempts is \(maximumAttempts); it must be 1 or more" }
        switch rule {
        case .lambda, .custom: return nil
        case .exponential(let delay): return delay.fault
        case .constant(let delay): return delay < .zero ? "delay is \(delay); it must not be negative" : nil
        }
    }
}

/// What is to be done about an error of a handler.
public enum RetryDecision: Sendable, Hashable {
    /// Try again, as often and as late as the policy says.
    case retry
    /// No other attempt would help: it has failed for good.
    case doNotRetry
    /// Try again after this time, as if this attempt had not been.
    case later(after: Duration)
}
