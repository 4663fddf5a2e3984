// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// How many run at one time, and what those are told who do not.
@Suite("Concurrency limits", .simulated(seeds: 0..<20)) struct ConcurrencyLimitTests {
    private static func work(
        on host: FunctionHost, _ name: String = "work",
        _ configuration: FunctionConfiguration = .init(timeout: .seconds(60)),
        counting occupancy: Occupancy = Occupancy()
    ) throws -> Function<Duration, Void> {
        try host.register(Function(name), configuration: configuration) { (length: Duration, context) in
            occupancy.enter()
            defer { occupancy.leave() }
            try await context.sleep(for: length)
        }
    }

    @Test("The host's limit holds over all functions, and everyone who waits gets through", arguments: [1, 3, 10])
    func hostLimit(limit: Int) async throws {
        let host = FunctionHost(configuration: .init(concurrency: limit), system: .simulated)
        let occupancy = Occupancy()
        var configuration = FunctionConfiguration(timeout: .seconds(60))
        configuration.saturation = .wait(atMost: .seconds(600))
        let one = try Self.work(on: host, "one", configuration, counting: occupancy)
        let other = try Self.work(on: host, "other", configuration, counting: occupancy)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask { try await host.invoke(index % 2 == 0 ? one : other, with: .milliseconds(50)) }
            }
            try await group.waitForAll()
        }
        #expect(occupancy.most == limit)
        #expect(occupancy.inside == 0)
    }

    @Test("A reservation is the function's maximum, and is kept free for it")
    func reserved() async throws {
        let host = FunctionHost(configuration: .init(concurrency: 5), system: .simulated)
        let reserved = try Self.work(on: host, "reserved", .init(timeout: .seconds(60), reservedConcurrency: 2))
        let other = try Self.work(on: host, "other")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await host.invoke(other, with: .seconds(5)) } }
            try await pass(.seconds(1))
            await Self.expectThrottled(host, other, .unreservedConcurrency, allowed: 3)
            for _ in 0..<2 { group.addTask { try await host.invoke(reserved, with: .seconds(5)) } }
            try await pass(.seconds(1))
            await Self.expectThrottled(host, reserved, .reservedConcurrency, allowed: 2)
            try await group.waitForAll()
        }
        try await host.invoke(other, with: .zero)
        try await host.invoke(reserved, with: .zero)
    }

    @Test(
        "A throttle says how many places there are, in good English",
        arguments: [
            (0, "the host has no place for functions without a reservation"),
            (1, "the one place that the host has for functions without a reservation is taken"),
            (2, "the 2 places that the host has for functions without a reservation are taken"),
        ])
    func wording(places: Int, text: String) async throws {
        let host = FunctionHost(configuration: .init(concurrency: places + 1), system: .simulated)
        _ = try Self.work(on: host, "reserved", .init(timeout: .seconds(60), reservedConcurrency: 1))
        let other = try Self.work(on: host, "other")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<places { group.addTask { try await host.invoke(other, with: .seconds(5)) } }
            try await pass(.seconds(1))
            await expectError(.throttled, of: "other", saying: text) { try await host.invoke(other, with: .zero) }
            try await group.waitForAll()
        }
    }

    @Test("A throttle names the limit as Lambda does, and says when to come back")
    func throttle() async throws {
        let events = EventRecorder()
        let host = FunctionHost(configuration: .init(concurrency: 1), observers: [events], system: .simulated)
        let work = try Self.work(on: host)
        for _ in 0..<30 { try await host.invoke(work, with: .seconds(2)) }
        async let running: Void = host.invoke(work, with: .seconds(2))
        try await pass(.seconds(1))
        let error = await expectError(.throttled, of: "work", saying: "try again in about") {
            try await host.invoke(work, with: .zero)
        }
        let throttle = try #require(error?.throttle)
        #expect(throttle.limit == .unreservedConcurrency)
        #expect(throttle.allowed == 1)
        #expect(throttle.reason == "ConcurrentInvocationLimitExceeded")
        let retryAfter = try #require(error?.retryAfter)
        #expect((.milliseconds(1_800)...(.seconds(2))).contains(retryAfter))
        #expect(events.throttles(of: "work") == 1)
        try await running
    }

    @Test(
        "A reservation of 0 switches the function off, also for those who would wait, and waiting is no advice",
        arguments: [
            SaturationPolicy.reject, .wait(atMost: .seconds(60)),
        ])
    func switchedOff(_ saturation: SaturationPolicy) async throws {
        let host = FunctionHost(system: .simulated)
        let off = try Self.work(
            on: host, "off", .init(timeout: nil, reservedConcurrency: 0, saturation: saturation))
        let took = try await timed {
            let error = await expectError(.throttled, of: "off", saying: "switched off: its reserved concurrency is 0")
            {
                try await host.invoke(off, with: .zero)
            }
            #expect(error?.retryAfter == nil)
            #expect(error?.throttle?.reason == "ReservedFunctionConcurrentInvocationLimitExceeded")
        }
        #expect(took == .zero)
    }

    @Test(
        "Failures, timeouts and cancellations give their permit back", arguments: ["throw", "sleep", "cancel", "init"])
    func permitsReturn(what: String) async throws {
        let host = FunctionHost(configuration: .init(concurrency: 1), system: .simulated)
        let isBroken = Notes<Bool>()
        let work = try host.register(
            "work", environment: { _ in if what == "init", isBroken.count == 0 { throw HandlerFailure() } }
        ) { (_: inout Void, fails: Bool, context) in
            if fails, what == "throw" { throw HandlerFailure() }
            if fails { try await context.sleep(for: .seconds(60)) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.invoke(work, with: true) }
            if what == "cancel" {
                try await pass(.seconds(1))
                group.cancelAll()
            }
            await #expect(throws: (any Error).self) { try await group.waitForAll() }
        }
        isBroken.add(false)
        try await host.invoke(work, with: false)
        #expect(try host.describe("work").concurrentExecutions == 0)
    }

    private static func expectThrottled(
        _ host: FunctionHost, _ function: Function<Duration, Void>, _ limit: Throttle.Limit, allowed: Int
    ) async {
        let error = await expectError(.throttled, of: function.name, saying: "\(allowed)") {
            try await host.invoke(function, with: .zero)
        }
        #expect(error?.throttle?.limit == limit)
        #expect(error?.throttle?.allowed == allowed)
    }
}
