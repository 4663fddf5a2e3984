// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import Testing

/// Mappings of streams and queues in the file where the host's events and the checkpoints are, with real threads.
@Suite struct DurableMappingTests {
    let directory = TemporaryDirectory()

    @Test("A host that begins again goes on where it stopped: each record in order, none twice, none missing")
    func stream() async throws {
        var given: [String] = []
        for life in 0..<4 {
            let store = try SQLiteStore(path: directory.file())
            let stream = try await SQLiteStream("clicks", shardCount: 2, in: store)
            let seen = Gathered<String>()
            let host = FunctionHost(store: store)
            let work = try host.register("work") { (batch: StreamBatch, _) in seen.add(batch.records.map(\.text)) }
            var configuration = StreamMappingConfiguration(startingPosition: .oldest)
            configuration.batchSize = 7
            try host.map(
                stream, to: work, configuration: configuration,
                options: .init(checkpoints: StoredCheckpoints(in: store)))
            let numbers = (0..<100).map { life * 100 + $0 }
            for number in numbers { try await stream.put([.text("\(number)", key: "key \(number % 5)")]) }
            // The second life is cut off in the middle.
            try await host.run { try await until { given.count + seen.count >= (life == 1 ? 150 : (life + 1) * 100) } }
            given += seen.all
            await store.close()
        }
        #expect(given.count == 400 && Set(given).count == 400)
        for key in 0..<5 {
            let numbers = given.compactMap { Int($0) }.filter { $0 % 5 == key }
            #expect(numbers == numbers.sorted(), "key \(key)")
        }
    }

    @Test("Messages are done once their function has succeeded, come again otherwise, and end in the dead-letter queue")
    func queue() async throws {
        let done = Gathered<String>()
        var given: [String] = []
        for life in 0..<2 {
            let store = try SQLiteStore(path: directory.file())
            let dead = try await SQLiteQueue("dead", in: store)
            var configuration = SQLiteQueue.Configuration()
            configuration.visibilityTimeout = .seconds(1)
            configuration.redrive = .init(deadLetterQueue: dead, maximumReceiveCount: 2)
            let jobs = try await SQLiteQueue("jobs", configuration: configuration, in: store)
            let host = FunctionHost(store: store)
            let work = try host.register("work") { (batch: QueueBatch, _) in
                let failed = Set(batch.messages.filter { $0.body.hasSuffix("7") }.map(\.id))
                done.add(batch.messages.filter { !failed.contains($0.id) }.map(\.body))
                return failed.isEmpty ? QueueBatchResult.succeeded : .failed(failed)
            }
            try host.map(jobs, to: work)
            for number in 0..<30 { try await jobs.send("\(life * 30 + number)") }
            try await host.run { try await until { try await jobs.figures.bytes == 0 } }
            given += try await dead.receive(100, visibility: .seconds(3_600)).map(\.body)
            await store.close()
        }
        // On a busy machine a second may be over before a batch has ended: others may come twice, and be dead then.
        #expect(Set(given).isSuperset(of: (0..<60).filter { $0 % 10 == 7 }.map(String.init)))
        #expect(!done.all.contains { $0.hasSuffix("7") })
        #expect(Set(done.all + given) == Set((0..<60).map(String.init)))
    }

    @Test("What another process puts and sends is found by looking for it")
    func polled() async throws {
        var configuration = SQLiteStore.Configuration.patient
        configuration.pollInterval = .milliseconds(5)
        let mine = try SQLiteStore(path: directory.file(), configuration: configuration)
        let other = try SQLiteStore(path: directory.file(), configuration: configuration)
        let (stream, queue) = (try await SQLiteStream("clicks", in: mine), try await SQLiteQueue("jobs", in: mine))
        #expect(stream.pollInterval == .milliseconds(5) && queue.pollInterval == .milliseconds(5))
        let seen = Gathered<String>()
        let host = FunctionHost(store: mine)
        let read = try host.register("read") { (batch: StreamBatch, _) in seen.add(batch.records.map(\.text)) }
        let work = try host.register("work") { (batch: QueueBatch, _) in seen.add(batch.messages.map(\.body)) }
        try host.map(stream, to: read, configuration: .init(startingPosition: .oldest))
        try host.map(queue, to: work)
        let otherStream = try await SQLiteStream("clicks", in: other)
        let otherQueue = try await SQLiteQueue("jobs", in: other)
        try await host.run {
            for number in 0..<3 {
                try await otherStream.put([.text("record \(number)")])
                try await otherQueue.send("message \(number)")
                try await until { seen.count == 2 * number + 2 }
            }
            let shard = try #require(try await otherStream.shards().first).id
            try await otherStream.split(shard)
            try await otherStream.put([.text("behind the split")])
            try await until { seen.all.contains("behind the split") }
        }
        #expect(Set(seen.all).count == 7)
    }

    @Test("A mapping tells that the file is locked, waits, and loses nothing")
    func locked() async throws {
        var configuration = SQLiteStore.Configuration()
        configuration.busyTimeout = .milliseconds(1)
        configuration.pollInterval = .milliseconds(5)
        let store = try SQLiteStore(path: directory.file(), configuration: configuration)
        let stream = try await SQLiteStream("clicks", in: store)
        let queue = try await SQLiteQueue("jobs", in: store)
        for number in 0..<20 {
            try await stream.put([.text("\(number)")])
            try await queue.send("message \(number)")
        }
        let (complaints, seen) = (Complaints(), Gathered<String>())
        let host = FunctionHost(observers: [complaints])
        let read = try host.register("read") { (batch: StreamBatch, _) in seen.add(batch.records.map(\.text)) }
        let work = try host.register("work") { (batch: QueueBatch, _) in seen.add(batch.messages.map(\.body)) }
        try host.map(
            stream, to: read, configuration: .init(startingPosition: .oldest),
            options: .init(checkpoints: StoredCheckpoints(in: store)))
        try host.map(queue, to: work)
        let other = RawConnection(directory.file())
        #expect(other.run("BEGIN IMMEDIATE") == 0)
        try await host.run {
            try await until { complaints.reasons.all.contains { $0.hasPrefix("locked") } }
            other.run("ROLLBACK")
            try await until { Set(seen.all).count == 40 }
            try await until { try await queue.figures.bytes == 0 }
        }
    }
}
