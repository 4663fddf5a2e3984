// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How often, and for how long, what a target does not take is sent again, and where it goes then.
///
/// - Source: Amazon EventBridge API Reference, *RetryPolicy* and *DeadLetterConfig*.
public struct DeliveryPolicy: Sendable {
    /// How often it is tried again after the first time.
    ///
    /// Defaults to 185. From 0 to 185.
    public var maximumRetryAttempts = 185

    /// For how long, from when it was accepted.
    ///
    /// Defaults to 24 hours. From 60 seconds to 24 hours.
    public var maximumEventAge: Duration = .seconds(86_400)

    /// Where it goes when it is not tried again. A standard queue, not a FIFO one.
    ///
    /// Defaults to nil: it becomes a dead letter of the host, where others would drop it.
    public var deadLetterQueue: (any MessageSink)?

    /// Makes a policy.
    public init(
        maximumRetryAttempts: Int = 185, maximumEventAge: Duration = .seconds(86_400),
        deadLetterQueue: (any MessageSink)? = nil
    ) {
        self.maximumRetryAttempts = maximumRetryAttempts
        self.maximumEventAge = maximumEventAge
        self.deadLetterQueue = deadLetterQueue
    }

    /// What is wrong with it; nil if nothing is.
    var fault: String? {
        if !(0...185).contains(maximumRetryAttempts) {
            return "maximumRetryAttempts is \(maximumRetryAttempts); it must be from 0 to 185"
        }
        if maximumEventAge < .seconds(60) || maximumEventAge > .seconds(86_400) {
            return "maximumEventAge is \(maximumEventAge); it must be from 60 seconds to 24 hours"
        }
        if let deadLetterQueue, deadLetterQueue.isFIFO {
            return "the dead-letter queue \(deadLetterQueue.arn) is a FIFO queue; it must be a standard one"
        }
        return nil
    }

    // MARK: - Rules

    /// What becomes of what a target did not take.
    enum Verdict: Hashable {
        case again(after: Duration)
        case giveUp(Exhausted?)
    }

    /// Which limit ended the tries.
    enum Exhausted: String {
        case attempts = "MaximumRetryAttempts"
        case age = "MaximumEventAgeInSeconds"
    }

    /// From a second to a quarter of an hour: 185 tries take most of a day.
    private static let backOff = ExponentialDelay(base: .seconds(1), maximum: .seconds(900), jitter: .full)

    /// Decides, after so many retries and at this age.
    func verdict(
        on fault: DeliveryFault, afterRetries retries: Int, age: Duration,
        using random: inout some RandomNumberGenerator
    ) -> Verdict {
        guard fault.mayPass else { return .giveUp(nil) }
        if retries >= maximumRetryAttempts { return .giveUp(.attempts) }
        if age >= maximumEventAge { return .giveUp(.age) }
        // Never at once, and for the last time when it is as old as it may be.
        let pause = max(.milliseconds(100), Self.backOff.after(retries + 1, using: &random))
        return .again(after: min(pause, maximumEventAge - age))
    }
}

/// Why a target did not take something.
struct DeliveryFault: Error, Hashable {
    /// As dead letters tell it.
    let code: String
    let message: String
    /// Whether another try may help.
    let mayPass: Bool

    init(code: String, message: String, mayPass: Bool) {
        self.code = code
        self.message = message
        self.mayPass = mayPass
    }

    init(_ error: any Error) {
        switch error {
        case let error as FunctionHostError: self.init(error)
        case let error as SourceError where error.code == .full:
            self.init(code: "THROTTLING", message: error.description, mayPass: true)
        case let error as SourceError where error.code == .invalidArgument:
            self.init(code: "INVALID_PARAMETER", message: error.description, mayPass: false)
        default: self.init(code: "ERROR_FROM_TARGET", message: "\(error)", mayPass: true)
        }
    }

    private init(_ error: FunctionHostError) {
        let code =
            switch error.code {
            case .notFound: "NO_RESOURCE"
            case .queueFull, .throttled: "THROTTLING"
            case .queueUnavailable, .shuttingDown: "INTERNAL_ERROR"
            default: "INVALID_PARAMETER"
            }
        self.init(code: code, message: error.description, mayPass: ["THROTTLING", "INTERNAL_ERROR"].contains(code))
    }
}
