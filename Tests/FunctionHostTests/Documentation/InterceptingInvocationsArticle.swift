// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// The code of the article *Intercepting invocations*.
@Suite struct InterceptingInvocationsArticle {
    struct Retrying: Middleware {
        var attempts = 2

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            for _ in 1..<attempts {
                do {
                    return try await next(input, context)
                } catch is Unavailable {
                    try await context.sleep(for: .milliseconds(50))
                }
            }
            return try await next(input, context)
        }
    }

    enum TenantKey: InvocationContextKey {
        typealias Value = String
    }

    @Test func composing() async throws {
        let tenants = ContextValueMiddleware(TenantKey.self) { $0.clientContext?.custom["tenant"] ?? "nobody" }
        let host = FunctionHost(middleware: [LoggingMiddleware(), tenants])
        let greet = try host.register("greet", middleware: [Retrying()]) { (name: String, context) in
            "Hello, \(name) of \(context[TenantKey.self] ?? "")"
        }
        let options = InvocationOptions(clientContext: ClientContext(custom: ["tenant": "north"]))
        let greeting = try await host.invoke(greet, with: "Ada", options: options)
        #expect(greeting == "Hello, Ada of north")
    }

    @Test func refusing() async throws {
        let host = FunctionHost(middleware: [Guarding()])
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        await #expect(throws: Guarding.Refused.self) { try await host.invoke(greet, with: "Ada") }
    }

    struct Unavailable: Error {}

    struct Guarding: Middleware {
        struct Refused: Error {}

        func intercept<Input: Sendable, Output: Sendable>(
            _ input: Input, context: InvocationContext, next: Next<Input, Output>
        ) async throws -> Output {
            guard context.clientContext != nil else { throw Refused() }
            return try await next(input, context)
        }
    }
}
