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
        next: (Input, InvocationContext) async throws -> Output
    ) async throws -> Output
}

/// Runs a handler inside an array of interceptors, of which the first is the outermost.
package func runIntercepted<Input: Sendable, Output: Sendable>(
    by middleware: ArraySlice<any Middleware>,
    _ input: Input,
    _ context: InvocationContext,
    _ handler: (Input, InvocationContext) async throws -> Output
) async throws -> Output {
    guard let first = middleware.first else { return try await handler(input, context) }
    let inner = middleware.dropFirst()
    return try await first.intercept(input, context: context) { input, context in
        try await runIntercepted(by: inner, input, context, handler)
    }
}
