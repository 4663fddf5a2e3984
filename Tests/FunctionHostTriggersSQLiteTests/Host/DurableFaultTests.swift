// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What goes wrong with the file is told by its kind, and costs nothing that was acknowledged.
@Suite struct DurableFaultTests {
    let directory = TemporaryDirectory()

    @Test("A full disk refuses what comes, keeps what there is, and lets it be read and deleted")
    func fullDisk() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.maximumPages = 120
        configuration.durability = .losesLastEventsOnPowerCut
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let stream = try await SQLiteStream("clicks", in: store)
        let queue = try await SQLiteQueue("jobs", in: store)
        var (records, messages) = (0, 0)
        let big = String(repeating: "x", count: 900)
        #expect(await code { while true { try await stream.put([.text(big)]); records += 1 } } == .diskFull)
        #expect(await code { while true { try await queue.send(big); messages += 1 } } == .diskFull)
        #expect(records > 20)
        #expect(try await stream.figures.records == records)
        #expect(try await queue.figures.visible == messages)
        let shard = try #require(try await stream.shards().first).id
        #expect(try await stream.read(shard, from: .oldest, limit: 1_000).records.count == records)
        #expect(try await store.integrityCheck() == [])
        let receipts = try await queue.receive(20, visibility: .seconds(60)).map(\.receipt)
        #expect(try await queue.delete(receipts).contains(true))
        try await queue.send("small")
    }

    @Test("A store that is closed refuses streams and queues, and what it had is in the file")
    func closed() async throws {
        let store = try SQLiteStore(path: directory.file())
        let stream = try await SQLiteStream("clicks", in: store)
        let queue = try await SQLiteQueue("jobs", in: store)
        try await stream.put([.text("a")])
        try await queue.send("b")
        await store.close()
        let shard = ShardID("shardId-000000000000")
        #expect(await code { try await stream.put([.text("c")]) } == .closed)
        #expect(await code { _ = try await stream.read(shard, from: .oldest, limit: 1) } == .closed)
        #expect(await code { try await queue.send("c") } == .closed)
        #expect(await code { _ = try await queue.receive(1, visibility: .zero) } == .closed)
        #expect(await code { _ = try await SQLiteStream("other", in: store) } == .closed)
        let again = try SQLiteStore(path: directory.file())
        #expect(try await SQLiteStream("clicks", in: again).read(shard, from: .oldest, limit: 9).records.count == 1)
        #expect(try await SQLiteQueue("jobs", in: again).receive(9, visibility: .zero).map(\.body) == ["b"])
    }

    @Test("A file that is damaged is told from a sound one, by readers and by whoever puts")
    func damaged() async throws {
        let path = directory.file()
        let store = try SQLiteStore(path: path)
        let stream = try await SQLiteStream("clicks", in: store)
        for _ in 0..<20 { try await stream.put((0..<100).map { .text("\($0)" + String(repeating: "x", count: 300)) }) }
        try await store.compact()
        await store.close()
        let file = try #require(fopen(path, "r+"))
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        fseek(file, 60 * 4_096, SEEK_SET)
        for _ in 0..<(size - 60 * 4_096) { fputc(0xFF, file) }
        fclose(file)
        let shard = ShardID("shardId-000000000000")
        let read = await code {
            let damaged = try await SQLiteStream("clicks", in: SQLiteStore(path: path))
            _ = try await damaged.read(shard, from: .oldest, limit: 10_000)
        }
        let put = await code {
            let damaged = try await SQLiteStream("clicks", in: SQLiteStore(path: path))
            while true { try await damaged.put([.text("x")]) }
        }
        #expect(read == .corrupt && put == .corrupt)
    }

    @Test("Tables that a newer version made are refused; a file of an older version gets what it lacks")
    func versions() async throws {
        var store = try SQLiteStore(path: directory.file())
        try await store.keep("1", for: "a", of: "b")
        await store.close()
        let raw = RawConnection(directory.file())
        #expect(raw.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'guests'") == [["0"]])
        store = try SQLiteStore(path: directory.file())
        _ = try await SQLiteStream("clicks", in: store)
        #expect(raw.rows("SELECT name, version FROM guests") == [["streams", "1"]])
        _ = try await SQLiteQueue("jobs", in: store)
        #expect(try await store.progress(of: "b") == ["a": "1"])
        raw.run("UPDATE guests SET version = 99 WHERE name = 'queues'")
        await store.close()
        store = try SQLiteStore(path: directory.file())
        _ = try await SQLiteStream("clicks", in: store)
        #expect(await code { _ = try await SQLiteQueue("jobs", in: store) } == .newerSchema)
        #expect(raw.rows("PRAGMA user_version") == [["2"]])
    }

    @Test("What one refuses or fails at is undone alone: others in its transaction have what they did")
    func apart() async throws {
        let store = try SQLiteStore(path: directory.file(), configuration: .patient)
        var small = SQLiteStream.Configuration()
        small.recordLimit = 5
        let tight = try await SQLiteStream("tight", configuration: small, in: store)
        let queue = try await SQLiteQueue("jobs", in: store)
        let wide = try await SQLiteStream("wide", in: store)
        try await store.welcome(Breaker.self)
        let other = RawConnection(directory.file())
        other.run("BEGIN IMMEDIATE")
        let before = store.statistics
        // One that the thread is busy with, so that all others share the next transaction.
        async let first = wide.put([.text("first")])
        try await until { store.statistics.takenCalls == before.takenCalls + 1 }
        async let refused = outcome { try await tight.put((0..<6).map { .text("\($0)") }) }
        async let accepted = tight.put((0..<5).map { .text("\($0)") })
        async let broken = code { try await store.change(Breaker.self) { try $0.change(andThrow: true) } }
        async let whole: Void = store.change(Breaker.self) { try $0.change(andThrow: false) }
        async let sent = queue.send("message")
        async let wrong = outcome { try await wide.split(ShardID("none")).0 }
        try await until { store.statistics.pendingCalls == 6 }
        other.run("ROLLBACK")
        _ = try await (first, accepted, whole, sent)
        guard case .failure(let error) = await refused else {
            Issue.record("six records where there is room for five")
            return
        }
        #expect(error.code == .full)
        #expect(await broken == .other)
        guard case .failure = await wrong else {
            Issue.record("a shard was split that is not there")
            return
        }
        #expect(store.statistics.commits == before.commits + 2)
        #expect(try await tight.figures.records == 5)
        #expect(try await wide.figures.records == 1)
        #expect(try await queue.figures.visible == 1)
        #expect(other.rows("SELECT count(*) FROM broken") == [["1"]])
        #expect(try await store.integrityCheck() == [])
    }
}

/// A guest that changes something and then fails.
private final class Breaker: StoreGuest {
    static let name = "breaker"
    static let migrations = ["CREATE TABLE broken (number INTEGER NOT NULL)"]
    private let insert: Statement
    private let wrong: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        insert = try connection.prepare("INSERT INTO broken VALUES (?1)")
        wrong = try connection.prepare("INSERT INTO broken VALUES (NULL)")
    }

    func forget() {}

    func change(andThrow: Bool) throws {
        insert.bind(1 as Int64, 1)
        try insert.run()
        if andThrow { try wrong.run() }
    }
}

/// The code of the store's error that something throws.
func code(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch let error as StoreError {
        return error.code
    } catch {
        Issue.record(error)
        return nil
    }
}
