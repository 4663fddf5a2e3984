// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct LoggingMiddlewareTests {
    private struct Talkative: Error, CustomStringConvertible {
        var description: String { "secret" }
    }

    private let services = ListeningServices()

    private func run(
        _ middleware: LoggingMiddleware, _ body: @escaping @Sendable () throws -> Int
    ) async throws -> Int {
        let context = InvocationContext.made(services: services)
        let clock = services.stillClock
        let next = Next<String, Int> { _, _ in
            clock.advance(by: .milliseconds(1_500))
            return try body()
        }
        return try await middleware.intercept("secret", context: context, next: next)
    }

    @Test(
        "Start and success are logged at the level asked for, with attempt and duration", arguments: LogLevel.allCases)
    func success(level: LogLevel) async throws {
        #expect(try await run(LoggingMiddleware(level: level)) { 7 } == 7)
        #expect(
            services.logs == [
                LogMessage(level: level, text: "Invocation started", metadata: ["attempt": "1"]),
                LogMessage(level: level, text: "Invocation succeeded", metadata: ["duration": "1.5 seconds"]),
            ])
    }

    @Test("A failure is a warning with the type of the error, which passes unchanged; neither payload nor text is told")
    func failure() async {
        await #expect(throws: Talkative.self) { try await run(LoggingMiddleware()) { throw Talkative() } }
        #expect(services.logs.map(\.level) == [.debug, .warning])
        #expect(services.logs.last?.metadata == ["duration": "1.5 seconds", "error": "Talkative"])
        #expect(!"\(services.logs)".contains("secret"))
    }
}
