// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// What a bus answers to what is put on it.
@Suite("Putting events", .simulated(seeds: 0..<3)) struct PuttingEventsTests {
    private static let required = "is a required argument."

    @Test(
        "An entry that is none is told by code and message",
        arguments: [
            ("", "t", "{}", "InvalidArgument", "Parameter Source is not valid. Reason: Source \(required)"),
            ("s", "", "{}", "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType \(required)"),
            ("s", "t", "", "InvalidArgument", "Parameter Detail is not valid. Reason: Detail \(required)"),
            ("s", "t", "text", "MalformedDetail", "Detail is malformed."),
            ("s", "t", "[]", "MalformedDetail", "Detail is malformed."),
            ("s", "t", "{", "MalformedDetail", "Detail is malformed."),
            ("s", "t", #"{},"source":"x""#, "MalformedDetail", "Detail is malformed."),
            ("s", "t", "{}}", "MalformedDetail", "Detail is malformed."),
            ("aws.s3", "t", "{}", "NotAuthorizedForSource", "Not authorized for the source."),
        ])
    func refused(source: String, type: String, detail: String, code: String, message: String) async throws {
        let rig = try BusRig()
        let results = try await rig.bus.put([
            EventEntry(source: source, detailType: type, detail: detail), BusRig.entry,
        ])
        guard case .failure(let error) = results[0], case .success = results[1] else {
            return #expect(Bool(false), "one bad entry stops no other, and is told: \(results)")
        }
        #expect(error.code.description == code)
        #expect(error.message == message)
    }

    @Test("A detail may nest as deeply as an event, its envelope included", arguments: [(999, true), (1_000, false)])
    func depth(levels: Int, isAccepted: Bool) async throws {
        let rig = try BusRig()
        let detail = String(repeating: #"{"a":"#, count: levels - 1) + "{}" + String(repeating: "}", count: levels - 1)
        let result = try await rig.bus.put([EventEntry(source: "s", detailType: "t", detail: detail)])[0]
        #expect(((try? result.get()) != nil) == isAccepted)
    }

    @Test("1 to 10 entries are put at a time", arguments: [(0, false), (1, true), (10, true), (11, false)])
    func count(entries: Int, isAccepted: Bool) async throws {
        let rig = try BusRig()
        let entries = Array(repeating: BusRig.entry, count: entries)
        if isAccepted {
            #expect(try await rig.bus.put(entries).count == entries.count)
        } else {
            let error = await #expect(throws: EventBusError.self) { try await rig.bus.put(entries) }
            #expect(error?.code == .validation)
        }
    }

    @Test("All entries together have 256 KiB at most", arguments: [(0, true), (1, false)])
    func size(over: Int, isAccepted: Bool) async throws {
        let rig = try BusRig()
        var entry = BusRig.entry
        entry.time = Simulation.start
        entry.resources = ["ü"]
        #expect(entry.size == 14 + 4 + 12 + 13 + 2)
        let padding = 256 * 1_024 - entry.size - 10 + over
        let other = EventEntry(
            source: "s", detailType: "t", detail: #"{"":""# + String(repeating: "x", count: padding) + #""}"#)
        #expect(entry.size + other.size == 262_144 + over - 10 + 9)
        do {
            #expect(
                try await rig.bus.put([entry, other, EventEntry(source: "", detailType: "", detail: "x")]).count == 3)
            #expect(isAccepted)
        } catch let error as EventBusError {
            #expect(!isAccepted)
            #expect(error.reason == "Total size of the entries in the request is over the limit.")
        }
    }

    @Test("A target gets the envelope, field for field")
    func envelope() async throws {
        let rig = try BusRig { _ in
        } bus: {
            $0.region = "eu-west-1"
            $0.account = "111122223333"
        }
        try rig.route(RuleTarget("t", .function("work")))
        var entry = EventEntry(source: "shop", detailType: "Order \"Placed\"", detail: #"{ "id" : 7.0 }"#)
        entry.time = instant("2025-05-10T06:00:00.999Z")
        entry.resources = ["arn:a", "b\\"]
        let first = try await rig.bus.put([entry])[0].get()
        let second = try await rig.bus.put([EventEntry(source: "shop", detailType: "t", detail: "{}")])[0].get()
        try await rig.host.run { try await rig.host.drain() }
        #expect(InvocationID(first) != nil && first != second)
        #expect(
            Set(rig.given.all) == [
                #"{"version":"0","id":"\#(first)","detail-type":"Order \"Placed\"","source":"shop","account":"111122223333","#
                    + #""time":"2025-05-10T06:00:00Z","region":"eu-west-1","resources":["arn:a","b\\"],"detail":{ "id" : 7.0 }}"#,
                #"{"version":"0","id":"\#(second)","detail-type":"t","source":"shop","account":"111122223333","#
                    + #""time":"2026-01-01T00:00:00Z","region":"eu-west-1","resources":[],"detail":{}}"#,
            ])
    }

    private struct Order: Codable {
        let total: Int
    }

    @Test("A value is put as the detail, and what is no object is refused")
    func typed() async throws {
        let rig = try BusRig()
        let sink = TestSink()
        try rig.bus.putRule(
            "large", pattern: #"{"detail":{"total":[{"numeric":[">",100]}]}}"#, targets: [RuleTarget("t", .queue(sink))]
        )
        try await rig.bus.put(source: "shop", detailType: "t", detail: Order(total: 120))
        try await rig.bus.put(source: "shop", detailType: "t", detail: Order(total: 20))
        #expect(sink.bodies.count == 1 && sink.bodies[0].hasSuffix(#""detail":{"total":120}}"#))
        let error = await #expect(throws: EventEntryError.self) {
            try await rig.bus.put(source: "shop", detailType: "t", detail: [1])
        }
        #expect(error?.code == .malformedDetail)
    }

    @Test("A function decodes the event, and what it is told by")
    func decoded() async throws {
        let rig = try BusRig()
        let totals = Notes<String>()
        let review = try rig.host.register("review") { (event: BusEvent<Order>, _) in
            totals.add("\(event.source) \(event.detailType) \(event.detail.total) \(event.time) \(event.resources)")
            #expect(event.replayName == nil && event.region == "local")
        }
        try rig.route(RuleTarget("t", .function(review)))
        try await rig.bus.put(source: "shop", detailType: "Placed", detail: Order(total: 7), resources: ["arn:a"])
        try await rig.host.run { try await rig.host.drain() }
        #expect(totals.all == [#"shop Placed 7 2026-01-01T00:00:00Z ["arn:a"]"#])
    }

    @Test("An event that nobody wants is accepted and goes nowhere")
    func nobody() async throws {
        let rig = try BusRig()
        let results = try await rig.bus.put([BusRig.entry])
        #expect((try? results[0].get()) != nil)
        #expect(try await rig.host.queueFigures().ready == 0)
    }

    @Test("A queue without room refuses an entry, and says so")
    func full() async throws {
        let rig = try BusRig { $0.queueCapacity = 1 }
        try rig.route(RuleTarget("t", .function("work")))
        let results = try await rig.bus.put([BusRig.entry, BusRig.entry])
        guard case .failure(let error) = results[1] else { return #expect(Bool(false)) }
        #expect(error.code == .throttled)
        #expect(try await rig.host.queueFigures().ready == 1)
    }

    @Test("Names of buses", arguments: [("a.b-c_d/e", true), ("", false), ("a b", false), ("ü", false)])
    func names(name: String, isOne: Bool) throws {
        let host = FunctionHost(system: .simulated(by: try #require(Simulation.current)))
        #expect(((try? EventBus(name, on: host)) != nil) == isOne)
    }

    @Test("A host has one bus of a name")
    func unique() throws {
        let rig = try BusRig()
        let error = #expect(throws: FunctionHostError.self) { try EventBus("orders", on: rig.host) }
        #expect(error?.code == .alreadyRegistered)
    }
}
