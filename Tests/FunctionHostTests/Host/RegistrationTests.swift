// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// What closures can become functions, and how they are referred to.
@Suite("Registration", .simulated(seeds: 0..<20)) struct RegistrationTests {
    @Test("A function that takes nothing and gives nothing is invoked without either")
    func nothing() async throws {
        let host = FunctionHost(system: .simulated)
        let calls = Notes<String>()
        let tick = try host.register("tick") { (_: Void, context) in calls.add(context.functionName) }
        try await host.invoke(tick)
        try await host.invoke(tick, with: ())
        #expect(calls.all == ["tick", "tick"])
    }

    @Test("Types that cannot be encoded are handed over as they are")
    func notCodable() async throws {
        final class Job: Sendable {}
        let host = FunctionHost(system: .simulated)
        let echo = try host.register("echo") { (job: Job, _) in (job, { @Sendable in "done" }) }
        let job = Job()
        let (same, finish) = try await host.invoke(echo, with: job)
        #expect(same === job)
        #expect(finish() == "done")
    }

    @Test("An optional result that is nil is a result")
    func optional() async throws {
        let host = FunctionHost(system: .simulated)
        let find = try host.register("find") { (_: String, _) in Int?.none }
        #expect(try await host.invoke(find, with: "key") == nil)
    }

    @Test("State lent inout keeps what the handler before has made of it")
    func statefulStruct() async throws {
        let host = FunctionHost(system: .simulated)
        let append = try host.register("append", environment: { _ in [String]() }) { (words: inout [String], word, _) in
            words.append(word)
            return words
        }
        #expect(try await host.invoke(append, with: "one") == ["one"])
        #expect(try await host.invoke(append, with: "two") == ["one", "two"])
    }

    @Test("An asynchronous init closure hears for which function and environment it works")
    func initContext() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.variables = ["TABLE": "orders"]
        let describe = try host.register(
            "describe", configuration: configuration,
            environment: { context in
                try await pass(.seconds(1))
                return "\(context.functionName) \(context.version) \(context.variables) \(context.initialization)"
            }
        ) { (state: inout String, _: Void, _) in state }
        #expect(try await host.invoke(describe) == #"describe $LATEST ["TABLE": "orders"] onDemand"#)
    }

    @Test("Shared state serves several handlers at one time")
    func shared() async throws {
        let host = FunctionHost(system: .simulated)
        let meet = try host.register("meet", sharedBy: 3, environment: { _ in Occupancy() }) {
            (occupancy: Occupancy, _: Void, context) in
            occupancy.enter()
            try await context.sleep(for: .seconds(1))
            return occupancy.most
        }
        async let first = host.invoke(meet)
        async let second = host.invoke(meet)
        async let third = host.invoke(meet)
        #expect(try await [first, second, third] == [3, 3, 3])
    }

    @Test("A raw function gets the caller's bytes and gives its own")
    func raw() async throws {
        let host = FunctionHost(system: .simulated)
        let reverse = try host.register(raw: "reverse") { bytes, _ in bytes.reversed() }
        #expect(try await host.invoke(reverse, with: [1, 2, 255]) == [255, 2, 1])
        #expect(try await host.invoke(named: "reverse", payload: [0xFF, 0x00]).payload == [0x00, 0xFF])
    }

    @Test("A literal of the same name and types refers to the function")
    func literal() async throws {
        let host = FunctionHost(system: .simulated)
        let registered = try host.register("double") { (number: Int, _) in 2 * number }
        let literal: Function<Int, Int> = "double"
        #expect(literal == registered)
        #expect(try await host.invoke(literal, with: 21) == 42)
    }

    @Test("Another host's reference means this host's function of that name")
    func foreignReference() async throws {
        let (one, other) = (FunctionHost(system: .simulated), FunctionHost(system: .simulated))
        let reference = try one.register("who") { (_: Void, _) in "one" }
        await expectError(.notFound, of: "who", saying: "no function of this name") {
            try await other.invoke(reference)
        }
        try other.register("who") { (_: Void, _) in "other" }
        #expect(try await other.invoke(reference) == "other")
        #expect(try await one.invoke(reference) == "one")
    }

    @Test("Another host's reference is checked against the types of this host's function")
    func foreignTypes() async throws {
        let (one, other) = (FunctionHost(system: .simulated), FunctionHost(system: .simulated))
        let reference = try one.register("who") { (_: Void, _) in "one" }
        try other.register("who") { (_: Void, _) in 2 }
        await expectError(
            .typeMismatch, of: "who", saying: "it is (Void) -> Int, and the reference says (Void) -> String"
        ) {
            try await other.invoke(reference)
        }
    }

    @Test("Functions can be registered while the host runs")
    func whileRunning() async throws {
        let host = FunctionHost(system: .simulated)
        let result = try await host.run {
            let late = try host.register("late") { (number: Int, _) in number + 1 }
            return try await host.invoke(late, with: 1)
        }
        #expect(result == 2)
    }

    @Test("A handler can register a function")
    func fromHandler() async throws {
        let host = FunctionHost(system: .simulated)
        let make = try host.register("make") { (name: String, _) in
            try host.register(Function(name)) { (_: Void, context) in context.functionName }
        }
        let made = try await host.invoke(make, with: "made")
        #expect(try await host.invoke(made) == "made")
    }
}
