// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// The code of the article *Following a table*.
@Suite(.simulated(seeds: 0..<5)) struct FollowingATableArticle {
    private let stored = Notes<AttributeMap?>()

    private func store(_ item: AttributeMap?) { stored.add(item) }

    @Test func following() async throws {
        let host = FunctionHost(system: .simulated)
        let carts = try InMemoryTable("carts", partitionKey: .string("id"), changes: .newAndOldImages)
        let archive = try host.register("archive") { (changes: [TableChange], _) in
            for change in changes where change.kind == .remove { store(change.oldImage) }
        }
        try host.map(carts.changes, to: archive, configuration: .init(startingPosition: .oldest))
        try await host.run {
            try carts.put(["id": "c1"])
            try carts.delete(["id": "c1"])
            try await #require(Simulation.current).advance(by: .seconds(1))
        }
        #expect(stored.all == [["id": "c1"]])
    }

    @Test func writing() throws {
        let carts = try InMemoryTable("carts", partitionKey: .string("id"), changes: .newAndOldImages)
        try carts.put(["id": "c1", "total": 12, "lines": ["tea"]], if: .notExists("id"))
        try carts.update(
            ["id": "c1"], [.add("total", 5), .set("lines", .append(.path("lines"), .value(["cup"])))],
            if: .compare("total", .less, 100))
        let isSmall = try TableCondition("#total < :limit", names: ["#total": "total"], values: [":limit": 10])
        do {
            try carts.delete(["id": "c1"], if: isSmall)
        } catch let error where error.code == .conditionFailed {
            store(error.item)
        }
        #expect(stored.all == [["id": "c1", "total": 17, "lines": ["tea", "cup"]]])
        try carts.transact([
            .update(["id": "c1"], [.add("total", -5)], if: .compare("total", .atLeast, 5)),
            .update(["id": "c2"], [.add("total", 5)]),
        ])
        #expect(try carts.get(["id": "c2"]) == ["id": "c2", "total": 5])
    }

    @Test func reading() throws {
        let orders = try InMemoryTable("orders", partitionKey: .string("customer"), sortKey: .number("day"))
        try orders.put(["customer": "ann", "day": 20_260_101])
        let page = try orders.query("ann", sortKey: .atLeast(20_260_000), isDescending: true, limit: 10)
        #expect(page.items.count == 1)
    }

    @Test func filtering() async throws {
        let carts = try InMemoryTable("carts", partitionKey: .string("id"), changes: .newAndOldImages)
        let filter = try FilterCriteria([#"{"eventName": ["REMOVE"]}"#], of: .dynamoDB).filter(of: carts.changes)
        try carts.put(["id": "c1"])
        try carts.delete(["id": "c1"])
        let changes = try carts.changes
        let records = try await changes.read(try await changes.shards()[0].id, from: .oldest, limit: 10).records
        #expect(records.map(filter) == [false, true])
    }

    @Test func expiring() async throws {
        let host = FunctionHost(system: .simulated)
        var configuration = InMemoryTable.Configuration()
        configuration.timeToLive = "end"
        let sessions = try InMemoryTable(
            "sessions", partitionKey: .string("id"), configuration: configuration, system: .simulated)
        try sessions.put(["id": "s1", "end": .number(TableNumber(Simulation.start.nanoseconds / 1_000_000_000))])
        try host.attach(TableExpiry(of: sessions, every: .seconds(60)))
        try await host.run { try await #require(Simulation.current).advance(by: .seconds(1)) }
        #expect(sessions.figures.items == 0)
    }
}
