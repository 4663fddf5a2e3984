// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Middleware of the host and of functions, around every way to invoke.
@Suite("Middleware in a host", .simulated(seeds: 0..<20)) struct MiddlewareOrderTests {
    /// Notes when it is entered and left.
    private struct Tracer: Middleware {
        let name: String
        let trace: Notes<String>

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            trace.add("+\(name)")
            defer { trace.add("-\(name)") }
            return try await next(input, context)
        }
    }

    /// Replaces integers, answers or refuses without the handler, or calls it twice.
    private struct Meddler: Middleware {
        enum Way: Sendable { case input, output, shortCircuit, refusal, error, twice }
        let way: Way

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            switch way {
            case .input: return try await next((10 as? Input) ?? input, context)
            case .output:
                let output = try await next(input, context)
                return (-1 as? Output) ?? output
            case .shortCircuit:
                if let output = 77 as? Output { return output }
                return try await next(input, context)
            case .refusal: throw HandlerFailure("refused")
            case .error:
                do { return try await next(input, context) } catch { throw HandlerFailure("mapped \(error)") }
            case .twice:
                _ = try await next(input, context)
                return try await next(input, context)
            }
        }
    }

    private static func double(
        on host: FunctionHost, _ way: Meddler.Way, calls: Notes<Int> = Notes()
    ) throws -> Function<Int, Int> {
        try host.register("double", middleware: [Meddler(way: way)]) { (number: Int, _) in
            calls.add(number)
            if number < 0 { throw HandlerFailure("negative") }
            return 2 * number
        }
    }

    @Test("The host's come first and the function's inside, each in the order of its array")
    func order() async throws {
        let trace = Notes<String>()
        func tracers(_ names: String...) -> [any Middleware] { names.map { Tracer(name: $0, trace: trace) } }
        let host = FunctionHost(middleware: tracers("host 1", "host 2"), system: .simulated)
        let work = try host.register("work", middleware: tracers("own 1", "own 2")) { (_: Void, _) in
            trace.add("handler")
        }
        let order = [
            "+host 1", "+host 2", "+own 1", "+own 2", "handler", "-own 2", "-own 1", "-host 2", "-host 1",
        ]
        try await host.invoke(work)
        #expect(trace.all == order)
        _ = try await host.invoke(named: "work", payload: [])
        #expect(trace.all == order + order)
    }

    @Test("They run around streams, stateful, shared and raw functions, and on the bulkhead")
    func everyKind() async throws {
        let trace = Notes<String>()
        let host = FunctionHost(middleware: [Tracer(name: "host", trace: trace)], system: .simulated)
        let stream = try host.register("stream" as StreamingFunction<Void, Int>) { _, numbers, _ in
            trace.add("stream")
            try await numbers.write(1)
        }
        let state = try host.register("state", environment: { _ in 0 }) { (_: inout Int, _: Void, _) in
            trace.add("state")
        }
        let shared = try host.register("shared", sharedBy: 2, environment: { _ in 0 }) { (_: Int, _: Void, _) in
            trace.add("shared")
        }
        let raw = try host.register(raw: "raw") { bytes, _ in
            trace.add("raw")
            return bytes
        }
        let apart = try host.register("apart", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
            trace.add("apart")
        }
        try await host.run {
            try await host.stream(stream, with: ()) { stream in for try await _ in stream {} }
            try await host.invoke(state)
            try await host.invoke(shared)
            _ = try await host.invoke(raw, with: [])
            try await host.invoke(apart)
        }
        #expect(trace.all == ["stream", "state", "shared", "raw", "apart"].flatMap { ["+host", $0, "-host"] })
    }

    @Test("A middleware may change what goes in and what comes out")
    func replaces() async throws {
        let host = FunctionHost(system: .simulated)
        let changed = try Self.double(on: host, .input)
        #expect(try await host.invoke(changed, with: 1) == 20)
        try host.remove("double")
        let replaced = try Self.double(on: host, .output)
        #expect(try await host.invoke(replaced, with: 1) == -1)
        #expect(try await host.invoke(named: "double", payload: Array("1".utf8)).text == "-1")
    }

    @Test("It may answer or refuse without the handler, which is a success or a failure of the invocation all the same")
    func shortCircuit() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let calls = Notes<Int>()
        let answered = try Self.double(on: host, .shortCircuit, calls: calls)
        #expect(try await host.invoke(answered, with: 1) == 77)
        try host.remove("double")
        let refused = try Self.double(on: host, .refusal, calls: calls)
        await #expect(throws: HandlerFailure("refused")) { try await host.invoke(refused, with: 1) }
        #expect(calls.all.isEmpty)
        #expect(events.outcomes() == [.succeeded, .failed])
    }

    @Test("It may turn one error into another, and call the handler again")
    func mapsAndRepeats() async throws {
        let host = FunctionHost(system: .simulated)
        let mapped = try Self.double(on: host, .error)
        await #expect(throws: HandlerFailure("mapped negative")) { try await host.invoke(mapped, with: -1) }
        try host.remove("double")
        let calls = Notes<Int>()
        let twice = try Self.double(on: host, .twice, calls: calls)
        #expect(try await host.invoke(twice, with: 4) == 8)
        #expect(calls.all == [4, 4])
    }

    @Test("It is under the invocation's deadline")
    func deadline() async throws {
        struct Slow: Middleware {
            func intercept<Input: Sendable, Output: Sendable>(
                _ input: Input, context: InvocationContext, next: Next<Input, Output>
            ) async throws -> Output {
                try await context.sleep(for: .seconds(60))
                return try await next(input, context)
            }
        }
        let host = FunctionHost(middleware: [Slow()], system: .simulated)
        let work = try host.register("work", configuration: .init(timeout: .seconds(2))) { (_: Void, _) in }
        await expectError(.timedOut, of: "work", saying: "2.00 seconds") { try await host.invoke(work) }
    }

    @Test("The logging middleware tells start, end and error type of each attempt, and neither payload nor error text")
    func logging() async throws {
        let events = EventRecorder()
        let host = FunctionHost(middleware: [LoggingMiddleware(level: .info)], observers: [events], system: .simulated)
        let work = try host.register("work") { (secret: String, context) in
            try await context.sleep(for: .seconds(1))
            if secret == "secret" { throw HandlerFailure(secret) }
        }
        try await host.invoke(work, with: "fine")
        try? await host.invoke(work, with: "secret")
        #expect(
            events.logs == [
                LogMessage(level: .info, text: "Invocation started", metadata: ["attempt": "1"]),
                LogMessage(level: .info, text: "Invocation succeeded", metadata: ["duration": "1.0 seconds"]),
                LogMessage(level: .info, text: "Invocation started", metadata: ["attempt": "1"]),
                LogMessage(
                    level: .warning, text: "Invocation failed",
                    metadata: ["duration": "1.0 seconds", "error": "HandlerFailure"]),
            ])
    }

    @Test("Injected faults are middleware like any other, and the same for the same seed")
    func faultInjection() async throws {
        let events = EventRecorder()
        let host = FunctionHost(
            middleware: [FaultInjection(failingBefore: 0.3, failingAfter: 0.3)], observers: [events], system: .simulated
        )
        let done = Notes<Int>()
        let work = try host.register("work") { (number: Int, _) in done.add(number) }
        for number in 0..<100 { try? await host.invoke(work, with: number) }
        let succeeded = events.outcomes().count { $0 == .succeeded }
        #expect(events.outcomes().count == 100)
        #expect(succeeded < done.count && done.count < 100)
    }
}
