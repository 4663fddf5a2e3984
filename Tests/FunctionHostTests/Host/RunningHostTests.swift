// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// `run()` and `run(during:)`: how often, how they end, and what they leave behind.
@Suite("Running a host", .simulated(seeds: 0..<20)) struct RunningHostTests {
    @Test("run(during:) gives what its body returned, once everything has ended")
    func during() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(9), placement: .bulkhead)) {
            (length: Duration, context) in try await context.sleep(for: length)
        }
        #expect(host.phase == .idle)
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            let result = try await host.run {
                #expect(host.phase == .running)
                group.addTask { try await host.invoke(nap, with: .seconds(5)) }
                try await pass(.seconds(1))
                return "done"
            }
            #expect(events.outcomes() == [.succeeded])
            try await group.waitForAll()
            return result
        }
        #expect(result == "done")
        #expect(host.phase == .finished)
    }

    @Test("A body that throws shuts the host down too, and its error comes out")
    func bodyThrows() async throws {
        let host = FunctionHost(system: .simulated)
        let ended = Notes<Int>()
        let work = try host.register("work", environment: { _ in 7 }, shutdown: { state, _ in ended.add(state) }) {
            (_: inout Int, _: Void, _) in
        }
        await #expect(throws: HandlerFailure("the body")) {
            try await host.run {
                try await host.invoke(work)
                throw HandlerFailure("the body")
            }
        }
        #expect(host.phase == .finished)
        #expect(ended.all == [7])
    }

    @Test("run() returns the report of the shutdown that ended it")
    func report() async throws {
        let host = FunctionHost(system: .simulated)
        async let running = host.run()
        try await pass(.seconds(10))
        #expect(host.phase == .running)
        let told = await host.shutdown()
        let report = try await running
        #expect(report == told)
        #expect(report == DrainReport(duration: .zero, finished: 0, interrupted: 0, refusedWaiters: 0, stuck: []))
        #expect(report.isClean)
        #expect(host.phase == .finished)
    }

    @Test("A host that runs cannot be run a second time, and goes on running")
    func alreadyRunning() async throws {
        let host = FunctionHost(system: .simulated)
        try await host.run {
            await expectError(.alreadyRunning, of: nil, saying: "a host is run once") { try await host.run() }
            await expectError(.alreadyRunning, of: nil, saying: "under way") { try await host.run { 1 } }
            try await pass(.seconds(1))
            #expect(host.phase == .running)
        }
    }

    @Test("A host that has finished stays so")
    func alreadyFinished() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in "Hello" }
        try await host.run {}
        await expectError(.alreadyFinished, of: nil, saying: "make a new one") { try await host.run() }
        await expectError(.alreadyFinished, of: nil, saying: "has shut down") {
            try await host.run { Issue.record("the body of a refused run was called") }
        }
        await expectError(.shuttingDown, of: "greet", saying: "takes nothing new") { try await host.invoke(greet) }
        #expect(await host.shutdown().isClean)
    }

    @Test(
        "Cancelling run() cancels what runs at once, in callers' tasks and on the bulkhead",
        arguments: [
            Placement.callersTask, .bulkhead,
        ])
    func cancelled(_ placement: Placement) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(900), placement: placement)) {
            (_: Void, context) in try await context.sleep(for: .seconds(800))
        }
        let took = try await timed {
            try await withThrowingTaskGroup(of: DrainReport.self) { group in
                group.addTask { try await host.run() }
                try await pass(.milliseconds(500))
                async let caller = expectError(
                    .interrupted, of: "nap", saying: "the host's shutdown cut the invocation off"
                ) {
                    try await host.invoke(nap)
                }
                try await pass(.milliseconds(500))
                group.cancelAll()
                let report = try #require(try await group.next())
                #expect((report.interrupted, report.finished, report.isClean) == (1, 0, true))
                _ = await caller
            }
        }
        #expect(took == .seconds(1))
        #expect(events.outcomes() == [.interrupted])
        #expect(host.phase == .finished)
    }

    @Test("Cancelling run(during:) cancels its body, and what the body has invoked")
    func duringCancelled() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(900))) { (_: Void, context) in
            try await context.sleep(for: .seconds(800))
        }
        let took = try await timed {
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.run { try await host.invoke(nap) } }
                try? await pass(.seconds(1))
                group.cancelAll()
                await #expect(throws: (any Error).self) { try await group.next() }
            }
        }
        #expect(took == .seconds(1))
        #expect(host.phase == .finished)
    }

    @Test("Two hosts in one process share nothing: neither names, nor limits, nor their end")
    func twoHosts() async throws {
        let (one, other) = (
            FunctionHost(configuration: .init(concurrency: 1), system: .simulated),
            FunctionHost(configuration: .init(concurrency: 1), system: .simulated)
        )
        let body: @Sendable (Duration, InvocationContext) async throws -> InvocationID = { length, context in
            try await context.sleep(for: length)
            return context.id
        }
        let first = try one.register("nap", handler: body)
        let second = try other.register("nap", handler: body)
        try await one.run {
            try await other.run {
                async let napping = one.invoke(first, with: .seconds(2))
                try await pass(.seconds(1))
                let id = try await other.invoke(second, with: .milliseconds(10))
                #expect(try await napping != id)
            }
            #expect((one.phase, other.phase) == (.running, .finished))
            _ = try await one.invoke(first, with: .zero)
        }
    }

    @Test("A host that is only used, never run and never shut down, leaves nothing running")
    func neverRun() async throws {
        let events = EventRecorder()
        do {
            let host = FunctionHost(observers: [events], system: .simulated)
            let greet = try host.register("greet") { (_: Void, _) in "Hello" }
            #expect(try await host.invoke(greet) == "Hello")
            #expect(host.phase == .idle)
        }
        let simulation = try #require(Simulation.current)
        await simulation.drain()
        #expect(events.outcomes() == [.succeeded])
    }
}
