// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

@Suite struct MiddlewareTests {
    /// Notes when it is passed on the way in and out.
    private final class Trail: Sendable {
        private let steps = Mutex<[String]>([])
        var all: [String] { steps.withLock { $0 } }
        func note(_ step: String) { steps.withLock { $0.append(step) } }
    }

    private struct Noting: Middleware {
        let name: String
        let trail: Trail

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            trail.note("\(name) in")
            defer { trail.note("\(name) out") }
            return try await next(input, context)
        }
    }

    /// Calls what is inside as often as it is told.
    private struct Repeating: Middleware {
        let times: Int

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            for _ in 1..<times { _ = try await next(input, context) }
            return try await next(input, context)
        }
    }

    private struct Refusing: Middleware {
        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output { throw Boom() }
    }

    private enum UserKey: InvocationContextKey { typealias Value = String }

    private let trail = Trail()
    private let context = InvocationContext(functionName: "greet")

    private func run(
        _ middleware: [any Middleware], _ handler: @escaping @Sendable (Int, InvocationContext) async throws -> Int
    )
        async throws -> Int
    {
        try await runIntercepted(by: middleware[...], 20, context, handler)
    }

    @Test("The first in the array is the outermost", arguments: 0...4)
    func order(count: Int) async throws {
        let middleware = (0..<count).map { Noting(name: "\($0)", trail: trail) }
        let result = try await run(middleware) { input, _ in
            trail.note("handler")
            return input + 1
        }
        #expect(result == 21)
        let names = (0..<count).map(String.init)
        #expect(trail.all == names.map { "\($0) in" } + ["handler"] + names.reversed().map { "\($0) out" })
    }

    @Test("An error passes outwards through all")
    func error() async {
        await #expect(throws: Boom()) { try await run([Noting(name: "a", trail: trail)]) { _, _ in throw Boom() } }
        #expect(trail.all == ["a in", "a out"])
    }

    @Test("What is inside may be called again, or not at all")
    func again() async throws {
        let inner = Noting(name: "a", trail: trail)
        _ = try await run([Repeating(times: 2), inner]) { input, _ in input }
        #expect(trail.all == ["a in", "a out", "a in", "a out"])
        await #expect(throws: Boom()) {
            try await run([Refusing(), inner]) { input, _ in
                Issue.record("the handler was called")
                return input
            }
        }
        #expect(trail.all.count == 4)
    }

    @Test("A value added to the context reaches what is inside it, and nothing else")
    func contextValue() async throws {
        let adding = ContextValueMiddleware(UserKey.self) { "\($0.functionName) of \($0[UserKey.self] ?? "nobody")" }
        _ = try await run([adding, adding]) { input, context in
            #expect(context[UserKey.self] == "greet of greet of nobody")
            return input
        }
        #expect(context[UserKey.self] == nil)
    }
}
