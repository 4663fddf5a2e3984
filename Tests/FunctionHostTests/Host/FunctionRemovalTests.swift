// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// What becomes of invocations, environments and references when a function is removed; and the list of functions.
@Suite("Removal and listing", .simulated(seeds: 0..<20)) struct FunctionRemovalTests {
    @Test("What runs goes on to its end, who waits and who comes later gets notFound")
    func removal() async throws {
        let host = FunctionHost(system: .simulated)
        let work = try host.register(
            "work",
            configuration: .init(timeout: nil, reservedConcurrency: 1, saturation: .wait(atMost: .seconds(60)))
        ) { (_: Void, context) in
            try await context.sleep(for: .seconds(10))
            return "done"
        }
        async let running = host.invoke(work)
        try await pass(.seconds(1))
        async let waiting = expectError(.notFound, of: "work", saying: "no function") { try await host.invoke(work) }
        try await pass(.seconds(1))
        try host.remove("work")
        let removedAt = Simulation.current?.now
        _ = await waiting
        #expect(Simulation.current?.now == removedAt)
        await expectError(.notFound, of: "work", saying: "no function") { try await host.invoke(work) }
        await expectError(.notFound, of: "work", saying: "no function") {
            try await host.invoke(named: "work", payload: [])
        }
        await expectError(.notFound, of: "work", saying: "no function") { try host.dryRun(work) }
        #expect(try await running == "done")
    }

    @Test("A stream that runs goes on to its end too")
    func stream() async throws {
        let host = FunctionHost(system: .simulated)
        let count = try host.register("count" as StreamingFunction<Int, Int>) { limit, numbers, context in
            for number in 0..<limit {
                try await context.sleep(for: .milliseconds(500))
                try await numbers.write(number)
            }
        }
        let numbers = try await host.stream(count, with: 4) { stream in
            var numbers: [Int] = []
            for try await number in stream {
                if number == 0 { try host.remove("count") }
                numbers.append(number)
            }
            return numbers
        }
        #expect(numbers == [0, 1, 2, 3])
        await expectError(.notFound, of: "count", saying: "no function") {
            try await host.stream(count, with: 1) { _ in }
        }
    }

    @Test("The name can be registered anew, even while the old function runs, and old references mean the new one")
    func again() async throws {
        let host = FunctionHost(system: .simulated)
        let old = try host.register("work") { (_: Void, context) in
            try await context.sleep(for: .seconds(2))
            return "old"
        }
        async let running = host.invoke(old)
        try await pass(.seconds(1))
        try host.remove("work")
        try host.register("work", configuration: .init(timeout: nil)) { (_: Void, _) in "new" }
        #expect(try await host.invoke(old) == "new")
        #expect(try await running == "old")
        #expect(try await host.invoke(old) == "new")
        #expect(host.listFunctions().map(\.concurrentExecutions) == [0])
    }

    @Test("An old reference whose name has other types now is a mismatch")
    func otherTypes() async throws {
        let host = FunctionHost(system: .simulated)
        let old = try host.register("work") { (_: Void, _) in "text" }
        try host.remove("work")
        try host.register("work") { (_: Void, _) in 1 }
        await expectError(.typeMismatch, of: "work", saying: "(Void) -> Int") { try await host.invoke(old) }
    }

    @Test("A reservation is free for others once its function is removed, except for what still runs")
    func reservation() async throws {
        let host = FunctionHost(configuration: .init(concurrency: 2), system: .simulated)
        let most = Occupancy()
        let body: @Sendable (Duration, InvocationContext) async throws -> Void = { length, context in
            most.enter()
            defer { most.leave() }
            try await context.sleep(for: length)
        }
        let reserved = try host.register(
            "reserved", configuration: .init(timeout: nil, reservedConcurrency: 2), handler: body)
        let other = try host.register("other", handler: body)
        await expectError(.throttled, of: "other", saying: "the host has no place") {
            try await host.invoke(other, with: .zero)
        }
        async let running: Void = host.invoke(reserved, with: .seconds(2))
        try await pass(.seconds(1))
        try host.remove("reserved")
        async let first: Void = host.invoke(other, with: .seconds(2))
        try await pass(.milliseconds(500))
        await expectError(.throttled, of: "other", saying: "the 2 places") { try await host.invoke(other, with: .zero) }
        try await running
        try await host.invoke(other, with: .zero)
        try await first
        #expect(most.most == 2)
    }

    @Test("The idle environments of a removed function end")
    func environments() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let greet = try host.register("greet") { (_: Void, _) in }
        try await host.invoke(greet)
        try host.remove("greet")
        #expect(events.names.suffix(2) == ["environment ended: removed", "removed greet"])
    }

    @Test("Functions are listed by name, with their types and what they are doing")
    func list() async throws {
        let host = FunctionHost(system: .simulated)
        try host.register("b-void") { (_: Void, _) in }
        try host.register("a-stream" as StreamingFunction<String, Int>) { _, _, _ in }
        let nap = try host.register("c-nap", configuration: .init(timeout: .seconds(9), memorySize: 512)) {
            (length: Duration, context) in
            try await context.sleep(for: length)
            return { @Sendable in }
        }
        async let first = host.invoke(nap, with: .seconds(1))
        async let second = host.invoke(nap, with: .seconds(3))
        try await pass(.seconds(2))
        let functions = host.listFunctions()
        #expect(functions.map(\.name) == ["a-stream", "b-void", "c-nap"])
        #expect(functions.map(\.inputType) == ["String", "()", "Duration"])
        #expect(functions.map(\.outputType) == ["Int", "()", "@Sendable () -> ()"])
        #expect(functions.map(\.isStreaming) == [true, false, false])
        #expect(functions.map(\.takesBytes) == [true, true, false])
        #expect(functions.map(\.concurrentExecutions) == [0, 0, 1])
        #expect(functions.map(\.environments) == [0, 0, 2])
        #expect(functions.map(\.idleEnvironments) == [0, 0, 1])
        #expect(functions[2].configuration.memorySize == 512)
        #expect(functions[2].version == .latest)
        _ = try await (first, second)
        #expect(try host.describe("c-nap").idleEnvironments == 2)
    }
}
