// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Which environment an invocation gets, how long idle ones are kept, and which are made ahead.
@Suite("Reuse of environments", .simulated(seeds: 0..<20)) struct EnvironmentReuseTests {
    private static func nap(
        on host: FunctionHost, _ configuration: FunctionConfiguration = .init(timeout: .seconds(60))
    ) throws -> Function<Duration, EnvironmentID> {
        try host.register("nap", configuration: configuration) { (length: Duration, context) in
            try await context.sleep(for: length)
            return context.environmentID
        }
    }

    @Test("The environment used last is lent first")
    func mostRecentlyUsed() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try Self.nap(on: host)
        async let long = host.invoke(nap, with: .seconds(3))
        async let short = host.invoke(nap, with: .seconds(1))
        let (last, first) = try await (long, short)
        #expect(last != first)
        for _ in 0..<3 { #expect(try await host.invoke(nap, with: .zero) == last) }
        async let again = host.invoke(nap, with: .seconds(1))
        try await pass(.milliseconds(500))
        #expect(try await host.invoke(nap, with: .zero) == first)
        #expect(try await again == last)
    }

    @Test("An environment without shared state runs one invocation at a time, and its state is never lent twice")
    func oneAtATime() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register("work", environment: { _ in false }) {
            (isLent: inout Bool, length: Int, context) in
            #expect(!isLent)
            isLent = true
            try await context.sleep(for: .milliseconds(length * 20))
            isLent = false
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<30 { group.addTask { try await host.invoke(work, with: index % 5) } }
            try await group.waitForAll()
        }
        #expect(try host.describe("work").environments <= 30)
    }

    @Test("An environment shared by N serves N, and the next caller gets another")
    func shared() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", sharedBy: 3, environment: { _ in try await pass(.seconds(1)) }) {
            (_: Void, _: Void, context) in
            try await context.sleep(for: .seconds(1))
            return context.environmentID
        }
        let used = try await withThrowingTaskGroup(of: EnvironmentID.self) { group in
            for _ in 0..<7 { group.addTask { try await host.invoke(work) } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(used.count == 3)
        #expect(used.values.max() == 3)
        #expect(events.environmentStarts(of: "work").count == 3)
    }

    @Test("An idle environment is kept for its idle time and no longer", arguments: [(9, 1), (11, 0)])
    func idleTime(seconds: Int, environments: Int) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.idleTimeout = .seconds(10)
        let nap = try Self.nap(on: host, configuration)
        let first = try await host.invoke(nap, with: .seconds(1))
        try await pass(.seconds(seconds))
        #expect(try host.describe("nap").environments == environments)
        #expect(events.environmentEnds() == (environments == 1 ? [] : [.idle]))
        #expect(try await (host.invoke(nap, with: .zero) == first) == (environments == 1))
    }

    @Test("The host's idle time is for functions that have none, five minutes unless set", arguments: [nil, 20])
    func hostsIdleTime(seconds: Int?) async throws {
        var configuration = FunctionHost.Configuration()
        if let seconds { configuration.idleTimeout = .seconds(seconds) }
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let nap = try Self.nap(on: host)
        _ = try await host.invoke(nap, with: .zero)
        let idle = Duration.seconds(seconds ?? 300)
        try await pass(idle - .seconds(1))
        #expect(try host.describe("nap").environments == 1)
        try await pass(.seconds(2))
        #expect(try host.describe("nap").environments == 0)
    }

    @Test("Each use begins the idle time anew, and only what is not needed expires")
    func renewed() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.idleTimeout = .seconds(10)
        let nap = try Self.nap(on: host, configuration)
        async let first = host.invoke(nap, with: .seconds(1))
        async let second = host.invoke(nap, with: .seconds(1))
        _ = try await (first, second)
        #expect(try host.describe("nap").environments == 2)
        for _ in 0..<5 {
            try await pass(.seconds(6))
            _ = try await host.invoke(nap, with: .zero)
        }
        #expect(try host.describe("nap").environments == 1)
    }

    @Test(
        "An environment is discarded after a timeout, and when its handler says so, but not after an error",
        arguments: [
            (EnvironmentEnd?.none, "throw"), (.timedOut, "sleep"), (.discarded, "discard"), (nil, "return"),
        ])
    func discarded(_ end: EnvironmentEnd?, by what: String) async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work") { (what: String, context) in
            switch what {
            case "throw": throw HandlerFailure()
            case "sleep": try await context.sleep(for: .seconds(10))
            case "discard": context.discardEnvironment()
            default: break
            }
            return context.environmentID
        }
        let first = try await host.invoke(work, with: "return")
        _ = try? await host.invoke(work, with: what)
        #expect(events.environmentEnds() == (end.map { [$0] } ?? []))
        #expect(try await (host.invoke(work, with: "return") != first) == (end != nil))
    }

    @Test("A shared environment that is discarded ends when the last of its invocations has")
    func discardedShared() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work", sharedBy: 2, environment: { _ in 0 }) {
            (_: Int, length: Duration, context) in
            if length == .zero { context.discardEnvironment() }
            try await context.sleep(for: length)
            return context.environmentID
        }
        async let long = host.invoke(work, with: .seconds(2))
        try await pass(.seconds(1))
        let discarded = try await host.invoke(work, with: .zero)
        #expect(events.environmentEnds().isEmpty)
        #expect(try await host.invoke(work, with: .milliseconds(1)) != discarded)
        #expect(try await long == discarded)
        #expect(events.environmentEnds() == [.discarded])
    }
}
