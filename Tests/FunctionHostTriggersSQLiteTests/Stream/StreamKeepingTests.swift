// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

@Suite struct DurableStreamTests {
    let directory = TemporaryDirectory()
    private let shard = ShardID("shardId-000000000000")

    private func rows() -> Int {
        Int(RawConnection(directory.file()).rows("SELECT count(*) FROM stream_records")[0][0]) ?? -1
    }

    @Test("What is too old is not there for anybody at once, and leaves the file a little at a time")
    func swept() async throws {
        let (store, clock) = (try SQLiteStore(path: directory.file()), HandMovedClock())
        var configuration = SQLiteStream.Configuration()
        configuration.retention = .seconds(60)
        let stream = try await SQLiteStream("clicks", configuration: configuration, in: store, system: clock.system())
        for _ in 0..<10 { try await stream.put((0..<500).map { .text("\($0)") }) }
        clock.advance(by: .seconds(60))
        #expect(try await stream.figures.records == 0)
        #expect(rows() == 5_000)
        // A read of a stream that nobody puts into sweeps too.
        #expect(try await stream.read(shard, from: .oldest, limit: 10).records.isEmpty)
        #expect(rows() == 4_000)
        try await stream.put([.text("new")])
        #expect(rows() == 3_000)
        for _ in 0..<3 {
            #expect(try await stream.read(shard, from: .oldest, limit: 10).records.map(\.text) == ["new"])
        }
        // What is left is less than a step, and goes with whatever comes.
        #expect(rows() == 1_000)
        try await stream.put([.text("newer")])
        #expect(rows() == 2)
        #expect(try await store.integrityCheck() == [])
    }

    @Test("A file in which as much goes as comes does not grow")
    func flat() async throws {
        let (store, clock) = (try SQLiteStore(path: directory.file()), HandMovedClock())
        var configuration = SQLiteStream.Configuration()
        configuration.retention = .seconds(10)
        let stream = try await SQLiteStream(
            "clicks", shardCount: 3, configuration: configuration, in: store, system: clock.system())
        let queue = try await SQLiteQueue("jobs", in: store, system: clock.system())
        var pages: [Int] = []
        for round in 0..<100 {
            try await stream.put((0..<100).map { .text(String(repeating: "x", count: 500), key: "\($0)") })
            try await queue.send((0..<10).map { MessageEntry(body: "\($0)" + String(repeating: "x", count: 2_000)) })
            _ = try await queue.delete(queue.receive(10, visibility: .seconds(9)).map(\.receipt))
            clock.advance(by: .seconds(1))
            if round % 25 == 24 {
                pages.append(Int(RawConnection(directory.file()).rows("PRAGMA page_count")[0][0]) ?? -1)
            }
        }
        #expect(pages[3] <= pages[1], "\(pages)")
    }

    @Test("A page has no more bytes than one read gives, and its end is not the shard's")
    func pages() async throws {
        let store = try SQLiteStore(path: directory.file())
        let stream = try await SQLiteStream("clicks", in: store)
        let big = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<12 { try await stream.put(partitionKey: "k", data: big) }
        var position = StreamPosition.oldest
        var counts: [Int] = []
        while counts.last != 0 {
            let page = try await stream.read(shard, from: position, limit: 100)
            counts.append(page.records.count)
            position = try #require(page.next)
        }
        #expect(counts == [8, 4, 0])
    }

    @Test("What is put is told to all who use the stream through this store, and a split to those who wait for shards")
    func told() async throws {
        let store = try SQLiteStore(path: directory.file())
        let (one, other) = (try await SQLiteStream("clicks", in: store), try await SQLiteStream("clicks", in: store))
        let calls = Gathered<String>()
        let subscriptions = [
            one.subscribe(to: shard) { calls.add(["record"]) }, one.subscribe(to: nil) { calls.add(["shards"]) },
            try await SQLiteStream("views", in: store).subscribe(to: shard) { calls.add(["other stream"]) },
        ]
        try await other.put([.text("a")])
        #expect(calls.all == ["record"])
        try await other.split(shard)
        #expect(calls.all == ["record", "record", "shards"])
        for subscription in subscriptions { subscription.cancel() }
        try await other.put([.text("b")])
        #expect(calls.count == 3)
    }

    @Test(
        "What cannot be is refused",
        arguments: [
            ("", [RecordEntry.text("a")]), ("a b", [.text("a")]), ("ok", []), ("ok", [.text("a", key: "")]),
            ("ok", [RecordEntry](repeating: .text("a"), count: 501)),
            ("ok", [RecordEntry(partitionKey: "k", data: [UInt8](repeating: 0, count: (1 << 20) + 1))]),
        ])
    func refused(name: String, entries: [RecordEntry]) async throws {
        let store = try SQLiteStore(path: directory.file())
        let result = await outcome { try await SQLiteStream(name, in: store).put(entries) }
        guard case .failure(let error) = result else {
            Issue.record("\(entries.count) records were put into \(name)")
            return
        }
        #expect(error.code == .invalidArgument)
    }

    @Test("A stream of this name keeps the shards it was made with, and its numbers go on")
    func reopened() async throws {
        var numbers: [SequenceNumber] = []
        for count in [3, 1, 2] {
            let store = try SQLiteStore(path: directory.file())
            let stream = try await SQLiteStream("clicks", shardCount: count, in: store)
            #expect(try await stream.shards().count == 3)
            for _ in 0..<3 { numbers.append(try await stream.put(partitionKey: "k", data: []).sequenceNumber) }
            await store.close()
        }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(numbers[0].description.count == 56)
    }
}
