// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// The graceful shutdown: what runs is waited for, then cancelled, then named, under one deadline.
@Suite("Shutdown", .simulated(seeds: 0..<20)) struct ShutdownTests {
    /// A host with ten seconds for its end, the last four of them after cancelling.
    private struct Rig {
        let events = EventRecorder()
        let host: FunctionHost
        let gate = Gate()
        let nap: Function<Duration, String>
        let deaf: Function<Void, String>

        init(_ placement: Placement = .callersTask, timeout: Duration? = .seconds(600)) throws {
            var configuration = FunctionHost.Configuration(concurrency: 5)
            configuration.drainTimeout = .seconds(10)
            configuration.cancellationGrace = .seconds(4)
            host = FunctionHost(configuration: configuration, observers: [events], system: .simulated)
            let gate = gate
            nap = try host.register("nap", configuration: .init(timeout: timeout, placement: placement)) {
                (length: Duration, context) in
                try await context.sleep(for: length)
                return "slept"
            }
            deaf = try host.register("deaf", configuration: .init(timeout: timeout, placement: placement)) {
                (_: Void, _) in
                await gate.pass()
                return "passed"
            }
        }

        /// Shuts down a second after `body` has begun, and gives the report and how long the shutdown took.
        func shutDown(during body: @escaping @Sendable () async throws -> Void) async throws -> (DrainReport, Duration)
        {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await body() }
                try await pass(.seconds(1))
                let start = try #require(Simulation.current).now
                let report = await host.shutdown()
                let took = start.duration(to: try #require(Simulation.current).now)
                gate.open()
                try await group.waitForAll()
                return (report, took)
            }
        }
    }

    @Test("What ends in time is waited for, and nothing new is taken meanwhile")
    func finishes() async throws {
        let rig = try Rig()
        let (report, took) = try await rig.shutDown {
            async let running = rig.host.invoke(rig.nap, with: .seconds(6))
            try await pass(.seconds(2))
            #expect(rig.host.phase == .draining)
            await expectError(.shuttingDown, of: "nap", saying: "the host is shutting down and takes nothing new") {
                try await rig.host.invoke(rig.nap, with: .zero)
            }
            #expect(try await running == "slept")
        }
        #expect(took == .seconds(5))
        #expect(report == DrainReport(duration: .seconds(5), finished: 1, interrupted: 0, refusedWaiters: 0, stuck: []))
        #expect(rig.host.phase == .finished)
    }

    @Test(
        "What takes longer is cancelled with the grace left, and its caller is told that it was the host's doing",
        arguments: [
            Duration.seconds(600), nil,
        ])
    func interrupted(timeout: Duration?) async throws {
        let rig = try Rig(.bulkhead, timeout: timeout)
        try await rig.host.run {
            let (report, took) = try await rig.shutDown {
                let error = await expectError(
                    .interrupted, of: "nap", saying: "the host's shutdown cut the invocation off"
                ) {
                    try await rig.host.invoke(rig.nap, with: .seconds(500))
                }
                #expect(error?.underlying is CancellationError)
            }
            #expect(took == .seconds(6))
            #expect((report.finished, report.interrupted, report.isClean) == (0, 1, true))
        }
        #expect(rig.events.outcomes() == [.interrupted])
    }

    @Test("What ignores its cancellation is named when the time is up", arguments: [Placement.callersTask, .bulkhead])
    func stuck(_ placement: Placement) async throws {
        let rig = try Rig(placement)
        let body: @Sendable () async throws -> Void = {
            if placement == .callersTask {
                let passed = try await rig.host.invoke(rig.deaf)
                #expect(passed == "passed")
            } else {
                await expectError(.interrupted, of: "deaf", saying: "shutdown") { try await rig.host.invoke(rig.deaf) }
            }
        }
        let test: () async throws -> Void = {
            let (report, took) = try await rig.shutDown(during: body)
            #expect((took, report.duration) == (.seconds(10), .seconds(10)))
            #expect(report.stuck.map(\.functionName) == ["deaf"])
            #expect(report.stuck.map(\.age) == [.seconds(11)])
            #expect(!report.isClean)
        }
        if placement == .bulkhead { try await rig.host.run(during: test) } else { try await test() }
        #expect(rig.host.phase == .finished)
        #expect(rig.host.runningInvocations().isEmpty)
    }

    @Test("A handler that is cancelled and succeeds all the same has finished")
    func finishesAfterCancellation() async throws {
        let rig = try Rig()
        let save = try rig.host.register("save", configuration: .init(timeout: .seconds(600))) { (_: Void, context) in
            try? await context.sleep(for: .seconds(500))
            return "saved"
        }
        let (report, took) = try await rig.shutDown {
            let saved = try await rig.host.invoke(save)
            #expect(saved == "saved")
        }
        #expect(took == .seconds(6))
        #expect((report.finished, report.interrupted) == (1, 0))
    }

    @Test("Those who wait for room are sent away at once, and counted")
    func waiters() async throws {
        let rig = try Rig()
        let (report, _) = try await rig.shutDown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { _ = try await rig.host.invoke(rig.nap, with: .seconds(3)) } }
                try await pass(.milliseconds(500))
                for _ in 0..<3 {
                    group.addTask {
                        await expectError(
                            .shuttingDown, of: "nap", saying: "began to shut down while the caller waited"
                        ) {
                            try await rig.host.invoke(
                                rig.nap, with: .zero, options: .init(saturation: .wait(atMost: .seconds(60))))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect((report.finished, report.refusedWaiters) == (5, 3))
    }

    @Test("A handler that runs can no longer invoke another one")
    func nested() async throws {
        let rig = try Rig()
        let outer = try rig.host.register("outer", configuration: .init(timeout: .seconds(600))) { (_: Void, context) in
            try await context.sleep(for: .seconds(3))
            await expectError(.shuttingDown, of: "nap", saying: "takes nothing new") {
                try await rig.host.invoke(rig.nap, with: .zero)
            }
        }
        let (report, _) = try await rig.shutDown { try await rig.host.invoke(outer) }
        #expect(report.finished == 1)
    }

    @Test("A stream is waited for, and cut off, like any invocation")
    func streams() async throws {
        let rig = try Rig()
        let count = try rig.host.register("count" as StreamingFunction<Int, Int>, configuration: .init(timeout: nil)) {
            limit, numbers, context in
            for number in 0..<limit {
                try await numbers.write(number)
                try await context.sleep(for: .seconds(1))
            }
        }
        let (report, took) = try await rig.shutDown {
            let numbers = try await rig.host.stream(count, with: 4) { try await $0.reduce(into: 0) { $0 += $1 } }
            #expect(numbers == 6)
        }
        #expect((report.finished, took) == (1, .seconds(3)))
    }

    @Test("A second shutdown changes nothing and gives the same report")
    func twice() async throws {
        let rig = try Rig()
        let (report, _) = try await rig.shutDown {
            async let running = rig.host.invoke(rig.nap, with: .seconds(5))
            try await pass(.seconds(2))
            let second = await rig.host.shutdown()
            #expect(second.duration == .seconds(4))
            #expect(try await running == "slept")
        }
        #expect(await rig.host.shutdown() == report)
        #expect(rig.events.names.count { $0 == "host draining" || $0 == "drained" || $0 == "host finished" } == 3)
    }
}
