// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// A queue on the bench, under a clock that is moved by hand: short words for what tests do again and again.
struct QueueBench {
    let clock: HandMovedClock
    let queue: InMemoryQueue

    init(
        _ name: String = "jobs", clock: HandMovedClock = HandMovedClock(),
        _ change: (inout InMemoryQueue.Configuration) -> Void = { _ in }
    ) throws(SourceError) {
        var configuration = InMemoryQueue.Configuration()
        change(&configuration)
        self.clock = clock
        queue = try InMemoryQueue(name, configuration: configuration, system: clock.system())
    }

    /// Sends a message to a FIFO queue, each with a deduplication id of its own unless one is given.
    @discardableResult
    func send(_ body: String, to group: String, id: String? = nil) throws(SourceError) -> SentMessage {
        try queue.send(body, groupID: group, deduplicationID: id ?? "id-\(body)")
    }

    func receive(_ limit: Int = 10, visibility: Duration = .seconds(30)) async throws -> [QueueMessage] {
        try await queue.receive(limit, visibility: visibility)
    }

    /// The one message there is to have.
    func receiveOne(visibility: Duration = .seconds(30)) async throws -> QueueMessage {
        guard let message = try await receive(1, visibility: visibility).first else { throw Nothing() }
        return message
    }

    /// The bodies of what is received.
    func bodies(_ limit: Int = 10, visibility: Duration = .seconds(30)) async throws -> [String] {
        try await receive(limit, visibility: visibility).map(\.body)
    }

    func delete(_ message: QueueMessage) async throws -> Bool { try await queue.delete([message.receipt]) == [true] }

    func change(_ message: QueueMessage, to duration: Duration) async throws -> Bool {
        try await queue.changeVisibility(of: [message.receipt], to: duration) == [true]
    }

    struct Nothing: Error {}
}
