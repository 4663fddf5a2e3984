// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Sends records of invocations, or of batches that were given up, to a queue: a destination, or a dead-letter queue.
///
/// The record's JSON is the message's body. In a FIFO queue the function is the group, and what comes twice is told by the invocation.
public struct QueueDestination: Destination {
    /// The queue's resource name.
    public var name: String { queue.arn }
    private let queue: any MessageSink

    /// Sends them there.
    public init(_ queue: some MessageSink) { self.queue = queue }

    /// Sends a record.
    public func deliver(_ delivery: Delivery) async throws {
        try await queue.send(
            MessageEntry(
                body: String(decoding: delivery.record, as: UTF8.self),
                groupID: queue.isFIFO ? delivery.functionName : nil,
                deduplicationID: queue.isFIFO ? "\(delivery.invocationID)" : nil))
    }
}
