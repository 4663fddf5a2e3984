// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a running handler is told, and what becomes of what it tells.
@Suite("The context of a running handler", .simulated(seeds: 0..<20)) struct HandlerContextTests {
    private enum TenantKey: InvocationContextKey { typealias Value = String }

    private static func probe(
        on host: FunctionHost, _ configuration: FunctionConfiguration = .init()
    ) throws -> Function<Void, InvocationContext> {
        try host.register("probe", configuration: configuration) { (_: Void, context) in context }
    }

    @Test("Each property is the invocation's own")
    func properties() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration(timeout: .seconds(7), memorySize: 512)
        configuration.variables = ["STAGE": "test"]
        let probe = try Self.probe(on: host, configuration)
        let start = try #require(Simulation.current).now
        let first = try await host.invoke(probe)
        #expect(first.functionName == "probe")
        #expect(first.version == .latest)
        #expect(first.alias == nil)
        #expect(first.memorySize == 512)
        #expect(first.attempt == 1)
        #expect(first.startedAt == start)
        #expect(first.deadline == start.advanced(by: .seconds(7)))
        #expect(first.variables == ["STAGE": "test"])
        #expect(first.isColdStart)
        let second = try await host.invoke(probe)
        #expect(!second.isColdStart)
        #expect(second.environmentID == first.environmentID)
        #expect(second.id != first.id)
    }

    @Test("The variables are never the process's own environment")
    func variables() async throws {
        let host = FunctionHost(system: .simulated)
        let probe = try Self.probe(on: host)
        #expect(getenv("PATH") != nil)
        #expect(try await host.invoke(probe).variables.isEmpty)
    }

    @Test("A function without a timeout has a deadline that never comes")
    func noDeadline() async throws {
        let host = FunctionHost(system: .simulated)
        let probe = try Self.probe(on: host, .init(timeout: nil))
        let context = try await host.invoke(probe)
        #expect(context.deadline == .distantFuture)
        #expect(context.remainingTime > .seconds(365 * 86_400))
    }

    @Test("The remaining time runs down to zero and is never negative")
    func remainingTime() async throws {
        let host = FunctionHost(system: .simulated)
        let gate = Gate()
        let left = Notes<Duration>()
        let stubborn = try host.register("stubborn") { (_: Void, context) in
            left.add(context.remainingTime)
            try await context.sleep(for: .seconds(1))
            left.add(context.remainingTime)
            await gate.pass()
            left.add(context.remainingTime)
        }
        async let failing = expectError(.timedOut, of: "stubborn", saying: "3.00 seconds") {
            try await host.invoke(stubborn)
        }
        try await pass(.seconds(10))
        gate.open()
        _ = await failing
        #expect(left.all == [.seconds(3), .seconds(2), .zero])
    }

    @Test("A sleep is by the host's clock, and ends with CancellationError at the deadline")
    func sleep() async throws {
        let host = FunctionHost(system: .simulated)
        let woken = Notes<(Duration, Bool)>()
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(60))) { (_: Void, context) in
            do {
                try await context.sleep(for: .seconds(86_400))
            } catch {
                woken.add((context.startedAt.duration(to: context.now), error is CancellationError))
                throw error
            }
        }
        await expectError(.timedOut, of: "nap", saying: "60.00 seconds") { try await host.invoke(nap) }
        #expect(woken.all.map(\.0) == [.seconds(60)])
        #expect(woken.all.map(\.1) == [true])
    }

    @Test("Of several reports of progress the latest counts, where the host lists what runs and for the handler itself")
    func progress() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", configuration: .init(timeout: .seconds(60))) { (_: Void, context) in
            #expect(context.progress == nil)
            context.reportProgress(0.25)
            context.reportProgress(0.5, "half")
            #expect(context.progress == Progress(fraction: 0.5, message: "half"))
            try await context.sleep(for: .seconds(10))
        }
        async let running: Void = host.invoke(work)
        try await pass(.seconds(1))
        let listed = try #require(host.runningInvocations().first)
        #expect(listed.progress == Progress(fraction: 0.5, message: "half"))
        #expect(listed.functionName == "work")
        #expect(listed.age == .seconds(1))
        #expect(listed.overdue == nil)
        #expect(!listed.isAnswered)
        #expect(events.names.suffix(2) == ["progressed 0.25", "progressed 0.5"])
        try await running
        #expect(host.runningInvocations().isEmpty)
    }

    @Test("A log line reaches the observers with its level, its metadata and its invocation")
    func log() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let talk = try host.register("talk") { (_: Void, context) in
            context.log("Looked up", level: .debug, metadata: ["key": "7"])
            context.log("Done")
            return context.id
        }
        let id = try await host.invoke(talk)
        let lines = events.events.compactMap {
            if case .logged(let message, let context) = $0 { (message, context.id) } else { nil }
        }
        #expect(
            lines.map(\.0) == [
                LogMessage(level: .debug, text: "Looked up", metadata: ["key": "7"]),
                LogMessage(level: .info, text: "Done"),
            ])
        #expect(lines.map(\.1) == [id, id])
    }

    @Test("Ids and random numbers are the same for the same seed, and different for another")
    func chance() async throws {
        func draw(seed: UInt64) async throws -> [String] {
            var system = HostSystem.simulated
            system.seed = seed
            let host = FunctionHost(system: system)
            let roll = try host.register("roll") { (_: Void, context) in
                var generator = context.makeRandomNumberGenerator()
                return "\(context.id) \(Int.random(in: 0..<1_000_000, using: &generator))"
            }
            return [try await host.invoke(roll), try await host.invoke(roll)]
        }
        let first = try await draw(seed: 7)
        #expect(try await draw(seed: 7) == first)
        #expect(Set(first + (try await draw(seed: 8))).count == 4)
    }

    @Test("A value that a middleware hangs on the context reaches this handler, and what it does still counts")
    func keys() async throws {
        let events = EventRecorder()
        let host = FunctionHost(
            middleware: [ContextValueMiddleware(TenantKey.self) { $0.variables["TENANT"] ?? "nobody" }],
            observers: [events], system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.variables = ["TENANT": "acme"]
        let probe = try host.register("probe", configuration: configuration) { (_: Void, context) in
            context.log("Here")
            context.reportProgress(1)
            context.discardEnvironment()
            return context
        }
        let context = try await host.invoke(probe)
        #expect(context[TenantKey.self] == "acme")
        #expect(context.functionName == "probe")
        #expect(context.isColdStart)
        #expect(events.logs.map(\.text) == ["Here"])
        #expect(events.names.contains("progressed 1.0"))
        #expect(events.environmentEnds() == [.discarded])
    }
}
