// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct RetryIntentTests {
    @Test("Whoever is told of an error that says not to try again is told of the reason")
    func reason() {
        #expect(DoNotRetry(Boom()).reason is Boom)
        #expect(ErrorPayload(DoNotRetry(Boom())) == ErrorPayload(Boom()))
        #expect(ErrorPayload(DoNotRetry(DoNotRetry(Boom()))) == ErrorPayload(Boom()))
    }

    @Test("A reason in words is told under the name of the error")
    func words() {
        #expect(
            ErrorPayload(DoNotRetry("no such customer"))
                == ErrorPayload(type: "DoNotRetry", message: "no such customer"))
        #expect("\(DoNotRetry("no such customer"))" == "no such customer")
    }

    @Test("To be tried later says when")
    func later() {
        #expect("\(RetryLater(after: .seconds(5)))" == "to be tried again after 5.0 seconds")
        #expect(RetryLater(after: .seconds(5)).delay == .seconds(5))
    }
}
