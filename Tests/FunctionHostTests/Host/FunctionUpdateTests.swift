// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// What `update` changes in a live function, and from when on.
@Suite("Updates of live functions", .simulated(seeds: 0..<20)) struct FunctionUpdateTests {
    @Test("A new timeout is the next invocation's; one that runs keeps its own")
    func timeout() async throws {
        let host = FunctionHost(system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(10))) { (length: Duration, context) in
            try await context.sleep(for: length)
            return context.startedAt.duration(to: context.deadline)
        }
        async let running = host.invoke(nap, with: .seconds(5))
        try await pass(.seconds(1))
        try host.update("nap") { $0.timeout = .seconds(2) }
        #expect(try await running == .seconds(10))
        #expect(try await host.invoke(nap, with: .seconds(1)) == .seconds(2))
        await expectError(.timedOut, of: "nap", saying: "2.00 seconds") {
            try await host.invoke(nap, with: .seconds(5))
        }
    }

    @Test("A higher limit lets those who wait go on at once")
    func higherLimit() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register(
            "work",
            configuration: .init(
                timeout: .seconds(60), reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        ) { (_: Void, context) in
            try await context.sleep(for: .seconds(10))
        }
        let took = try await timed {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await host.invoke(work) } }
                try await pass(.seconds(1))
                #expect(try host.describe("work").concurrentExecutions == 1)
                try host.update("work") { $0.reservedConcurrency = 3 }
                try await pass(.seconds(1))
                #expect(try host.describe("work").concurrentExecutions == 3)
                try await group.waitForAll()
            }
        }
        #expect(took == .seconds(11))
    }

    @Test("A lower limit cuts nobody off, and takes nobody new until it is met")
    func lowerLimit() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register("work", configuration: .init(timeout: .seconds(60), reservedConcurrency: 3)) {
            (length: Duration, context) in try await context.sleep(for: length)
        }
        async let short: Void = host.invoke(work, with: .seconds(2))
        async let long: Void = host.invoke(work, with: .seconds(4))
        try await pass(.seconds(1))
        try host.update("work") { $0.reservedConcurrency = 1 }
        await expectError(.throttled, of: "work", saying: "reserved concurrency of 1") {
            try await host.invoke(work, with: .zero)
        }
        try await short
        await expectError(.throttled, of: "work", saying: "reserved concurrency of 1") {
            try await host.invoke(work, with: .zero)
        }
        try await long
        try await host.invoke(work, with: .zero)
    }

    @Test("A limit of 0 switches a function off, and nil on again")
    func switchedOff() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in "Hello" }
        try host.update("greet") { $0.reservedConcurrency = 0 }
        await expectError(.throttled, of: "greet", saying: "switched off") { try await host.invoke(greet) }
        try host.update("greet") { $0.reservedConcurrency = nil }
        #expect(try await host.invoke(greet) == "Hello")
    }

    @Test("New variables make new environments; an invocation that runs keeps the old ones")
    func variables() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let show = try host.register("show", environment: { $0.variables["STAGE"] ?? "none" }) {
            (made: inout String, length: Duration, context) in
            try await context.sleep(for: length)
            return "\(made) \(context.variables["STAGE"] ?? "none") \(context.isColdStart)"
        }
        #expect(try await host.invoke(show, with: .zero) == "none none true")
        async let running = host.invoke(show, with: .seconds(2))
        try await pass(.seconds(1))
        try host.update("show") { $0.variables = ["STAGE": "new"] }
        #expect(try await host.invoke(show, with: .zero) == "new new true")
        #expect(try await host.invoke(show, with: .zero) == "new new false")
        #expect(try await running == "none none false")
        #expect(events.environmentEnds(of: "show") == [.updated])
        #expect(try host.describe("show").environments == 1)
    }

    @Test("A new memory class is charged for from the next invocation on, in a new environment")
    func memory() async throws {
        let meter = Meter()
        let host = FunctionHost(observers: [meter], system: .simulated)
        let work = try host.register("work") { (_: Void, context) in
            try await context.sleep(for: .seconds(1))
            return (context.memorySize, context.environmentID)
        }
        let (before, first) = try await host.invoke(work)
        try host.update("work") { $0.memorySize = 1_024 }
        let (after, second) = try await host.invoke(work)
        #expect((before, after) == (128, 1_024))
        #expect(first != second)
        #expect(meter.bill().gigabyteSeconds == 1.125)
    }

    @Test("A shorter idle time holds for environments that are idle already")
    func idleTimeout() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in }
        try await host.invoke(greet)
        try host.update("greet") { $0.idleTimeout = .seconds(10) }
        try await pass(.seconds(11))
        #expect(try host.describe("greet").environments == 0)
    }

    @Test("However often the idle time changes, one timer waits for it, and it rings in time")
    func idleTimers() async throws {
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in }
        try await host.invoke(greet)
        // Beside it one look at what runs.
        #expect(host.deadlineCount == 2)
        for seconds in [290, 280, 500, 200, 400, 200, 100, 50, 60, 70] {
            try host.update("greet") { $0.idleTimeout = .seconds(seconds) }
            #expect(host.deadlineCount == 2)
        }
        try await pass(.seconds(69))
        #expect(try host.describe("greet").environments == 1)
        #expect(host.deadlineCount == 1)
        try await pass(.seconds(2))
        #expect(try host.describe("greet").environments == 0)
        #expect(host.deadlineCount == 0)
    }

    @Test("An update that is refused changes nothing")
    func refused() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let greet = try host.register("greet", configuration: .init(timeout: .seconds(7), reservedConcurrency: 5)) {
            (_: Void, context) in context.environmentID
        }
        let environment = try await host.invoke(greet)
        await expectError(.invalidConfiguration, of: "greet", saying: "memorySize is 1") {
            try host.update("greet") { configuration in
                configuration.timeout = .seconds(1)
                configuration.reservedConcurrency = 0
                configuration.variables = ["STAGE": "new"]
                configuration.memorySize = 1
            }
        }
        let description = try host.describe("greet")
        #expect(description.configuration.timeout == .seconds(7))
        #expect(description.configuration.reservedConcurrency == 5)
        #expect(description.configuration.variables.isEmpty)
        #expect(description.configuration.memorySize == 128)
        #expect(try await host.invoke(greet) == environment)
        #expect(!events.names.contains("updated greet"))
    }

    @Test("A change of placement is refused, and says what to do instead")
    func placement() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("greet") { (_: Void, _) in }
        await expectError(.invalidConfiguration, of: "greet", saying: "remove the function and register it anew") {
            try host.update("greet") { $0.placement = .bulkhead }
        }
    }

    @Test("An update gives the configuration as it is now, and observers hear of it")
    func result() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        try host.register("greet") { (_: Void, _) in }
        let configuration = try host.update("greet") { $0.summary = "Says hello." }
        #expect(configuration.summary == "Says hello.")
        #expect(configuration.timeout == .seconds(3))
        #expect(events.names == ["registered greet", "updated greet"])
    }

    @Test("A function that does not exist cannot be updated, described or removed")
    func notFound() async throws {
        let host = FunctionHost(system: .simulated)
        await expectError(.notFound, of: "nobody", saying: "no function") { try host.update("nobody") { _ in } }
        await expectError(.notFound, of: "nobody", saying: "no function") { try host.describe("nobody") }
        await expectError(.notFound, of: "nobody", saying: "no function") { try host.remove("nobody") }
    }

    @Test("Of two updates that overlap neither undoes the other")
    func overlapping() throws {
        let host = FunctionHost(system: .simulated)
        try host.register("work") { (_: Void, _) in }
        var isFirst = true
        try host.update("work") { configuration in
            if isFirst {
                isFirst = false
                #expect(throws: Never.self) { try host.update("work") { $0.memorySize = 256 } }
            }
            configuration.timeout = .seconds(7)
        }
        let now = try host.describe("work").configuration
        #expect(now.timeout == .seconds(7))
        #expect(now.memorySize == 256)
    }
}
