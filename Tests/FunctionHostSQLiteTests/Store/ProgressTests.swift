// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import Synchronization
import Testing

/// How far mappings and schedules have come, in the file of the queue.
@Suite struct ProgressTests {
    let directory = TemporaryDirectory()

    @Test("What is kept is there after the store was closed, each owner's by itself, until it is forgotten")
    func kept() async throws {
        var store = try SQLiteStore(path: directory.file())
        #expect(try await store.progress(of: "mapping a") == [:])
        try await store.keep("from 1", for: "s0", of: "mapping a")
        try await store.keep("from 2", for: "s0", of: "mapping a")
        try await store.keep("finished", for: "s'1\n", of: "mapping a")
        try await store.keep("7", for: "s0", of: "mapping b")
        await store.close()
        store = try SQLiteStore(path: directory.file())
        #expect(try await store.progress(of: "mapping a") == ["s0": "from 2", "s'1\n": "finished"])
        try await store.forgetProgress(of: "mapping a")
        #expect(try await store.progress(of: "mapping a") == [:])
        #expect(try await store.progress(of: "mapping b") == ["s0": "7"])
        #expect(try await store.integrityCheck() == [])
    }

    @Test("A file of the first version gets room for it, and keeps its events")
    func migrated() async throws {
        var store = try SQLiteStore(path: directory.file())
        try await store.append(.event(1))
        await store.close()
        RawConnection(directory.file()).run("DROP TABLE progress; PRAGMA user_version = 1")
        store = try SQLiteStore(path: directory.file())
        try await store.keep("after 5", for: "s0", of: "mapping a")
        #expect(try await store.progress(of: "mapping a") == ["s0": "after 5"])
        #expect(try await store.figures(now: .second(0)).ready == 1)
    }

    @Test("Keeping many shares transactions, and each is there when its call returns")
    func shared() async throws {
        let store = try SQLiteStore(path: directory.file())
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    try await store.keep("\(number)", for: "s\(number)", of: "mapping a")
                    #expect(try await store.progress(of: "mapping a")["s\(number)"] == "\(number)")
                }
            }
        }
        #expect(try await store.progress(of: "mapping a").count == 100)
    }

    @Test("A mapping that keeps its checkpoints in the file goes on where an earlier process stopped")
    func mapping() async throws {
        let stream = try InMemoryStream("clicks")
        for number in UInt8(0)..<10 { try stream.put(partitionKey: "key", data: [number]) }
        for expected in [Array(0..<10), Array(10..<15)] as [[UInt8]] {
            let store = try SQLiteStore(path: directory.file())
            let seen = Mutex<[UInt8]>([])
            let host = FunctionHost(store: store)
            let work = try host.register("work") { (batch: StreamBatch, _) in
                seen.withLock { $0 += batch.records.flatMap(\.data) }
            }
            let mapping = try host.map(
                stream, to: work, configuration: .init(startingPosition: .oldest),
                options: .init(checkpoints: StoredCheckpoints(in: store)))
            try await host.run { try await until { seen.withLock { $0.count } >= expected.count } }
            #expect(seen.withLock { $0 } == expected)
            let kept = try await store.progress(of: "mapping \(mapping.name)")
            #expect(kept["shardId-000000000000"]?.hasPrefix("after ") ?? false)
            await store.close()
            for number in UInt8(10)..<15 { try stream.put(partitionKey: "key", data: [number]) }
        }
    }

    @Test("What a schedule remembers lies in the file, and what is there by mistake is told")
    func schedules() async throws {
        let store = try SQLiteStore(path: directory.file())
        let memory = StoredScheduleMemory(in: store)
        #expect(try await memory.decidedThrough(of: "nightly") == nil)
        try await memory.remember(.second(7), of: "nightly")
        #expect(try await memory.decidedThrough(of: "nightly") == .second(7))
        try await store.keep("soon", for: "decidedThrough", of: "schedule nightly")
        await #expect(throws: SourceError.self) { try await memory.decidedThrough(of: "nightly") }
        let checkpoints = StoredCheckpoints(in: store)
        let all: [ShardCheckpoint] = [
            .finished, .position(.oldest), .position(.latest), .position(.at(.second(3))),
            .position(.from(SequenceNumber(low: 9))), .position(.after(SequenceNumber(high: 1, low: 0))),
        ]
        for (number, checkpoint) in all.enumerated() {
            try await checkpoints.save(checkpoint, of: "m", shard: ShardID("\(number)"))
        }
        let read = try await checkpoints.checkpoints(of: "m")
        #expect(all.indices.map { read[ShardID("\($0)")] } == all)
        try await store.keep("behind 9", for: "0", of: "mapping m")
        await #expect(throws: SourceError.self) { try await checkpoints.checkpoints(of: "m") }
    }
}
