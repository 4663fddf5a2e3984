// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The code of the article *Running and shutting down*.
@Suite struct RunningAndShuttingDownArticle {
    @Test(.simulated(seeds: 0..<20)) func during() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        try await host.run {
            print(try await host.invoke(greet, with: "world"))
        }
        #expect(host.phase == .finished)
    }

    @Test(.simulated(seeds: 0..<20)) func server() async throws {
        let host = FunctionHost(system: .simulated)
        try await serve(host, server: Server(), signals: Signals())
        #expect(host.phase == .finished)
    }

    func serve(_ host: FunctionHost, server: Server, signals: Signals) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                let report = try await host.run()
                print("drained in \(report.duration), \(report.stuck.count) stuck")
                // Until now the server has told whoever came that the host is shutting down.
                server.stop()
            }
            group.addTask {
                await signals.first()
                host.triggerGracefulShutdown()
            }
            try await group.waitForAll()
        }
    }

    @Test(.simulated(seeds: 0..<20)) func report() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.drainTimeout = .seconds(10)
        configuration.cancellationGrace = .seconds(2)
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let report = await host.shutdown()
        if !report.isClean {
            for invocation in report.stuck {
                print("\(invocation.functionName) \(invocation.id) has been running for \(invocation.age)")
            }
        }
        #expect(report.isClean)
        await #expect(throws: FunctionHostError.self) { try await host.run() }
    }

    struct Heartbeat: HostService {
        let name = "heartbeat"
        let beat: Function<Void, String>

        func run(on host: FunctionHost) async {
            while await host.sleepUnlessShutDown(for: .seconds(60)) { _ = try? await host.invoke(beat) }
        }
    }

    @Test(.simulated(seeds: 0..<20)) func service() async throws {
        let metrics = Metrics()
        let host = FunctionHost(observers: [metrics], system: .simulated)
        let beat = try host.register("beat") { (_: Void, _) in "alive" }
        try host.attach(Heartbeat(beat: beat))
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(150)) }
        #expect(metrics.snapshot().total.invocations == 2)
    }

    struct Server: Sendable {
        func run() async throws {}
        func stop() {}
    }

    struct Signals: Sendable {
        func first() async {}
    }
}
