// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// What becomes of a queue's messages when the queue cannot be asked.
@Suite("Queue faults", .simulated(seeds: 0..<20)) struct QueueFaultTests {
    /// A queue that tells of everything once, and whose first receives fail.
    private struct FaultyQueue: QueueSource {
        let queue: InMemoryQueue
        let failures: Countdown

        var arn: String { queue.arn }
        var isFIFO: Bool { queue.isFIFO }
        var visibilityTimeout: Duration { queue.visibilityTimeout }
        var pollInterval: Duration? { nil }

        func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
            if failures.take() { throw SourceError(.other, reason: "planted") }
            return try await queue.receive(limit, visibility: visibility)
        }

        func delete(_ receipts: [Receipt]) async throws -> [Bool] { try await queue.delete(receipts) }

        func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
            try await queue.changeVisibility(of: receipts, to: duration)
        }

        func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription { queue.subscribe(changed) }
        func event(of messages: [QueueMessage]) -> [UInt8] { queue.event(of: messages) }
    }

    @Test("A queue that could not be asked is asked again after a second, though it tells of nothing any more")
    func asksAgain() async throws {
        let simulation = try #require(Simulation.current)
        let queue = FaultyQueue(queue: try InMemoryQueue("jobs", system: .simulated), failures: Countdown(3))
        try queue.queue.send("a")
        let events = MappingEvents()
        let seen = Notes<String>()
        let host = FunctionHost(observers: [events], system: .simulated)
        let work = try host.register("work") { (batch: QueueBatch, _) in
            for message in batch.messages { seen.add(message.body) }
        }
        try host.map(queue, to: work)
        try await host.run {
            try await simulation.advance(by: .milliseconds(2_900))
            #expect(seen.count == 0)
            try await simulation.advance(by: .milliseconds(200))
            #expect(seen.all == ["a"])
        }
        #expect(events.texts.filter { $0 == "source failed" }.count == 3)
        #expect(queue.queue.figures.invisible == 0)
    }
}
