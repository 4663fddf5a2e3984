// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionHostErrorTests {
    @Test(
        "An error is told in a line: its code, its function if there is one, its reason",
        arguments: [("resize", "throttled (resize): full"), (nil, "throttled: full")])
    func description(name: String?, text: String) {
        #expect(FunctionHostError(.throttled, functionName: name, reason: "full").description == text)
    }

    @Test("An error's description tells nothing of what is behind it")
    func underlying() {
        struct Secret: Error, CustomStringConvertible { var description: String { "4111" } }
        let error = FunctionHostError(.initFailed, reason: "it threw", underlying: Secret())
        #expect(!"\(error)".contains("4111"))
        #expect(error.underlying is Secret)
    }

    @Test("When to come back is the throttle's to say")
    func retryAfter() {
        let throttle = Throttle(limit: .reservedConcurrency, allowed: 1, retryAfter: .seconds(2))
        #expect(FunctionHostError(.throttled, reason: "", throttle: throttle).retryAfter == .seconds(2))
        #expect(FunctionHostError(.notFound, reason: "").retryAfter == nil)
    }

    @Test(
        "A throttle's reason is called as in Lambda",
        arguments: [
            (Throttle.Limit.unreservedConcurrency, "ConcurrentInvocationLimitExceeded"),
            (.reservedConcurrency, "ReservedFunctionConcurrentInvocationLimitExceeded"),
        ])
    func reason(limit: Throttle.Limit, reason: String) {
        #expect(Throttle(limit: limit, allowed: 1, retryAfter: nil).reason == reason)
    }
}
