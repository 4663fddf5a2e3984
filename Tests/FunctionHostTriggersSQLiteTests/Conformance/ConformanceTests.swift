// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite
import FunctionHostTriggersTesting
import Synchronization
import Testing

@Suite struct SQLiteSourceConformanceTests {
    let directory = TemporaryDirectory()

    @Test("A stream in a file keeps the rule", arguments: StreamSourceConformance.checks, [1, 5])
    func stream(check: SourceCheck<StreamSubject>, shards: Int) async throws {
        let store = try SQLiteStore(path: directory.file())
        try await check.run {
            let stream = try await SQLiteStream("clicks", shardCount: shards, in: store)
            return StreamSubject(
                source: stream, put: { try await stream.put(partitionKey: $0, data: $1) },
                split: { try await stream.split($0) })
        }
        #expect(try await store.integrityCheck() == [])
    }

    @Test("A queue in a file keeps the rule", arguments: QueueSourceConformance.checks, [false, true])
    func queue(check: SourceCheck<QueueSubject>, isFIFO: Bool) async throws {
        let store = try SQLiteStore(path: directory.file())
        let clock = HandMovedClock()
        let ids = Atomic(0)
        try await check.run {
            let queue = try await SQLiteQueue(isFIFO ? "jobs.fifo" : "jobs", in: store, system: clock.system())
            return QueueSubject(
                source: queue,
                send: { body, group in
                    guard queue.isFIFO else { return _ = try await queue.send(body) }
                    // Not all bodies may be names of groups.
                    let name = group.utf8.map { String($0, radix: 16) }.joined()
                    let id = ids.add(1, ordering: .relaxed).newValue
                    try await queue.send(body, groupID: name, deduplicationID: "\(id)")
                }, advance: { clock.advance(by: $0) })
        }
        #expect(try await store.integrityCheck() == [])
    }
}
