// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// What passes between a typed caller and a handler.
@Suite("Typed invocations", .simulated(seeds: 0..<20)) struct TypedInvocationTests {
    @TaskLocal static var tenant = "nobody"

    private final class PreciseError: Error {}

    @Test("The handler's error reaches the caller unchanged", arguments: [nil, .seconds(3)] as [Duration?])
    func handlersError(timeout: Duration?) async throws {
        let host = FunctionHost(system: .simulated)
        let thrown = PreciseError()
        let fail = try host.register("fail", configuration: .init(timeout: timeout)) {
            (_: Void, context) throws -> Int in
            try await context.sleep(for: .seconds(1))
            throw thrown
        }
        let caught = await #expect(throws: PreciseError.self) { try await host.invoke(fail) }
        #expect(caught === thrown)
    }

    @Test("A handler that throws at once, without ever suspending, fails in the same way")
    func failsAtOnce() async throws {
        let host = FunctionHost(system: .simulated)
        let fail = try host.register("fail") { (text: String, _) throws -> Int in throw HandlerFailure(text) }
        await #expect(throws: HandlerFailure("no")) { try await host.invoke(fail, with: "no") }
    }

    @Test("A host's error that a handler throws on purpose is the handler's, and passes unchanged")
    func rethrown() async throws {
        let host = FunctionHost(system: .simulated)
        let outer = try host.register("outer") { (_: Void, _) in try await host.invoke("inner" as Function<Void, Int>) }
        await expectError(.notFound, of: "inner", saying: "no function of this name") { try await host.invoke(outer) }
    }

    @Test("Task-locals reach the handler", arguments: [nil, .seconds(3)] as [Duration?])
    func taskLocals(timeout: Duration?) async throws {
        let host = FunctionHost(system: .simulated)
        let who = try host.register("who", configuration: .init(timeout: timeout)) { (_: Void, _) in Self.tenant }
        let tenant = try await Self.$tenant.withValue("acme") { try await host.invoke(who) }
        #expect(tenant == "acme")
    }

    @Test("Cancelling the caller cancels the handler", arguments: [nil, .seconds(300)] as [Duration?])
    func cancellation(timeout: Duration?) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: timeout)) { (_: Void, context) in
            try await context.sleep(for: .seconds(100))
        }
        let took = try await timed {
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.invoke(nap) }
                try? await pass(.seconds(1))
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
        }
        #expect(took == .seconds(1))
        #expect(events.outcomes() == [.cancelled])
        #expect(host.runningInvocations().isEmpty)
    }

    @Test("A handler that finishes although its caller was cancelled has its result delivered")
    func finishesRegardless() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let gate = Gate()
        let stubborn = try host.register("stubborn") { (_: Void, _) in
            await gate.pass()
            return "done"
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await host.invoke(stubborn) }
            try await pass(.seconds(1))
            group.cancelAll()
            gate.open()
            #expect(try await group.next() == "done")
        }
        #expect(events.outcomes() == [.succeeded])
    }

    @Test("A name nobody has registered is not found, and neither is an unknown version")
    func notFound() async throws {
        let host = FunctionHost(system: .simulated)
        await expectError(.notFound, of: "ghost", saying: "no function of this name is registered") {
            try await host.invoke("ghost" as Function<String, String>, with: "boo")
        }
    }

    @Test("A reference with other types is a mismatch that tells both")
    func mismatch() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("double") { (number: Int, _) in 2 * number }
        try host.register("count" as StreamingFunction<Int, String>) { _, _, _ in }
        await expectError(
            .typeMismatch, of: "double", saying: "it is (Int) -> Int, and the reference says (String) -> Int"
        ) {
            try await host.invoke("double" as Function<String, Int>, with: "1")
        }
        await expectError(.typeMismatch, of: "double", saying: "(Int) -> Optional<Int>") {
            try await host.invoke("double" as Function<Int, Int?>, with: 1)
        }
        await expectError(.typeMismatch, of: "count", saying: "it is (Int) -> stream of String") {
            try await host.invoke("count" as Function<Int, String>, with: 1)
        }
        await expectError(.typeMismatch, of: "double", saying: "the reference says (Int) -> stream of Int") {
            try await host.stream("double" as StreamingFunction<Int, Int>, with: 1) { _ in }
        }
    }

    @Test("What the caller sends along reaches the handler")
    func callerDetails() async throws {
        let host = FunctionHost(system: .simulated)
        let told = try host.register("told") { (_: Void, context) in (context.clientContext, context.traceHeader) }
        let client = ClientContext(client: ["app": "shop"], custom: ["user": "7"], environment: ["os": "linux"])
        let options = InvocationOptions(clientContext: client, traceHeader: "Root=1-2-3")
        let (context, trace) = try await host.invoke(told, options: options)
        #expect(context == client)
        #expect(trace == "Root=1-2-3")
        let nothing = try await host.invoke(told)
        #expect(nothing == (nil, nil))
    }

    @Test("The caller's policy for a full function comes before the function's own")
    func saturation() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register(
            "work", configuration: .init(timeout: nil, reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        ) { (_: Void, context) in try await context.sleep(for: .seconds(2)) }
        async let running: Void = host.invoke(work)
        try await pass(.seconds(1))
        await expectError(.throttled, of: "work", saying: "used up") {
            try await host.invoke(work, options: .init(saturation: .reject))
        }
        try await running
        try host.update("work") { $0.saturation = .reject }
        async let again: Void = host.invoke(work)
        try await pass(.seconds(1))
        try await host.invoke(work, options: .init(saturation: .wait(atMost: .seconds(60))))
        try await again
    }

    @Test("Many callers at one time each get their own answer")
    func manyCallers() async throws {
        let host = FunctionHost(system: .simulated)
        let square = try host.register("square") { (number: Int, context) in
            try await context.sleep(for: .milliseconds(number % 7))
            return number * number
        }
        let squares = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for number in 0..<50 { group.addTask { (number, try await host.invoke(square, with: number)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(squares == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, $0 * $0) }))
    }
}
