// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Targets that do not take what they are sent.
@Suite("Deliveries that fail", .simulated(seeds: 0..<5)) struct BusDeliveryTests {
    private func put(_ rig: BusRig) async throws -> String { try await rig.bus.put([BusRig.entry])[0].get() }

    @Test("What a queue has no room for is kept, and sent when it has")
    func again() async throws {
        let rig = try BusRig()
        let (sink, other) = (TestSink(), TestSink("other"))
        sink.refuse(fullSink, HandlerFailure(), fullSink)
        try rig.route(RuleTarget("t", .queue(sink)), RuleTarget("u", .queue(other)))
        let id = try await put(rig)
        #expect(sink.bodies == [] && other.bodies.count == 1)
        try await rig.host.run { try await rig.host.drain() }
        #expect(sink.bodies.count == 1 && other.bodies.count == 1)
        #expect(sink.bodies[0].contains(id))
        #expect(rig.events.words == ["kept", "kept", "kept", "delivered 3"])
    }

    @Test("A dead letter has the event and AWS's attributes", arguments: [true, false])
    func deadLetter(isByAttempts: Bool) async throws {
        let rig = try BusRig()
        let sink = TestSink(refusing: { fullSink })
        let letters = TestSink("letters")
        letters.refuse(fullSink)
        let policy = DeliveryPolicy(
            maximumRetryAttempts: isByAttempts ? 2 : 185,
            maximumEventAge: isByAttempts ? .seconds(86_400) : .seconds(60),
            deadLetterQueue: letters)
        try rig.route(RuleTarget("t", .queue(sink), input: .path("$.detail"), delivery: policy))
        _ = try await put(rig)
        try await rig.host.run { try await rig.host.drain() }
        let letter = try #require(letters.entries.first)
        #expect(letters.entries.count == 1)
        #expect(letter.body.hasPrefix(#"{"version":"0""#))
        #expect(letter.attributes["RULE_ARN"] == .string("arn:aws:events:local:000000000000:rule/orders/all"))
        #expect(letter.attributes["TARGET_ARN"] == .string(sink.arn))
        #expect(letter.attributes["ERROR_CODE"] == .string("THROTTLING"))
        #expect(letter.attributes["ERROR_MESSAGE"] == .string("full: planted"))
        #expect(
            letter.attributes["EXHAUSTED_RETRY_CONDITION"]
                == .string(isByAttempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds"))
        guard case .number(let retries) = letter.attributes["RETRY_ATTEMPTS"] else { return #expect(Bool(false)) }
        #expect(!isByAttempts || retries == "2", "the letters' own refusal is no retry")
        #expect(rig.events.words.filter { $0.hasPrefix("dead") } == ["dead letter failed", "dead"])
    }

    @Test(
        "What will not pass goes to the dead letters at once",
        arguments: [
            (DeliveryTarget.function("nobody"), "NO_RESOURCE"),
            (.queue(TestSink(refusing: { refusingSink })), "INVALID_PARAMETER"),
        ])
    func permanent(target: DeliveryTarget, code: String) async throws {
        let rig = try BusRig()
        let letters = TestSink("letters")
        try rig.route(RuleTarget("t", target, delivery: .init(deadLetterQueue: letters)))
        _ = try await put(rig)
        #expect(letters.entries.map { $0.attributes["ERROR_CODE"] } == [.string(code)])
        #expect(letters.entries.map { $0.attributes["RETRY_ATTEMPTS"] } == [.number("0")])
        #expect(letters.entries.map { $0.attributes["EXHAUSTED_RETRY_CONDITION"] } == [nil])
    }

    @Test("Without a dead-letter queue it is a dead letter of the host, and can be sent again")
    func hostsLetter() async throws {
        let rig = try BusRig()
        let sink = TestSink()
        sink.refuse(refusingSink, refusingSink)
        try rig.route(RuleTarget("t", .queue(sink)))
        let id = try await put(rig)
        try await rig.host.run {
            try await rig.host.drain()
            let dead = try await rig.host.deadLetters.list()
            #expect(dead.count == 1)
            let payload = try rig.host.deadLetters.payload(of: try #require(dead.first))
            #expect(String(decoding: payload, as: UTF8.self).contains(id))
            try await rig.host.deadLetters.redrive()
            try await rig.host.drain()
        }
        #expect(sink.bodies.count == 1)
    }

    @Test("What was made of an event and is too large to be kept does not refuse the event: that is a dead letter")
    func tooLargeToKeep() async throws {
        let rig = try BusRig()
        let (sink, other) = (TestSink("full", refusing: { fullSink }), TestSink("other"))
        let input = TargetInput.template(String(repeating: "<v>", count: 20), paths: ["v": "$.detail.v"])
        try rig.route(RuleTarget("t", .queue(sink), input: input))
        try rig.route(RuleTarget("t", .queue(other)), named: "other")
        let detail = #"{"v":"\#(String(repeating: "x", count: 100_000))"}"#
        let id = try await rig.bus.put([EventEntry(source: "shop", detailType: "t", detail: detail)])[0].get()
        #expect(other.bodies.count == 1)
        try await rig.host.run {
            try await rig.host.drain()
            let dead = try await rig.host.deadLetters.list()
            #expect(dead.count == 1)
            let payload = try rig.host.deadLetters.payload(of: try #require(dead.first))
            #expect(String(decoding: payload, as: UTF8.self).contains(id))
        }
    }

    @Test("What is kept outlives the host, and waits for its target to be put again")
    func restart() async throws {
        let store = InMemoryStore()
        let sink = TestSink()
        sink.refuse(fullSink)
        let first = try BusRig(store: store)
        try first.route(RuleTarget("t", .queue(sink)))
        let id = try await put(first)
        let second = try BusRig(store: store)
        try await second.host.run {
            try await second.simulation.advance(by: .seconds(30))
            #expect(sink.bodies == [])
            try second.route(RuleTarget("t", .queue(sink)))
            try await second.host.drain()
        }
        #expect(sink.bodies.count == 1 && sink.bodies[0].contains(id))
    }

    @Test("What is kept for a target that never comes back is a dead letter of the host after a day")
    func orphan() async throws {
        let rig = try BusRig()
        let sink = TestSink(refusing: { fullSink })
        try rig.route(RuleTarget("t", .queue(sink)))
        _ = try await put(rig)
        try rig.bus.removeRule("all")
        try await rig.host.run {
            try await rig.simulation.advance(by: .seconds(86_000))
            #expect(try await rig.host.queueFigures().dead == 0)
            try await rig.simulation.advance(by: .seconds(500))
            #expect(try await rig.host.queueFigures().dead == 1)
        }
    }

    @Test("A target that does not answer is tried as often as it may be, and then given up")
    func hanging() async throws {
        let rig = try BusRig()
        let letters = TestSink("letters")
        let sink = Hanging(first: Countdown(1))
        try rig.route(
            RuleTarget("t", .sink(sink), delivery: .init(maximumRetryAttempts: 2, deadLetterQueue: letters)))
        _ = try await put(rig)
        try await rig.host.run { try await rig.host.drain() }
        #expect(sink.tries.count == 3)
        #expect(letters.entries.map { $0.attributes["ERROR_CODE"] } == [.string("TIMEOUT")])
        #expect(letters.entries.map { $0.attributes["RETRY_ATTEMPTS"] } == [.number("2")])
    }

    /// Fails the first time and never comes back later.
    private struct Hanging: DeliverySink {
        let arn = "arn:hanging"
        let first: Countdown
        let tries = Notes<Int>()

        func take(_ content: DeliveryContent) async throws {
            tries.add(1)
            if first.take() { throw fullSink }
            try await Simulation.current?.advance(by: .seconds(1_000_000))
        }
    }

    @Test("What the dead-letter queue will never take is a dead letter of the host")
    func refusedLetter() async throws {
        let rig = try BusRig()
        let letters = TestSink("letters", refusing: { refusingSink })
        let sink = TestSink(refusing: { refusingSink })
        try rig.route(RuleTarget("t", .queue(sink), delivery: .init(deadLetterQueue: letters)))
        _ = try await put(rig)
        try await rig.host.run { try await rig.host.drain() }
        #expect(try await rig.host.queueFigures().dead == 1)
    }

    @Test(
        "A stream's partition key comes from the event",
        arguments: [("$.detail.who", "me"), ("$.detail.n", "7"), ("$.detail.absent", nil)] as [(String, String?)])
    func partitionKey(path: String, key: String?) async throws {
        let rig = try BusRig()
        let stream = try InMemoryStream("s", system: .simulated(by: rig.simulation))
        try rig.route(RuleTarget("t", try .stream(stream, partitionKeyPath: path), input: .constant("1")))
        let entry = EventEntry(source: "shop", detailType: "t", detail: #"{"who":"me","n":7}"#)
        let id = try await rig.bus.put([entry])[0].get()
        let shard = try #require(try await stream.shards().first)
        let records = try await stream.read(shard.id, from: .oldest, limit: 10).records
        #expect(records.map(\.partitionKey) == [key ?? id])
        #expect(throws: SourceError.self) { try DeliveryTarget.stream(stream, partitionKeyPath: "x") }
    }
}
