// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How a server holds a host: both run in one task group, and a signal ends the host first, then the server.
@main
struct EmbeddedServer {
    let host: FunctionHost
    let metrics: Metrics
    let server: HTTPServer
    let signals: TerminationSignals
    let poller: Poller

    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            let program = try Self(options)
            defer { program.poller.stop() }
            try await program.run(testing: options.isSelfTest)
        } catch {
            fail("\(error)")
        }
    }

    init(_ options: Options) throws {
        var configuration = FunctionHost.Configuration(concurrency: 50)
        configuration.payloadLimit = 65_536
        configuration.drainTimeout = .seconds(10)
        metrics = Metrics()
        host = FunctionHost(configuration: configuration, observers: [metrics])
        try host.registerFunctions()
        poller = try Poller()
        server = try HTTPServer(port: options.port, bodyLimit: 1_048_576, poller: poller)
        signals = try TerminationSignals()
    }

    func run(testing isSelfTest: Bool) async throws {
        let names = host.listFunctions().map(\.name).joined(separator: ", ")
        say("listening on http://127.0.0.1:\(server.port), functions: \(names)")
        try await withThrowingTaskGroup(of: Stage.self) { group in
            group.addTask { await runServer() }
            group.addTask { try await runHost() }
            group.addTask { await watchSignals() }
            if isSelfTest { group.addTask { try await test() } }
            while try await group.next() == .part {}
            group.cancelAll()
        }
        for function in metrics.snapshot().functions {
            say(
                "\(function.functionName): \(function.invocations) invocations, \(function.errors) errors, "
                    + "\(function.throttles) throttled, p99 \(function.duration.p99.milliseconds) ms")
        }
    }

    /// What the end of one of the tasks means: that a part has done its work, or that all is over.
    private enum Stage { case part, all }

    private func runServer() async -> Stage {
        await server.run { await host.answer($0) }
        return .all
    }

    private func runHost() async throws -> Stage {
        let report = try await host.run()
        say(
            "drained in \(report.duration.milliseconds) ms: \(report.finished) finished, \(report.interrupted) interrupted, "
                + "\(report.refusedWaiters) sent away, \(report.stuck.count) stuck")
        // Only now: while the host drained, whoever came was told to go elsewhere, and was told it by this server.
        server.stop()
        return .part
    }

    private func watchSignals() async -> Stage {
        var isFirst = true
        while await signals.next(poller) {
            // Who asks twice does not want to wait: the end of the group cancels everything.
            guard isFirst else { return .all }
            isFirst = false
            say("told to stop: nothing new is taken, what runs is waited for")
            host.triggerGracefulShutdown()
        }
        return .part
    }

    private func test() async throws -> Stage {
        try await SelfTest(host: host, port: server.port, poller: poller).run()
        return .part
    }
}

extension Duration {
    /// Rounded to whole milliseconds.
    var milliseconds: Int { Int((self / .milliseconds(1)).rounded()) }
}
