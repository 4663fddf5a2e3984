// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Logs the start and the end of each attempt through the context, and so to the host's observers.
///
/// Start and success at `startLevel`, failure as a warning with the type of the error. Never a payload, nor an error's text,
/// which a handler may have made of one.
public struct LoggingMiddleware: Middleware {
    private let startLevel: LogLevel

    /// Logs at `level`, failures as warnings.
    public init(level: LogLevel = .debug) { startLevel = level }

    /// Logs before and after.
    public func intercept<Input: Sendable, Output: Sendable>(
        _ input: Input, context: InvocationContext, next: Next<Input, Output>
    ) async throws -> Output {
        context.log("Invocation started", level: startLevel, metadata: ["attempt": String(context.attempt)])
        do {
            let output = try await next(input, context)
            let duration = context.startedAt.duration(to: context.now)
            context.log("Invocation succeeded", level: startLevel, metadata: ["duration": String(describing: duration)])
            return output
        } catch {
            let duration = context.startedAt.duration(to: context.now)
            context.log(
                "Invocation failed", level: .warning,
                metadata: ["duration": String(describing: duration), "error": String(describing: type(of: error))])
            throw error
        }
    }
}
