// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which limit refused an invocation, and when to come back.
public struct Throttle: Sendable, Hashable {
    /// Whose limit it is.
    public enum Limit: Sendable, Hashable {
        /// The share of the host's concurrency that no function has reserved.
        case unreservedConcurrency
        /// The function's own reserved concurrency; 0 switches a function off.
        case reservedConcurrency
        /// The queue's, of events or of bytes.
        case queue
    }

    /// Whose limit it is.
    public let limit: Limit
    /// How many invocations the limit allows at one time.
    public let allowed: Int
    /// When room may be expected, from the time recent invocations took; nil if the limit is 0, where waiting is vain.
    public let retryAfter: Duration?

    /// Makes a throttle; hosts do, and tests of code that reads one.
    public init(limit: Limit, allowed: Int, retryAfter: Duration?) {
        self.limit = limit
        self.allowed = allowed
        self.retryAfter = retryAfter
    }

    /// The name Lambda gives the reason, as in `TooManyRequestsException`.
    public var reason: String {
        switch limit {
        case .unreservedConcurrency: "ConcurrentInvocationLimitExceeded"
        case .reservedConcurrency: "ReservedFunctionConcurrentInvocationLimitExceeded"
        case .queue: "QueueFull"
        }
    }
}
