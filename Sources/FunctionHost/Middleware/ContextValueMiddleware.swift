// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Hangs a value on the context of each invocation, for handlers and for the middleware inside it.
public struct ContextValueMiddleware<Key: InvocationContextKey>: Middleware {
    private let value: @Sendable (InvocationContext) -> Key.Value

    /// Adds what `value` makes of the context under `key`.
    public init(_ key: Key.Type, value: @escaping @Sendable (InvocationContext) -> Key.Value) {
        self.value = value
    }

    /// Passes the context on with the value.
    public func intercept<Input: Sendable, Output: Sendable>(
        _ input: Input, context: InvocationContext, next: Next<Input, Output>
    ) async throws -> Output {
        var context = context
        context[Key.self] = value(context)
        return try await next(input, context)
    }
}
