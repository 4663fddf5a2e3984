// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// A stream in a file does what one in memory does, whatever is done, and whichever process does it.
@Suite struct StreamTwinTests {
    let directory = TemporaryDirectory()

    @Test(
        "Every answer is that of a stream in memory, over reopening and from two stores on one file", arguments: 0..<12)
    func twins(seed: UInt64) async throws {
        var twins = try await StreamTwins(seed: seed, path: directory.file())
        for step in 0..<600 { try await twins.step("seed \(seed), step \(step)") }
        #expect(try await twins.store.integrityCheck() == [])
    }
}

/// Two streams of which one is in memory, and what is done with both.
private struct StreamTwins {
    var store: SQLiteStore
    private var others: [SQLiteStore] = []
    private var stream: SQLiteStream
    private let model: InMemoryStream
    private let clock = HandMovedClock()
    private let path: String
    private let configuration: SQLiteStream.Configuration
    private var random: SplitMix64
    private var positions: [StreamPosition] = [.oldest, .latest, .at(HandMovedClock.start)]

    init(seed: UInt64, path: String) async throws {
        random = SplitMix64(seed: seed)
        self.path = path
        var configuration = SQLiteStream.Configuration()
        configuration.retention = .seconds(100)
        configuration.recordLimit = 200
        configuration.byteLimit = 2_500
        configuration.shardLimit = 9
        configuration.recordSizeLimit = 40
        if seed % 3 > 0 { configuration.overflow = .dropOldest }
        self.configuration = configuration
        let shards = Int(seed % 4) + 1
        model = try InMemoryStream(
            "clicks", shardCount: shards, configuration: configuration, system: clock.system())
        store = try SQLiteStore(path: path, configuration: .patient)
        stream = try await SQLiteStream(
            "clicks", shardCount: shards, configuration: configuration, in: store, system: clock.system())
    }

    mutating func step(_ place: Comment) async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: try await split(place)
        case 1: try await merge(place)
        case 2: clock.advance(by: .milliseconds(Int.random(in: 0..<20_000, using: &random)))
        case 3: try await reopen()
        case 4..<10: try await read(place)
        case 10:
            try #require(try await stream.figures == model.figures, place)
            try #require(try await stream.shards() == model.shards(), place)
        default: try await put(place)
        }
        clock.advance(by: .nanoseconds(Int.random(in: 0..<1_000_000, using: &random)))
    }

    private mutating func reopen() async throws {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: await store.close()
        case 1 where others.count < 3: others.append(store)
        default:
            // One that was left open goes on: what others did meanwhile it has to see.
            others.append(store)
            store = others.removeFirst()
            stream = try await opened()
            return
        }
        store = try SQLiteStore(path: path, configuration: .patient)
        stream = try await opened()
    }

    private func opened() async throws -> SQLiteStream {
        try await SQLiteStream(
            "clicks", shardCount: 7, configuration: configuration, in: store, system: clock.system())
    }

    private mutating func put(_ place: Comment) async throws {
        let entries = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            RecordEntry(
                partitionKey: "key-\(Int.random(in: 0..<30, using: &random))",
                explicitHashKey: Bool.random(using: &random)
                    ? nil : UInt128.random(in: 0...UInt128.max, using: &random),
                data: (0..<Int.random(in: 0..<42, using: &random)).map { UInt8($0) })
        }
        let (mine, expected) = (
            await outcome { try await stream.put(entries) }, await outcome { try model.put(entries) }
        )
        try #require(mine == expected, place)
        if case .success(let places) = mine, let number = places.last?.sequenceNumber {
            positions += [.from(number), .after(number), .at(clock.wallTime)]
        }
    }

    private mutating func read(_ place: Comment) async throws {
        var shards = try await model.shards().map(\.id) + [ShardID("shardId-000000000000")]
        if Int.random(in: 0..<10, using: &random) == 0 { shards.append(ShardID("shardId-7")) }
        guard let shard = shards.randomElement(using: &random), let position = positions.randomElement(using: &random)
        else { return }
        let limit = [0, 1, 3, 10, 1_000].randomElement(using: &random) ?? 1
        let mine = await outcome { Page(try await stream.read(shard, from: position, limit: limit)) }
        let expected = await outcome { Page(try await model.read(shard, from: position, limit: limit)) }
        try #require(mine == expected, place)
        try #require(try await stream.hashKeys(of: shard) == model.hashKeys(of: shard), place)
    }

    private mutating func split(_ place: Comment) async throws {
        guard let shard = try await model.shards().randomElement(using: &random)?.id else { return }
        let key = Bool.random(using: &random) ? nil : UInt128.random(in: 0...UInt128.max, using: &random)
        let mine = await outcome { try await [stream.split(shard, at: key)].flatMap { [$0.0, $0.1] } }
        let expected = await outcome { try [model.split(shard, at: key)].flatMap { [$0.0, $0.1] } }
        try #require(mine == expected, place)
    }

    private mutating func merge(_ place: Comment) async throws {
        let open = try await model.shards().filter { !$0.isClosed }.map(\.id)
        guard let shard = open.randomElement(using: &random), var other = open.randomElement(using: &random)
        else { return }
        // Mostly neighbours, or few would ever be merged.
        if let end = model.hashKeys(of: shard)?.upperBound, end < .max, Int.random(in: 0..<4, using: &random) > 0 {
            other = open.first { model.hashKeys(of: $0)?.lowerBound == end + 1 } ?? other
        }
        let (mine, expected) = (
            await outcome { try await stream.merge(other, shard) }, await outcome { try model.merge(other, shard) }
        )
        try #require(mine == expected, place)
    }

    /// A page that can be compared.
    private struct Page: Equatable {
        let records: [[String]]
        let next: StreamPosition?
        let behind: Duration

        init(_ page: StreamPage) {
            records = page.records.map {
                ["\($0.sequenceNumber)", $0.partitionKey, "\($0.arrivedAt.nanoseconds)", "\($0.data)"]
            }
            next = page.next
            behind = page.behindLatest
        }
    }
}

/// What came of something, or the error by code and reason.
func outcome<Value>(_ body: () async throws -> Value) async -> Result<Value, SourceError> {
    do {
        return .success(try await body())
    } catch let error as SourceError {
        return .failure(error)
    } catch {
        Issue.record(error)
        return .failure(SourceError(.other, reason: "\(error)"))
    }
}

extension SQLiteStore.Configuration {
    /// Waits for a lock for as long as a machine may take that has other things to do.
    static var patient: Self {
        var configuration = Self()
        configuration.busyTimeout = .seconds(86_400)
        return configuration
    }
}
