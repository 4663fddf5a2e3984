// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An interceptor around invocations of any function.
///
/// It may change the input or the context, look at or replace the result, call `next` again, or not at all. It runs within
/// the invocation: under its permit and its deadline, in the place where the handler runs. In an array the first is the
/// outermost.
///
/// For a streaming function `Output` is `Void`: the chunks pass outside. Limits, timeouts and retries are not middleware;
/// they are the host's, where they are counted.
public protocol Middleware: Sendable {
    /// Runs around one attempt.
    ///
    /// - Throws: What `next` throws, or an error of its own, which is the handler's as far as the caller can tell.
    func intercept<Input: Sendable, Output: Sendable>(
        _ input: Input,
        context: InvocationContext,
        next: Next<Input, Output>
    ) async throws -> Output
}

/// What a middleware is around: the middleware inside it, and in the end the handler. Called like a function.
///
/// A type of its own rather than a closure, whose form would depend on the compiler settings of whoever writes a middleware.
public struct Next<Input: Sendable, Output: Sendable>: Sendable {
    private let body: @Sendable (Input, InvocationContext) async throws -> Output

    /// Goes on with `body`; hosts do, and unit tests of middleware.
    public init(_ body: @escaping @Sendable (Input, InvocationContext) async throws -> Output) { self.body = body }

    /// Goes on with an input and a context, changed or not.
    ///
    /// - Throws: The handler's error, or that of a middleware inside.
    public func callAsFunction(_ input: Input, _ context: InvocationContext) async throws -> Output {
        try await body(input, context)
    }
}

/// Runs a handler inside an array of interceptors, of which the first is the outermost.
package func runIntercepted<Input: Sendable, Output: Sendable>(
    by middleware: ArraySlice<any Middleware>,
    _ input: Input,
    _ context: InvocationContext,
    _ handler: @escaping @Sendable (Input, InvocationContext) async throws -> Output
) async throws -> Output {
    guard let first = middleware.first else { return try await handler(input, context) }
    let inner = middleware.dropFirst()
    let next = Next<Input, Output> { input, context in
        try await runIntercepted(by: inner, input, context, handler)
    }
    return try await first.intercept(input, context: context, next: next)
}
