// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import FunctionHostTriggersTesting
import Synchronization
import Testing

@Suite struct SourceConformanceTests {
    private func subject(shards: Int, system: HostSystem) throws -> StreamSubject {
        let stream = try InMemoryStream("clicks", shardCount: shards, system: system)
        return StreamSubject(
            source: stream, put: { try stream.put(partitionKey: $0, data: $1) }, split: { try stream.split($0) })
    }

    private func subject(
        isFIFO: Bool, system: HostSystem, advance: @escaping @Sendable (Duration) async throws -> Void
    ) throws -> QueueSubject {
        let queue = try InMemoryQueue(isFIFO ? "jobs.fifo" : "jobs", system: system)
        let ids = Numbers()
        return QueueSubject(
            source: queue,
            send: { body, group in
                guard queue.isFIFO else { return _ = try queue.send(body) }
                // Not all bodies may be names of groups.
                let name = group.utf8.map { String($0, radix: 16) }.joined()
                try queue.send(body, groupID: name, deduplicationID: "\(ids.next())")
            }, advance: advance)
    }

    @Test("A stream in memory keeps the rule", arguments: StreamSourceConformance.checks, [1, 5])
    func stream(check: SourceCheck<StreamSubject>, shards: Int) async throws {
        try await check.run { try subject(shards: shards, system: .live) }
    }

    @Test("A queue in memory keeps the rule", arguments: QueueSourceConformance.checks, [false, true])
    func queue(check: SourceCheck<QueueSubject>, isFIFO: Bool) async throws {
        let clock = HandMovedClock()
        try await check.run {
            try subject(isFIFO: isFIFO, system: clock.system()) { clock.advance(by: $0) }
        }
    }

    @Test("A stream in memory keeps the rules in whatever order things happen", .simulated(seeds: 0..<60))
    func simulatedStream() async throws {
        try await StreamSourceConformance.check { try subject(shards: 2, system: .simulated) }
    }

    @Test("A queue in memory keeps the rules in whatever order things happen", .simulated(seeds: 0..<60))
    func simulatedQueue() async throws {
        let simulation = try #require(Simulation.current)
        try await QueueSourceConformance.check {
            try subject(isFIFO: simulation.seed % 2 == 0, system: .simulated) { try await simulation.advance(by: $0) }
        }
    }

    @Test("No two checks have the same rule")
    func ids() {
        #expect(Set(StreamSourceConformance.checks.map(\.id)).count == StreamSourceConformance.checks.count)
        #expect(Set(QueueSourceConformance.checks.map(\.id)).count == QueueSourceConformance.checks.count)
    }

    @Test("A stream with a bug does not pass", arguments: BuggyStream.Bug.allCases)
    func buggyStream(bug: BuggyStream.Bug) async throws {
        await #expect(throws: SourceCheckFailure.self) {
            try await StreamSourceConformance.check {
                let stream = try InMemoryStream("clicks")
                return StreamSubject(
                    source: BuggyStream(stream: stream, bug: bug), put: { try stream.put(partitionKey: $0, data: $1) },
                    split: { try stream.split($0) })
            }
        }
    }

    @Test("A queue with a bug does not pass", arguments: BuggyQueue.Bug.allCases)
    func buggyQueue(bug: BuggyQueue.Bug) async throws {
        await #expect(throws: SourceCheckFailure.self) {
            try await QueueSourceConformance.check {
                let clock = HandMovedClock()
                let queue = try InMemoryQueue("jobs", system: clock.system())
                return QueueSubject(
                    source: BuggyQueue(queue: queue, bug: bug), send: { body, _ in try queue.send(body) },
                    advance: { clock.advance(by: $0) })
            }
        }
    }
}

/// Counts.
private final class Numbers: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
