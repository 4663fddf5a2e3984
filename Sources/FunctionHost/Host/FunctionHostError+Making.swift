// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The errors that are made in more than one place, each worded once.
extension FunctionHostError {
    static func notFound(_ name: String) -> Self {
        Self(.notFound, functionName: name, reason: "no function of this name is registered")
    }

    static func shuttingDown(_ name: String) -> Self {
        Self(.shuttingDown, functionName: name, reason: "the host is shutting down and takes nothing new")
    }

    static func timedOut(_ context: InvocationContext) -> Self {
        let allowed = context.startedAt.duration(to: context.deadline)
        return Self(
            .timedOut, functionName: context.functionName,
            reason: "task timed out after \(allowed.inSeconds(decimals: 2)) seconds")
    }

    static func initTimedOut(_ name: String) -> Self {
        Self(.initTimedOut, functionName: name, reason: "the init closure passed its time limit")
    }

    /// The caller's deadline came before the environment.
    static func outOfTime(_ name: String) -> Self {
        Self(.timedOut, functionName: name, reason: "the caller's deadline passed during the cold start")
    }

    static func interrupted(_ name: String, _ underlying: (any Error)?) -> Self {
        Self(
            .interrupted, functionName: name, reason: "the host's shutdown cut the invocation off",
            underlying: underlying?.unmarked)
    }

    static func notRunning(_ name: String) -> Self {
        Self(
            .notRunning, functionName: name,
            reason: "the function is placed on the bulkhead, which needs the host's run() to be under way")
    }

    static func throttled(_ name: String, _ throttle: Throttle) -> Self {
        let limit =
            switch throttle.limit {
            case .reservedConcurrency: "the function's reserved concurrency of \(throttle.allowed) is used up"
            case .unreservedConcurrency: places(throttle.allowed)
            case .queue: "the queue is full"
            }
        let advice = throttle.retryAfter.map { "; try again in about \($0.inMilliseconds(decimals: 0)) ms" } ?? ""
        return Self(
            .throttled, functionName: name,
            reason: throttle.allowed == 0 && throttle.limit == .reservedConcurrency
                ? "the function is switched off: its reserved concurrency is 0" : limit + advice,
            throttle: throttle)
    }

    private static func places(_ count: Int) -> String {
        switch count {
        case ...0: "the host has no place for functions without a reservation"
        case 1: "the one place that the host has for functions without a reservation is taken"
        default: "the \(count) places that the host has for functions without a reservation are taken"
        }
    }
}
