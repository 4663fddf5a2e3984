// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// The code of the article *Routing events*.
@Suite(.simulated(seeds: 0..<5)) struct RoutingEventsArticle {
    private struct Order: Codable {
        let id: Int
        let total: Int
    }

    private let order = Order(id: 7, total: 120)
    private let given = Notes<String>()

    private func makeHost() throws -> FunctionHost {
        let host = FunctionHost(system: .simulated)
        for name in ["review", "mail"] {
            try host.register(raw: Function(name)) { bytes, _ in
                given.add(String(decoding: bytes, as: UTF8.self))
                return []
            }
        }
        return host
    }

    @Test func rule() async throws {
        let host = try makeHost()
        let bus = try EventBus("orders", on: host)
        try bus.putRule(
            "large", pattern: #"{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}"#,
            targets: [RuleTarget("review", .function("review"))])
        let id = try await bus.put(source: "shop", detailType: "Order Placed", detail: order)
        try await host.run { try await host.drain() }
        #expect(given.count == 1 && given.all[0].contains(id))
    }

    @Test func entries() async throws {
        let bus = try EventBus("orders", on: makeHost())
        let refused = Notes<EventEntry>()
        let entries = [
            EventEntry(source: "shop", detailType: "Order Placed", detail: #"{"id": 7}"#),
            EventEntry(source: "shop", detailType: "Order Placed", detail: "7"),
        ]
        for (entry, result) in zip(entries, try await bus.put(entries)) {
            if case .failure = result { refused.add(entry) }
        }
        #expect(refused.all == [entries[1]])
    }

    @Test func input() async throws {
        let host = try makeHost()
        let bus = try EventBus("orders", on: host)
        let template = #"{"subject": "Order <id>", "order": <order>}"#
        let mail = RuleTarget(
            "mail", .function("mail"),
            input: .template(template, paths: ["id": "$.detail.id", "order": "$.detail"]))
        try bus.putRule("all", pattern: #"{"source": ["shop"]}"#, targets: [mail])
        try await bus.put(source: "shop", detailType: "Order Placed", detail: ["id": 7])
        try await host.run { try await host.drain() }
        #expect(given.all == [#"{"subject": "Order 7", "order": {"id":7}}"#])
    }

    @Test func deadLetters() async throws {
        let host = try makeHost()
        let bus = try EventBus("orders", on: host)
        let system = HostSystem.simulated
        let jobs = try InMemoryQueue("jobs", system: system)
        let letters = try InMemoryQueue("letters", system: system)
        let policy = DeliveryPolicy(
            maximumRetryAttempts: 10, maximumEventAge: .seconds(3_600), deadLetterQueue: letters)
        let target = RuleTarget("jobs", .queue(jobs), delivery: policy)
        try bus.putRule("all", pattern: #"{"source": ["shop"]}"#, targets: [target])
        try await bus.put(source: "shop", detailType: "Order Placed", detail: order)
        #expect(jobs.figures.visible == 1)
    }

    @Test func replay() async throws {
        let host = try makeHost()
        let bus = try EventBus("orders", on: host)
        let yesterday = Simulation.start
        let events = try InMemoryStream("events", system: .simulated)
        try bus.createArchive("all", in: events)
        try bus.createArchive("week", configuration: ArchiveConfiguration(retentionDays: 7))
        try await bus.put(source: "shop", detailType: "Order Placed", detail: order)
        try bus.putRule(
            "large", pattern: #"{"source": ["shop"]}"#, targets: [RuleTarget("review", .function("review"))])
        let today = Simulation.start.advanced(by: .seconds(1))
        try bus.startReplay(ReplayRequest("again", of: "week", from: yesterday, to: today, rules: ["large"]))
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(1)) }
        #expect(given.count == 1 && given.all[0].contains(#""replay-name":"again""#))
    }

    @Test func topic() async throws {
        let host = try makeHost()
        let jobs = try InMemoryQueue("jobs", system: .simulated)
        let topic = try Topic("orders", on: host)
        try topic.subscribe(.function("mail"))
        let north = try FilterPolicy(#"{"store": ["north"]}"#)
        let subscription = try topic.subscribe(.queue(jobs), options: .init(filterPolicy: north, isRaw: true))
        try await topic.publish(TopicMessage("7 was ordered", attributes: ["store": .string("north")]))
        let south = try FilterPolicy(#"{"store": ["south"]}"#)
        try topic.update(subscription, to: .init(filterPolicy: south, isRaw: true))
        try await topic.publish(TopicMessage("8 was ordered", attributes: ["store": .string("north")]))
        try await host.run { try await host.drain() }
        #expect(jobs.figures.visible == 1 && given.count == 2)
    }
}
