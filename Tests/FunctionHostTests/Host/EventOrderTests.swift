// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// What observers hear of a running host, and in which order.
@Suite("Events of a host", .simulated(seeds: 0..<20)) struct EventOrderTests {
    @Test("A cold invocation is told from its environment's start to its end, a warm one without the environment")
    func oneInvocation() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", environment: { _ in 0 }) { (_: inout Int, _: Void, context) in
            context.log("Working")
            context.reportProgress(0.5)
            try await context.sleep(for: .seconds(1))
        }
        try await host.invoke(work)
        let once = ["started", "logged Working", "progressed 0.5", "succeeded"]
        #expect(events.names == ["registered work", "environment started"] + once)
        events.reset()
        try await host.invoke(work)
        #expect(events.names == once)
    }

    @Test(
        "A report tells how the attempt went",
        arguments: [
            ("return", Outcome.succeeded, String?.none), ("throw", .failed, "HandlerFailure"),
            ("sleep", .timedOut, nil),
        ])
    func report(what: String, outcome: Outcome, errorType: String?) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", configuration: .init(timeout: .seconds(5), memorySize: 256)) {
            (_: Void, context) in
            try await context.sleep(for: what == "sleep" ? .seconds(60) : .seconds(1))
            if what == "throw" { throw HandlerFailure() }
        }
        try? await host.invoke(work)
        let report = try #require(events.reports(of: "work").first)
        #expect(report.outcome == outcome)
        #expect(report.errorType == errorType)
        #expect(report.duration == (what == "sleep" ? .seconds(5) : .seconds(1)))
        #expect(report.initDuration == nil)
        #expect(report.context.memorySize == 256)
        #expect(!report.isRunningOn)
    }

    @Test("Each start says how many of the function run then, itself included")
    func concurrency() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work") { (_: Void, context) in try await context.sleep(for: .seconds(1)) }
        let other = try host.register("other") { (_: Void, context) in try await context.sleep(for: .seconds(1)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await host.invoke(work) } }
            group.addTask { try await host.invoke(other) }
            try await group.waitForAll()
        }
        let counts = events.events.compactMap { event -> Int? in
            guard case .invocationStarted(let context, let count) = event, context.functionName == "work" else {
                return nil
            }
            return count
        }
        #expect(counts == [1, 2, 3])
    }

    @Test("The life of a host is told phase by phase, the end of its environments before its own")
    func life() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        try await host.run {
            let work = try host.register("work") { (_: Void, _) in }
            try await host.invoke(work)
        }
        #expect(
            events.names == [
                "host running", "registered work", "environment started", "started", "succeeded", "host draining",
                "drained",
                "environment ended: shutdown", "host finished",
            ])
    }

    @Test("Who is refused for another reason than a limit is no invocation")
    func refused() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let off = try host.register("off", configuration: .init(timeout: nil, reservedConcurrency: 0)) { (_: Void, _) in
        }
        try? await host.invoke("ghost" as Function<Void, Void>)
        try? await host.invoke("off" as Function<Int, Void>, with: 1)
        try? await host.invoke(off)
        #expect(events.names == ["registered off", "throttled"])
    }

    @Test("Without observers nothing is told, and a log message is not even made")
    func unobserved() async throws {
        // A host on the machine's clock: the simulation has an observer of its own.
        let host = FunctionHost()
        let made = Notes<Int>()
        let talk = try host.register("talk", configuration: .init(timeout: nil)) { (_: Void, context) in
            @Sendable func message() -> String {
                made.add(1)
                return "never made"
            }
            context.log(message())
        }
        try await host.invoke(talk)
        #expect(made.all.isEmpty)
    }
}
