// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Functions on the bulkhead: their callers are answered at the deadline, whatever their handlers do.
@Suite("Functions on the bulkhead", .simulated(seeds: 0..<20)) struct BulkheadPlacementTests {
    private struct Rig {
        let events = EventRecorder()
        let metrics = Metrics()
        let host: FunctionHost
        let gate = Gate()
        /// Waits at the gate, deaf to cancellation.
        let deaf: Function<Void, String>
        /// Sleeps as long as it is told.
        let nap: Function<Duration, String>

        init(reserved: Int? = nil) throws {
            host = FunctionHost(observers: [events, metrics], system: .simulated)
            let configuration = FunctionConfiguration(
                timeout: .seconds(2), reservedConcurrency: reserved, placement: .bulkhead)
            let gate = gate
            deaf = try host.register("deaf", configuration: configuration) { (_: Void, _) in
                await gate.pass()
                return "too late"
            }
            nap = try host.register("nap", configuration: .init(timeout: .seconds(2), placement: .bulkhead)) {
                (length: Duration, context) in
                try await context.sleep(for: length)
                return "slept"
            }
        }
    }

    @Test("A handler on the bulkhead gives its result and its error like any other")
    func results() async throws {
        let rig = try Rig()
        let fail = try rig.host.register("fail", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in throw HandlerFailure("no")
        }
        try rig.host.register("one", configuration: .init(timeout: nil, placement: .bulkhead)) { (_: Void, _) in 1 }
        try await rig.host.run {
            let slept = try await rig.host.invoke(rig.nap, with: .seconds(1))
            #expect(slept == "slept")
            #expect(try await rig.host.invoke(named: "one", payload: []).text == "1")
            await #expect(throws: HandlerFailure("no")) { try await rig.host.invoke(fail) }
        }
    }

    @Test("It needs the host to run, before and after which the caller is told so")
    func notRunning() async throws {
        let rig = try Rig()
        await expectError(.notRunning, of: "nap", saying: "needs the host's run() to be under way") {
            try await rig.host.invoke(rig.nap, with: .zero)
        }
        await expectError(.notRunning, of: "nap", saying: "run()") {
            try await rig.host.invoke(named: "nap", payload: Array("[0,0]".utf8))
        }
        try await rig.host.run {}
        await expectError(.shuttingDown, of: "nap", saying: "") { try await rig.host.invoke(rig.nap, with: .zero) }
        #expect(try rig.host.describe("nap").concurrentExecutions == 0)
    }

    @Test("The caller is answered at the deadline; the handler keeps its place, is listed, and its late answer refused")
    func deafHandler() async throws {
        let rig = try Rig(reserved: 1)
        try await rig.host.run {
            let took = try await timed {
                await expectError(.timedOut, of: "deaf", saying: "2.00 seconds") { try await rig.host.invoke(rig.deaf) }
            }
            #expect(took == .seconds(2))
            #expect(rig.events.outcomes() == [.timedOut])
            #expect(rig.events.reports().first?.isRunningOn == true)
            try await pass(.seconds(8))
            let running = try #require(rig.host.runningInvocations().first)
            #expect((running.functionName, running.isAnswered) == ("deaf", true))
            #expect((running.age, running.overdue) == (.seconds(10), .seconds(8)))
            #expect(rig.events.overdue == [running.id])
            #expect(rig.metrics.snapshot()["deaf"]?.concurrentExecutions == 1)
            await expectError(.throttled, of: "deaf", saying: "concurrency of 1 is used up") {
                try await rig.host.invoke(rig.deaf)
            }
            rig.gate.open()
            try await pass(.seconds(1))
            #expect(rig.events.names.contains("late answer refused"))
            #expect(rig.events.outcomes() == [.timedOut])
            #expect(rig.events.environmentEnds() == [.timedOut])
            #expect(rig.host.runningInvocations().isEmpty)
            #expect(rig.metrics.snapshot()["deaf"]?.concurrentExecutions == 0)
            #expect(try await rig.host.invoke(rig.deaf) == "too late")
        }
    }

    @Test("A handler that obeys is over at its deadline, and nothing is late")
    func obedientHandler() async throws {
        let rig = try Rig()
        try await rig.host.run {
            await expectError(.timedOut, of: "nap", saying: "2.00 seconds") {
                try await rig.host.invoke(rig.nap, with: .seconds(60))
            }
            try await pass(.seconds(1))
            #expect(rig.host.runningInvocations().isEmpty)
            #expect(rig.events.overdue.isEmpty)
            #expect(rig.metrics.snapshot().total.timeouts == 1)
            #expect(rig.metrics.snapshot().total.concurrentExecutions == 0)
        }
    }

    @Test("A caller who is cancelled is let go at once, and the handler is cancelled behind it")
    func cancelledCaller() async throws {
        let rig = try Rig()
        try await rig.host.run {
            let took = try await timed {
                try await withThrowingTaskGroup(of: String.self) { group in
                    group.addTask { try await rig.host.invoke(rig.deaf) }
                    group.addTask { try await rig.host.invoke(rig.nap, with: .seconds(1_000)) }
                    try await pass(.seconds(1))
                    group.cancelAll()
                    for _ in 0..<2 { await #expect(throws: CancellationError.self) { try await group.next() } }
                }
            }
            #expect(took == .seconds(1))
            try await pass(.milliseconds(100))
            #expect(rig.host.runningInvocations().map(\.functionName) == ["deaf"])
            #expect(rig.events.outcomes() == [.cancelled, .cancelled])
            rig.gate.open()
        }
        #expect(rig.metrics.snapshot().total.cancellations == 2)
        #expect(rig.metrics.snapshot().total.concurrentExecutions == 0)
    }

    @Test("The caller's own deadline counts here too")
    func callersDeadline() async throws {
        let rig = try Rig()
        try await rig.host.run {
            let deadline = try #require(Simulation.current).now.advanced(by: .milliseconds(500))
            let took = try await timed {
                await expectError(.timedOut, of: "deaf", saying: "0.50 seconds") {
                    try await rig.host.invoke(rig.deaf, options: .init(deadline: deadline))
                }
            }
            #expect(took == .milliseconds(500))
            rig.gate.open()
        }
    }

    @Test("A runaway does not hold other functions up")
    func innocent() async throws {
        let rig = try Rig()
        try await rig.host.run {
            async let runaway = expectError(.timedOut, of: "deaf", saying: "") { try await rig.host.invoke(rig.deaf) }
            try await pass(.seconds(1))
            #expect(try await rig.host.invoke(rig.nap, with: .zero) == "slept")
            _ = await runaway
            #expect(try await rig.host.invoke(rig.nap, with: .zero) == "slept")
            rig.gate.open()
        }
    }
}
