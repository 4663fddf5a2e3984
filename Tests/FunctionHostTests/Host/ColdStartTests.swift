// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Init closures: when they run, for how long, and what happens when they fail.
@Suite("Cold starts", .simulated(seeds: 0..<20)) struct ColdStartTests {
    @Test("The init closure runs once, before the first handler, and is charged beside it")
    func once() async throws {
        let recorder = Recorder()
        let host = FunctionHost(observers: [recorder], system: .simulated)
        let work = try host.register("work", environment: { _ in try await pass(.milliseconds(1_500)) }) {
            (_: inout Void, _: Void, context) in
            try await context.sleep(for: .milliseconds(250))
            return context.isColdStart
        }
        #expect(try await host.invoke(work))
        #expect(try await !host.invoke(work))
        let reports = recorder.invocations
        #expect(reports.map(\.initDuration) == [.milliseconds(1_500), nil])
        #expect(reports.map(\.duration) == [.milliseconds(250), .milliseconds(250)])
        #expect(reports.map(\.billedDuration) == [.milliseconds(1_750), .milliseconds(250)])
        #expect(reports.map(\.environmentID) == [EnvironmentID(1), EnvironmentID(1)])
    }

    @Test("The handler's timeout begins after the init closure")
    func separateLimits() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register(
            "work", configuration: .init(timeout: .seconds(2)), environment: { _ in try await pass(.seconds(9)) }
        ) { (_: inout Void, _: Void, context) in
            try await context.sleep(for: .seconds(1))
            return context.remainingTime
        }
        #expect(try await host.invoke(work) == .seconds(1))
    }

    @Test("A failed init is a typed error with what was thrown, is charged, and is tried again by the next invocation")
    func failure() async throws {
        let (events, recorder, metrics) = (EventRecorder(), Recorder(), Metrics())
        let host = FunctionHost(observers: [events, recorder, metrics], system: .simulated)
        let attempts = Notes<Int>()
        let work = try host.register(
            "work",
            environment: { _ in
                attempts.add(attempts.count)
                try await pass(.seconds(1))
                if attempts.count < 3 { throw HandlerFailure("no database") }
            }
        ) { (_: inout Void, _: Void, _) in "done" }
        for _ in 0..<2 {
            let error = await expectError(.initFailed, of: "work", saying: "the init closure threw HandlerFailure") {
                try await host.invoke(work)
            }
            #expect(error?.underlying as? HandlerFailure == HandlerFailure("no database"))
        }
        #expect(try await host.invoke(work) == "done")
        #expect(events.outcomes() == [.initFailed, .initFailed, .succeeded])
        #expect(recorder.invocations.map(\.billedDuration) == [.seconds(1), .seconds(1), .seconds(1)])
        #expect(recorder.invocations.map(\.errorType) == ["HandlerFailure", "HandlerFailure", nil])
        let figures = metrics.snapshot().total
        #expect((figures.invocations, figures.errors, figures.coldStarts) == (3, 2, 3))
        #expect(figures.concurrentExecutions == 0)
        #expect(try host.describe("work").environments == 1)
    }

    @Test("An init closure is cancelled at its own limit, and its caller told", arguments: [true, false])
    func timeout(obeys: Bool) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        var configuration = FunctionConfiguration(timeout: nil)
        configuration.initTimeout = .seconds(4)
        let gate = Gate()
        let work = try host.register(
            "work", configuration: configuration,
            environment: { _ in if obeys { try await pass(.seconds(60)) } else { await gate.pass() } }
        ) { (_: inout Void, _: Void, _) in Issue.record("the handler ran without an environment") }
        async let failing = expectError(.initTimedOut, of: "work", saying: "the init closure passed its time limit") {
            try await host.invoke(work)
        }
        try await pass(.seconds(5))
        #expect(events.outcomes() == (obeys ? [.initFailed] : []))
        gate.open()
        _ = await failing
        #expect(events.names.suffix(2) == ["environment failed", "initFailed"])
        #expect(try host.describe("work").environments == 0)
    }

    @Test("On the bulkhead the caller is answered at the init closure's limit even if it ignores it")
    func timeoutOnBulkhead() async throws {
        let host = FunctionHost(system: .simulated)
        let gate = Gate()
        var configuration = FunctionConfiguration(timeout: .seconds(1), placement: .bulkhead)
        configuration.initTimeout = .seconds(4)
        let work = try host.register("work", configuration: configuration, environment: { _ in await gate.pass() }) {
            (_: inout Void, _: Void, _) in
        }
        try await host.run {
            let took = try await timed {
                await expectError(.initTimedOut, of: "work", saying: "time limit") { try await host.invoke(work) }
            }
            #expect(took == .seconds(4))
            #expect(host.runningInvocations().map(\.isAnswered) == [true])
            gate.open()
        }
    }

    @Test("A caller who is cancelled during the cold start is no failure of the function", arguments: [1, 2])
    func cancelledCaller(sharedBy concurrency: Int) async throws {
        let (events, metrics) = (EventRecorder(), Metrics())
        let host = FunctionHost(observers: [events, metrics], system: .simulated)
        let work = try host.register("work", sharedBy: concurrency, environment: { _ in try await pass(.seconds(5)) }) {
            (_: Void, _: Void, _) in "done"
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await host.invoke(work) }
            try await pass(.seconds(1))
            async let other = host.invoke(work)
            try await pass(.seconds(1))
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
            #expect(try await other == "done")
        }
        #expect(events.outcomes() == [.cancelled, .succeeded])
        #expect(metrics.snapshot().total.errors == 0)
        #expect(metrics.snapshot().total.concurrentExecutions == 0)
    }

    @Test(
        "A caller's own deadline during the cold start is the caller's, not the init closure's",
        arguments: [
            Placement.callersTask, .bulkhead,
        ])
    func callersDeadline(_ placement: Placement) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register(
            "work", sharedBy: 2, configuration: .init(timeout: .seconds(3), placement: placement),
            environment: { _ in try await pass(.seconds(5)) }
        ) { (_: Void, _: Void, _) in "done" }
        try await host.run {
            let now = try #require(Simulation.current).now
            async let hasty = expectError(
                .timedOut, of: "work", saying: "the caller's deadline passed during the cold start"
            ) {
                try await host.invoke(work, options: .init(deadline: now.advanced(by: .seconds(2))))
            }
            try await pass(.seconds(1))
            async let patient = host.invoke(work)
            _ = await hasty
            #expect(now.duration(to: try #require(Simulation.current).now) == .seconds(2))
            #expect(try await patient == "done")
        }
        #expect(events.outcomes() == [.timedOut, .succeeded])
    }
}
