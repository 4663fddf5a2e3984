// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
public import FunctionHostTriggers

/// What every ``/FunctionHostTriggers/QueueSource`` must do: each sentence of it as a check of its own.
///
/// ```swift
/// @Test(arguments: QueueSourceConformance.checks)
/// func conforms(_ check: SourceCheck<QueueSubject>) async throws {
///     try await check.run { QueueSubject(source: queue, send: { body, group in … }) }
/// }
/// ```
///
/// A waiter that is never woken waits for ever: run the checks in a simulation, which reports that, or with a time limit.
public enum QueueSourceConformance {
    /// The checks; each wants a queue that is empty.
    public static let checks: [SourceCheck<QueueSubject>] = receiving + receipts + waking + times + groups

    /// Makes every check, each on a new queue.
    ///
    /// - Throws: ``SourceCheckFailure`` of the first rule that is broken.
    public static func check(_ makeSubject: () async throws -> QueueSubject) async throws {
        for check in checks { try await check.run(on: makeSubject) }
    }
}

/// A queue under test, and what a receiver of it cannot do.
public struct QueueSubject: Sendable {
    let source: any QueueSource
    let send: @Sendable (_ body: String, _ groupID: String) async throws -> Void
    let advance: (@Sendable (Duration) async throws -> Void)?

    /// Says how messages come.
    ///
    /// - Parameters:
    ///   - source: The queue, empty.
    ///   - send: Sends a message; it can be received when this returns. The group is for FIFO queues.
    ///   - advance: Lets time go by; without it nothing is checked of what takes a while.
    public init(
        source: any QueueSource, send: @escaping @Sendable (_ body: String, _ groupID: String) async throws -> Void,
        advance: (@Sendable (Duration) async throws -> Void)? = nil
    ) {
        self.source = source
        self.send = send
        self.advance = advance
    }

    /// Sends messages, each of a group of its own.
    func sendEach(_ bodies: String...) async throws {
        for body in bodies { try await send(body, body) }
    }

    func receive(_ limit: Int = 10, visibility: Duration = .seconds(60)) async throws -> [QueueMessage] {
        let messages = try await source.receive(limit, visibility: visibility)
        try expect(messages.count <= limit, "\(messages.count) messages with a limit of \(limit)")
        return messages
    }

    /// The one message there is to have.
    func receiveOne(visibility: Duration = .seconds(60)) async throws -> QueueMessage {
        guard let message = try await receive(1, visibility: visibility).first else {
            throw SourceFault(reason: "there is nothing to receive")
        }
        return message
    }

    func expectNothing(_ when: String) async throws {
        try equal(try await receive().map(\.body), [], "what is received \(when)")
    }
}
