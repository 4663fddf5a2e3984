// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Topics and those who subscribe to them.
@Suite("Topics", .simulated(seeds: 0..<5)) struct TopicTests {
    private struct Rig: Sendable {
        let simulation: Simulation
        let host: FunctionHost
        let topic: Topic
        let given = Notes<String>()
        let events = DeliveryEvents()

        init(_ name: String = "orders", capacity: Int = 1_000, _ configuration: Topic.Configuration = .init()) throws {
            simulation = try #require(Simulation.current)
            var limits = FunctionHost.Configuration()
            limits.queueCapacity = capacity
            host = FunctionHost(configuration: limits, observers: [events], system: .simulated(by: simulation))
            topic = try Topic(name, on: host, configuration: configuration)
            try host.register(raw: "work") { [given] bytes, _ in
                given.add(String(decoding: bytes, as: UTF8.self))
                return []
            }
        }
    }

    private static let arn = "arn:aws:sns:local:000000000000:orders"

    @Test("A function gets one record, field for field", arguments: [nil, "It \"happened\""])
    func function(subject: String?) async throws {
        let rig = try Rig()
        let subscription = try rig.topic.subscribe(.function("work"))
        let sent = try await rig.topic.publish(
            TopicMessage(
                #"{"id":7}"#, subject: subject,
                attributes: [
                    "kind": .string("new"), "n": .number("7"), "b": .binary([255]), "l": .stringArray("[1,\"a\"]"),
                ]))
        try await rig.host.run { try await rig.host.drain() }
        let quoted = subject == nil ? "null" : #""It \"happened\"""#
        #expect(
            rig.given.all == [
                #"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"\#(subscription.arn)","#
                    + #""Sns":{"Type":"Notification","MessageId":"\#(sent.id)","TopicArn":"\#(Self.arn)","Subject":\#(quoted),"#
                    + #""Message":"{\"id\":7}","Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"1","Signature":"-","#
                    + #""SigningCertUrl":"-","UnsubscribeUrl":"-","MessageAttributes":{"b":{"Type":"Binary","Value":"/w=="},"#
                    + #""kind":{"Type":"String","Value":"new"},"l":{"Type":"String.Array","Value":"[1,\"a\"]"},"#
                    + #""n":{"Type":"Number","Value":"7"}}}}]}"#
            ])
        #expect(subscription.arn.hasPrefix(Self.arn + ":") && InvocationID(sent.id) != nil)
    }

    @Test("A function decodes the notification")
    func decoded() async throws {
        let rig = try Rig()
        let messages = Notes<String>()
        let mail = try rig.host.register("mail") { (event: TopicEvent, _) in
            for record in event.records {
                let kind = record.notification.attributes?["kind"]
                messages.add("\(record.notification.message) \(kind?.type ?? "-") \(kind?.value ?? "-")")
                #expect(record.notification.topicARN == Self.arn && record.subscriptionARN.hasPrefix(Self.arn))
            }
        }
        try rig.topic.subscribe(.function(mail))
        try await rig.topic.publish(TopicMessage("hello", attributes: ["kind": .string("new")]))
        try await rig.host.run { try await rig.host.drain() }
        #expect(messages.all == ["hello String new"])
    }

    @Test("A queue gets a notification, or the message as it is")
    func queue() async throws {
        let rig = try Rig()
        let (wrapped, raw) = (TestSink("wrapped"), TestSink("raw"))
        try rig.topic.subscribe(.queue(wrapped))
        try rig.topic.subscribe(.queue(raw), options: .init(isRaw: true))
        let sent = try await rig.topic.publish(
            TopicMessage("hello", subject: "s", attributes: ["kind": .string("new")]))
        #expect(
            wrapped.bodies == [
                #"{"Type":"Notification","MessageId":"\#(sent.id)","TopicArn":"\#(Self.arn)","Subject":"s","Message":"hello","#
                    + #""Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"1","Signature":"-","SigningCertURL":"-","#
                    + #""UnsubscribeURL":"-","MessageAttributes":{"kind":{"Type":"String","Value":"new"}}}"#
            ])
        #expect(wrapped.entries[0].attributes == [:])
        #expect(raw.bodies == ["hello"] && raw.entries[0].attributes == ["kind": .string("new")])
    }

    @Test("A filter policy says which messages come, and may change", arguments: [true, false])
    func filter(isOfBody: Bool) async throws {
        let rig = try Rig()
        let (few, all) = (TestSink("few"), TestSink("all"))
        func options(_ policy: String) throws -> SubscriptionOptions {
            .init(
                filterPolicy: try FilterPolicy(policy, scope: isOfBody ? .messageBody : .messageAttributes), isRaw: true
            )
        }
        let subscription = try rig.topic.subscribe(.queue(few), options: try options(#"{"store":["north"]}"#))
        try rig.topic.subscribe(.queue(all))
        func publish(_ store: String) async throws {
            try await rig.topic.publish(TopicMessage(#"{"store":"\#(store)"}"#, attributes: ["store": .string(store)]))
        }
        try await publish("north")
        try await publish("south")
        try rig.topic.update(subscription, to: try options(#"{"store":["south"]}"#))
        try await publish("north")
        try await publish("south")
        try await rig.topic.publish(TopicMessage("neither JSON nor an attribute"))
        #expect(few.bodies == [#"{"store":"north"}"#, #"{"store":"south"}"#])
        #expect(all.bodies.count == 5)
    }

    @Test("An endpoint has one subscription, the same each time, until it ends")
    func subscriptions() async throws {
        let rig = try Rig()
        let sink = TestSink()
        let first = try rig.topic.subscribe(.queue(sink))
        let second = try rig.topic.subscribe(.queue(sink), options: .init(isRaw: true))
        #expect(first == second && rig.topic.subscriptions == [first])
        try await rig.topic.publish(TopicMessage("raw"))
        #expect(sink.bodies == ["raw"])
        let other = try Topic("orders", on: FunctionHost(system: .simulated(by: rig.simulation)))
        #expect(try other.subscribe(.queue(sink)) == first)
        try rig.topic.unsubscribe(first)
        try await rig.topic.publish(TopicMessage("nobody"))
        #expect(sink.bodies == ["raw"])
        for body in [{ try rig.topic.unsubscribe(first) }, { try rig.topic.update(first, to: .init()) }] {
            let error = #expect(throws: TopicError.self) { try body() }
            #expect(error?.code == .notFound)
        }
    }

    @Test("Subscriptions that cannot be are refused")
    func refusedSubscriptions() throws {
        var limits = Topic.Configuration()
        limits.subscriptionLimit = 1
        let rig = try Rig("orders", limits)
        func code(_ body: () throws -> Void) -> TopicError.Code? {
            do { try body() } catch { return (error as? TopicError)?.code }
            return nil
        }
        #expect(code { try rig.topic.subscribe(.function("work"), options: .init(isRaw: true)) } == .invalidParameter)
        #expect(code { try rig.topic.subscribe(.queue(TestSink("a.fifo", isFIFO: true))) } == .invalidParameter)
        let policy = DeliveryPolicy(maximumRetryAttempts: -1)
        #expect(
            code { try rig.topic.subscribe(.queue(TestSink()), options: .init(delivery: policy)) } == .invalidParameter)
        let subscription = try rig.topic.subscribe(.function("work"))
        #expect(code { try rig.topic.update(subscription, to: .init(isRaw: true)) } == .invalidParameter)
        #expect(code { try rig.topic.subscribe(.queue(TestSink())) } == .subscriptionLimitExceeded)
        let fifo = try Topic("x.fifo", on: rig.host)
        #expect(code { try fifo.subscribe(.queue(TestSink())) } == .invalidParameter)
        #expect(code { try fifo.subscribe(.function("work")) } == .invalidParameter)
    }

    @Test(
        "Messages that cannot be are refused",
        arguments: [
            (TopicMessage(""), "Empty message"),
            (TopicMessage("x", subject: ""), "Subject"),
            (TopicMessage("x", subject: "a\nb"), "Subject"),
            (TopicMessage("x", subject: String(repeating: "s", count: 101)), "Subject"),
            (TopicMessage("x", attributes: ["a b": .string("x")]), "“a b” is no name of an attribute"),
            (TopicMessage("x", attributes: ["a": .string("")]), "the attribute a is empty, or is no String"),
            (TopicMessage("x", attributes: ["a": .number("1x")]), "the attribute a is empty, or is no Number"),
            (TopicMessage("x", attributes: ["a": .binary([])]), "the attribute a is empty, or is no Binary"),
            (
                TopicMessage("x", attributes: ["a": .stringArray("{}")]),
                "the attribute a is empty, or is no String.Array"
            ),
            (TopicMessage("x", groupID: "g"), "only FIFO topics, named ….fifo, have groups and deduplication ids"),
            (TopicMessage(String(repeating: "x", count: 262_145)), "Message too long"),
            (
                TopicMessage(String(repeating: "x", count: 262_134), attributes: ["name": .string("v")]),
                "Message too long"
            ),
        ])
    func refused(message: TopicMessage, reason: String) async throws {
        let rig = try Rig()
        let error = await #expect(throws: TopicError.self) { try await rig.topic.publish(message) }
        #expect(error?.description == "InvalidParameter: Invalid parameter: \(reason)")
    }

    @Test("A message of 256 KiB is one, its attributes included")
    func largest() async throws {
        let message = TopicMessage(String(repeating: "x", count: 262_133), attributes: ["name": .string("v")])
        #expect(message.size == 262_144)
        try await Rig().topic.publish(message)
    }

    @Test("A batch is refused as a whole, or message by message")
    func batch() async throws {
        let rig = try Rig()
        let sink = TestSink()
        try rig.topic.subscribe(.queue(sink), options: .init(isRaw: true))
        let good = TopicMessage("x")
        let large = TopicMessage(String(repeating: "x", count: 150_000))
        for (batch, code) in [
            ([], .emptyBatchRequest),
            ((0...10).map { ("\($0)", good) }, .tooManyEntriesInBatchRequest),
            ([("a", good), ("a", good)], .batchEntryIDsNotDistinct),
            ([("a b", good)], .invalidBatchEntryID),
            ([("a", large), ("b", large)], .batchRequestTooLong),
        ] as [([(String, TopicMessage)], TopicError.Code)] {
            let error = await #expect(throws: TopicError.self) {
                try await rig.topic.publish(batch.map { (id: $0.0, message: $0.1) })
            }
            #expect(error?.code == code)
        }
        #expect(sink.bodies == [])
        let results = try await rig.topic.publish([
            (id: "a", message: good), (id: "b", message: TopicMessage("")), (id: "c", message: large),
        ])
        #expect(results.count == 3)
        #expect((try? results["a"]?.get()) != nil && (try? results["c"]?.get()) != nil)
        guard case .failure(let error) = results["b"] else { return #expect(Bool(false)) }
        #expect(error.code == .invalidParameter)
        #expect(sink.bodies.count == 2)
    }

    @Test("What a subscriber does not take is kept, and goes to its dead letters in the end")
    func redrive() async throws {
        let rig = try Rig()
        let (sink, other, letters) = (TestSink(refusing: { fullSink }), TestSink("other"), TestSink("letters"))
        try rig.topic.subscribe(
            .queue(sink), options: .init(delivery: .init(maximumRetryAttempts: 2, deadLetterQueue: letters)))
        other.refuse(fullSink)
        try rig.topic.subscribe(.queue(other), options: .init(isRaw: true))
        try await rig.topic.publish(TopicMessage("x", attributes: ["k": .binary([1])]))
        try await rig.host.run { try await rig.host.drain() }
        #expect(other.bodies == ["x"] && other.entries[0].attributes == ["k": .binary([1])])
        #expect(letters.bodies.count == 1 && letters.bodies[0].contains(#""Message":"x""#))
        #expect(letters.entries.first?.attributes["RETRY_ATTEMPTS"] == .number("2"))
        #expect(letters.entries.first?.attributes["RULE_ARN"] == nil)
    }

    @Test("A queue without room refuses a message, and says so")
    func full() async throws {
        let rig = try Rig(capacity: 1)
        try rig.topic.subscribe(.function("work"))
        try await rig.topic.publish(TopicMessage("x"))
        let error = await #expect(throws: TopicError.self) { try await rig.topic.publish(TopicMessage("y")) }
        #expect(error?.code == .throttled)
    }

    @Test("A FIFO topic keeps the order of each group, also where a queue has no room for a while")
    func fifo() async throws {
        let simulation = try #require(Simulation.current)
        let rig = try Rig("orders.fifo")
        let sink = TestSink("q.fifo", isFIFO: true, refusing: { simulation.chance(0.3) ? fullSink : nil })
        try rig.topic.subscribe(.queue(sink), options: .init(isRaw: true))
        let unordered = await #expect(throws: TopicError.self) { try await rig.topic.publish(TopicMessage("x")) }
        #expect(unordered?.code == .invalidParameter)
        let undeduplicated = await #expect(throws: TopicError.self) {
            try await rig.topic.publish(TopicMessage("x", groupID: "g"))
        }
        #expect(undeduplicated?.code == .invalidParameter)
        var numbers: [String] = []
        for number in 0..<10 {
            let message = TopicMessage("\(number)", groupID: "g\(number % 2)", deduplicationID: "d\(number)")
            numbers.append(try #require(try await rig.topic.publish(message).sequenceNumber))
        }
        try await rig.host.run { try await rig.host.drain() }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 10)
        for group in ["g0", "g1"] {
            let bodies = sink.entries.filter { $0.groupID == group }.map(\.body)
            #expect(bodies == bodies.sorted() && bodies.count == 5)
        }
        #expect(sink.entries.allSatisfy { $0.deduplicationID == "d\($0.body)" })
    }

    @Test("A topic that deduplicates by content gives queues its digest")
    func byContent() async throws {
        var configuration = Topic.Configuration()
        configuration.deduplicatesByContent = true
        let rig = try Rig("orders.fifo", configuration)
        let queue = try InMemoryQueue("q.fifo", system: .simulated(by: rig.simulation))
        try rig.topic.subscribe(.queue(queue), options: .init(isRaw: true))
        for body in ["a", "b", "a"] { try await rig.topic.publish(TopicMessage(body, groupID: "g")) }
        try await rig.host.run { try await rig.host.drain() }
        #expect(queue.figures.visible == 2)
    }

    @Test("A topic that is deleted sends nothing, and lets another have its name")
    func deleted() async throws {
        let rig = try Rig()
        let sink = TestSink()
        try rig.topic.subscribe(.queue(sink))
        rig.topic.delete()
        try await rig.topic.publish(TopicMessage("x"))
        #expect(sink.bodies == [] && rig.topic.subscriptions == [])
        let other = try Topic("orders", on: rig.host)
        try other.subscribe(.queue(sink))
        try await other.publish(TopicMessage("x"))
        #expect(sink.bodies.count == 1)
    }

    @Test("A bus sends to a topic")
    func busTarget() async throws {
        let rig = try Rig()
        let sink = TestSink()
        try rig.topic.subscribe(.queue(sink), options: .init(isRaw: true))
        let bus = try EventBus("b", on: rig.host)
        try bus.putRule(
            "all", pattern: #"{"source":["s"]}"#, targets: [RuleTarget("t", .sink(rig.topic), input: .path("$.detail"))]
        )
        _ = try await bus.put([EventEntry(source: "s", detailType: "t", detail: #"{"a":1}"#)])[0].get()
        #expect(sink.bodies == [#"{"a":1}"#])
    }

    @Test(
        "Names of topics",
        arguments: [("a-b_c", true), ("a.fifo", true), ("", false), (".fifo", false), ("a.b", false)])
    func names(name: String, isOne: Bool) throws {
        let host = FunctionHost(system: .simulated(by: try #require(Simulation.current)))
        #expect(((try? Topic(name, on: host)) != nil) == isOne)
    }
}
