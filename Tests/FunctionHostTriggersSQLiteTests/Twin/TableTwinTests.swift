// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// A table in a file does what one in memory does, whatever is done, and whichever process does it.
@Suite struct TableTwinTests {
    let directory = TemporaryDirectory()

    @Test(
        "Every answer is that of a table in memory, over reopening and from two stores on one file",
        arguments: 0..<16 as Range<UInt64>)
    func twins(seed: UInt64) async throws {
        var twins = try await TableTwins(seed: seed, path: directory.file())
        for step in 0..<400 { try await twins.step("seed \(seed), step \(step)") }
        #expect(try await twins.store.integrityCheck() == [])
    }
}

/// Two tables of which one is in memory, and what is done with both.
private struct TableTwins {
    var store: SQLiteStore
    private var others: [SQLiteStore] = []
    private var table: SQLiteTable
    private let model: InMemoryTable
    private let clock = HandMovedClock()
    private let path: String
    private let configuration: SQLiteTable.Configuration
    private let sortKey: TableKeyAttribute?
    private let view: TableChangeView?
    private var values: TableValues
    private var positions: [StreamPosition] = [.oldest, .latest, .at(HandMovedClock.start)]

    init(seed: UInt64, path: String) async throws {
        values = TableValues(seed: seed)
        self.path = path
        var configuration = SQLiteTable.Configuration()
        configuration.itemLimit = 40
        configuration.byteLimit = 2_500
        configuration.timeToLive = "ttl"
        configuration.shardCount = Int(seed % 3) + 1
        configuration.changeRetention = .seconds(60)
        configuration.changeLimit = 100
        configuration.changeByteLimit = 30_000
        if seed % 2 == 0 { configuration.changeOverflow = .dropOldest }
        self.configuration = configuration
        sortKey = [.number("at"), .string("at"), .binary("at"), nil][Int(seed % 4)]
        view = [.newAndOldImages, .newAndOldImages, .oldImage, .keysOnly, .newImage, nil][Int(seed % 6)]
        model = try InMemoryTable(
            "carts", partitionKey: .string("id"), sortKey: sortKey, changes: view, configuration: configuration,
            system: clock.system())
        store = try SQLiteStore(path: path, configuration: .patient)
        table = try await Self.opened(store, sortKey, view, configuration, clock)
    }

    private static func opened(
        _ store: SQLiteStore, _ sortKey: TableKeyAttribute?, _ view: TableChangeView?,
        _ configuration: SQLiteTable.Configuration, _ clock: HandMovedClock
    ) async throws -> SQLiteTable {
        try await SQLiteTable(
            "carts", partitionKey: .string("id"), sortKey: sortKey, changes: view, configuration: configuration,
            in: store, system: clock.system())
    }

    mutating func step(_ place: Comment) async throws {
        switch values.below(24) {
        case 0: clock.advance(by: .milliseconds(values.below(20_000)))
        case 1: try await reopen()
        case 2..<5: try await read(place)
        case 5..<8: try await query(place)
        case 8: try await scan(place)
        case 9..<12: try await transact(place)
        case 12:
            let (mine, expected) = (
                await told { try await table.removeExpired() }, await told { try model.removeExpired() }
            )
            try #require(mine == expected, place)
        case 13:
            try #require(try await table.figures == model.figures, place)
            let key = key()
            let mine = await told { try await table.get(key) }
            try #require(mine == (await told { try model.get(key) }), place)
        default:
            let (mine, expected): (Told<TableWrite>, Told<TableWrite>)
            let (key, condition) = (key(), values.condition())
            switch values.below(6) {
            case 0:
                mine = await told { try await table.delete(key, if: condition) }
                expected = await told { try model.delete(key, if: condition) }
            case 1, 2:
                let updates = values.updates()
                mine = await told { try await table.update(key, updates, if: condition) }
                expected = await told { try model.update(key, updates, if: condition) }
            default:
                let item = values.item(key)
                mine = await told { try await table.put(item, if: condition) }
                expected = await told { try model.put(item, if: condition) }
            }
            try #require(mine == expected, place)
        }
        clock.advance(by: .nanoseconds(values.below(1_000_000)))
    }

    private mutating func key() -> AttributeMap {
        var key: AttributeMap = ["id": .string(values.one(of: ["a", "b", "c"]))]
        if let sortKey { key["at"] = values.key(sortKey.kind) }
        if sortKey == nil { key["id"] = values.key(.string) }
        if values.chance(2) { key["id"] = "" }
        return key
    }

    private mutating func reopen() async throws {
        if values.chance(50) {
            await store.close()
        } else {
            others.append(store)
        }
        store = others.count > 2 ? others.removeFirst() : try SQLiteStore(path: path, configuration: .patient)
        table = try await Self.opened(store, sortKey, values.chance(50) ? view : nil, configuration, clock)
    }

    private mutating func transact(_ place: Comment) async throws {
        let operations = (0..<values.below(5)).map { _ -> TableOperation in
            let key = key()
            switch values.below(5) {
            case 0: return .delete(key, if: values.condition())
            case 1: return .check(key, values.condition() ?? .exists("id"))
            case 2: return .update(key, values.updates(), if: values.condition())
            default: return .put(values.item(key), if: values.condition())
            }
        }
        let mine = await told { try await table.transact(operations) }
        try #require(mine == (await told { try model.transact(operations) }), place)
    }

    private mutating func query(_ place: Comment) async throws {
        let partition = key()["id"] ?? ""
        let range = values.range(values.chance(95) ? sortKey?.kind ?? .string : .number)
        let (isDescending, limit) = (values.chance(50), values.one(of: [nil, 1, 2, 5, 0]))
        var start = values.chance(30) ? key() : nil
        if start != nil, values.chance(80) { start?["id"] = partition }
        for _ in 0..<20 {
            let from = start
            let mine = await told {
                Page(
                    try await table.query(
                        partition, sortKey: range, isDescending: isDescending, limit: limit, startingAfter: from))
            }
            let expected = await told {
                Page(
                    try model.query(
                        partition, sortKey: range, isDescending: isDescending, limit: limit, startingAfter: from))
            }
            try #require(mine == expected, place)
            guard case .value(let page) = mine, let next = page.next else { return }
            start = next
        }
    }

    private mutating func scan(_ place: Comment) async throws {
        let limit = values.one(of: [nil, 1, 7])
        var start = values.chance(20) ? key() : nil
        repeat {
            let from = start
            let mine = await told { Page(try await table.scan(limit: limit, startingAfter: from)) }
            try #require(mine == (await told { Page(try model.scan(limit: limit, startingAfter: from)) }), place)
            guard case .value(let page) = mine else { return }
            start = page.next
        } while start != nil
    }

    private mutating func read(_ place: Comment) async throws {
        guard view != nil else {
            try #require(throws: TableError.self) { try table.changes }
            return
        }
        let (mine, expected) = (try table.changes, try model.changes)
        try #require(mine.arn == expected.arn && mine.service == expected.service, place)
        try #require(try await mine.shards() == expected.shards(), place)
        let shard = ShardID("shardId-00000000000\(values.below(configuration.shardCount + 1))")
        let (position, limit) = (values.one(of: positions), values.one(of: [1, 3, 1_000]))
        let (page, model) = (
            await outcome { ChangePage(try await mine.read(shard, from: position, limit: limit), mine) },
            await outcome { ChangePage(try await expected.read(shard, from: position, limit: limit), expected) }
        )
        try #require(page == model, place)
        guard case .success(let page) = page, let number = page.numbers.last else { return }
        try #require(number.description.utf8.count == 34, place)
        positions += [.from(number), .after(number), .at(clock.wallTime)]
    }

    private struct Page: Equatable {
        let items: [AttributeMap]
        let next: AttributeMap?

        init(_ page: TablePage) { (items, next) = (page.items, page.next) }
    }

    private struct ChangePage: Equatable {
        let numbers: [SequenceNumber]
        let event: String
        let keys: [String]
        let next: StreamPosition?
        let behind: Duration

        init(_ page: StreamPage, _ source: some StreamSource) {
            numbers = page.records.map(\.sequenceNumber)
            event = String(decoding: source.event(of: page.records, shard: ShardID("shard")), as: UTF8.self)
            keys = page.records.map { "\($0.partitionKey) \($0.arrivedAt.nanoseconds)" }
            (next, behind) = (page.next, page.behindLatest)
        }
    }
}

/// What came of something, or all that the error tells.
private enum Told<Value: Equatable>: Equatable {
    case value(Value)
    case fault(String, AttributeMap?, [String])
}

private func told<Value>(_ body: () async throws -> Value) async -> Told<Value> {
    do {
        return .value(try await body())
    } catch let error as TableError {
        let reasons = error.reasons.map { "\($0?.description ?? "none") \($0?.item?.dynamoDBJSON ?? [])" }
        return .fault(error.description, error.item, reasons)
    } catch {
        Issue.record(error)
        return .fault("\(error)", nil, [])
    }
}
