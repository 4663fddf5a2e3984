// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Rules that come, change and go while events come.
@Suite("Rules of a bus", .simulated(seeds: 0..<3)) struct RuleTests {
    private func put(_ rig: BusRig) async throws { _ = try await rig.bus.put([BusRig.entry])[0].get() }

    @Test("Each rule that matches sends to each of its targets, once")
    func matching() async throws {
        let rig = try BusRig()
        let sinks = (0..<4).map { TestSink("s\($0)") }
        try rig.route(RuleTarget("a", .queue(sinks[0])), RuleTarget("b", .queue(sinks[1])))
        try rig.route(RuleTarget("a", .queue(sinks[2])), named: "other")
        try rig.bus.putRule("no", pattern: #"{"source":["bank"]}"#, targets: [RuleTarget("a", .queue(sinks[3]))])
        try await put(rig)
        #expect(sinks.map(\.bodies.count) == [1, 1, 1, 0])
    }

    @Test("A rule is disabled, enabled, changed and removed, and listed")
    func life() async throws {
        let rig = try BusRig()
        let (first, second) = (TestSink("a"), TestSink("b"))
        try rig.route(RuleTarget("t", .queue(first)))
        try rig.bus.disableRule("all")
        try await put(rig)
        #expect(first.bodies.count == 0)
        #expect(rig.bus.rules.map(\.isEnabled) == [false])
        try rig.bus.enableRule("all")
        try await put(rig)
        try rig.bus.updateRule("all") { $0.targets = [RuleTarget("t", .queue(second))] }
        try await put(rig)
        try rig.bus.removeRule("all")
        try await put(rig)
        #expect(first.bodies.count == 1 && second.bodies.count == 1)
        #expect(rig.bus.rules.count == 0)
        for body in [{ try rig.bus.removeRule("all") }, { try rig.bus.enableRule("all") }] {
            let error = #expect(throws: EventBusError.self) { try body() }
            #expect(error?.description == "ResourceNotFoundException: Rule all does not exist on EventBus orders.")
        }
    }

    @Test("Rules that are none are refused, and the old one stays")
    func refused() async throws {
        let rig = try BusRig(bus: { ($0.ruleLimit, $0.targetLimit) = (2, 1) })
        let sink = TestSink()
        let target = RuleTarget("t", .queue(sink))
        try rig.route(target)
        func code(_ body: () throws -> Void) -> EventBusError.Code? {
            do { try body() } catch { return (error as? EventBusError)?.code }
            return nil
        }
        #expect(code { try rig.bus.putRule("x", pattern: "{", targets: []) } == .invalidEventPattern)
        #expect(code { try rig.route(target, named: "a b") } == .validation)
        #expect(code { try rig.route(RuleTarget("a/b", .queue(sink))) } == .validation)
        #expect(code { try rig.route(target, RuleTarget("u", .queue(sink))) } == .limitExceeded)
        #expect(
            code { try rig.bus.updateRule("all") { $0.summary = String(repeating: "x", count: 513) } } == .validation)
        let retries = DeliveryPolicy(maximumRetryAttempts: 186)
        #expect(code { try rig.route(RuleTarget("t", .queue(sink), delivery: retries)) } == .validation)
        let letters = DeliveryPolicy(deadLetterQueue: TestSink("x.fifo", isFIFO: true))
        #expect(code { try rig.route(RuleTarget("t", .queue(sink), delivery: letters)) } == .validation)
        try rig.route(target, named: "second")
        #expect(code { try rig.route(target, named: "third") } == .limitExceeded)
        try await put(rig)
        #expect(sink.bodies.count == 2)
        let wide = try BusRig()
        #expect(code { try wide.route(target, RuleTarget("t", .queue(sink))) } == .validation)
    }

    @Test("A bus that is deleted sends nothing, and lets another have its name")
    func deleted() async throws {
        let rig = try BusRig()
        let sink = TestSink()
        try rig.bus.createArchive("a")
        try rig.route(RuleTarget("t", .queue(sink)))
        rig.bus.delete()
        try await put(rig)
        #expect(sink.bodies == [] && rig.bus.rules.isEmpty)
        let other = try EventBus("orders", on: rig.host)
        try other.putRule("all", pattern: #"{"source":["shop"]}"#, targets: [RuleTarget("t", .queue(sink))])
        _ = try await other.put([BusRig.entry])[0].get()
        #expect(sink.bodies.count == 1)
        try await rig.host.run { try await rig.host.drain() }
    }

    @Test("Functions, FIFO queues and streams are targets")
    func targets() async throws {
        let rig = try BusRig()
        let fifo = TestSink("q.fifo", isFIFO: true)
        let stream = try InMemoryStream("s", system: .simulated(by: rig.simulation))
        try rig.route(
            RuleTarget("f", .function("work")), RuleTarget("q", .queue(fifo, groupID: "g")),
            RuleTarget("s", .stream(stream), input: .path("$.detail")))
        let id = try await rig.bus.put([BusRig.entry])[0].get()
        try await rig.host.run { try await rig.host.drain() }
        #expect(rig.given.count == 1)
        #expect(fifo.entries.map(\.groupID) == ["g"] && fifo.entries.map(\.deduplicationID) == [id])
        let shard = try #require(try await stream.shards().first)
        let page = try await stream.read(shard.id, from: .oldest, limit: 10)
        #expect(page.records.map { String(decoding: $0.data, as: UTF8.self) } == [#"{"total":120}"#])
        #expect(page.records.map(\.partitionKey) == [id])
    }

    @Test("A function that puts what it is given is cut off, and the host goes on")
    func loop() async throws {
        let rig = try BusRig()
        let letters = TestSink("letters")
        try rig.host.register(raw: "echo") { _, _ in
            try await rig.bus.put([BusRig.entry])
            return []
        }
        try rig.route(RuleTarget("t", .function("echo"), delivery: .init(deadLetterQueue: letters)))
        try await put(rig)
        try await rig.host.run { try await rig.host.drain() }
        #expect(letters.entries.count == 1)
        #expect(letters.entries.first?.attributes["ERROR_CODE"] == .string("INVALID_PARAMETER"))
    }
}

/// Rules that change in any order.
@Suite struct RuleChangeTests {
    @Test("A rule that is removed while events come loses no other's", .simulated(seeds: 0..<40))
    func changing() async throws {
        let rig = try BusRig()
        let (steady, other) = (TestSink("a"), TestSink("b"))
        try rig.route(RuleTarget("t", .queue(steady)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<20 { _ = try await rig.bus.put([BusRig.entry])[0].get() } }
            for name in ["x", "y"] {
                group.addTask {
                    for _ in 0..<5 {
                        try rig.route(RuleTarget("t", .queue(other)), named: name)
                        try await rig.simulation.advance(by: .milliseconds(1))
                        try rig.bus.removeRule(name)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(steady.bodies.count == 20)
        #expect(rig.bus.rules.map(\.name) == ["all"])
    }
}
