// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct EnvironmentTests {
    private let environment = Environment(id: EnvironmentID(7), function: FunctionIdentity(name: "resize"))

    @Test("An environment holds what its init closure made until it ends")
    func state() {
        #expect(environment.state == nil)
        environment.setState(42)
        #expect(environment.state as? Int == 42)
        environment.end()
        #expect(environment.state == nil)
    }

    @Test("What an environment holds is let go when it ends")
    func release() {
        weak var held: Token?
        do {
            let token = Token()
            held = token
            environment.setState(token)
        }
        #expect(held != nil)
        environment.end()
        #expect(held == nil)
    }

    @Test("An environment is kept until its handler says otherwise")
    func discard() {
        #expect(!environment.isToBeDiscarded)
        environment.discard()
        #expect(environment.isToBeDiscarded)
    }

    @Test("A box lends its contents to be changed in place")
    func box() {
        let box = StateBox([1])
        box.value.append(2)
        #expect(box.value == [1, 2])
    }

    @Test(
        "Why an environment is made is called as in Lambda",
        arguments: [
            (EnvironmentContext.Initialization.onDemand, "on-demand"), (.provisioned, "provisioned-concurrency"),
        ])
    func initialization(value: EnvironmentContext.Initialization, name: String) {
        #expect(EnvironmentContext(functionName: "resize", initialization: value).initialization.rawValue == name)
    }
}
