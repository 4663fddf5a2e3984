// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How a queue's messages become batches.
///
/// Source: AWS Lambda API Reference, *CreateEventSourceMapping*; defaults and ranges are those for SQS.
public struct QueueMappingConfiguration: Sendable, Hashable {
    /// How many messages a batch has at most: 1 to 10,000, or to 10 of a FIFO queue. More than 10 need a ``batchingWindow`` of a
    /// second at least.
    public var batchSize = 10
    /// How long to wait for a batch to fill, from its first message; up to 300 seconds, and none for a FIFO queue.
    public var batchingWindow: Duration = .zero
    /// How many batches run at the same time at most, 2 to 1,000.
    public var maximumConcurrency = 1_000
    /// Whether the answer of a function that is mapped by name names messages that failed; otherwise any answer is success.
    /// A ``QueueBatchResult`` counts always.
    public var reportsBatchItemFailures = false

    /// Lambda's defaults.
    public init() {}

    /// What is impossible in it for a queue; nil if nothing is.
    func fault(isFIFO: Bool) -> String? {
        let largest = isFIFO ? 10 : 10_000
        if !(1...largest).contains(batchSize) {
            return "batchSize is \(batchSize); it must be 1 to \(largest)\(isFIFO ? " for a FIFO queue" : "")"
        }
        if batchingWindow < .zero || batchingWindow > .seconds(300) {
            return "batchingWindow is \(batchingWindow); it must be 0 to 300 seconds"
        }
        if isFIFO, batchingWindow > .zero { return "batchingWindow is \(batchingWindow); a FIFO queue has none" }
        if batchSize > 10, batchingWindow < .seconds(1) {
            return "batchSize is \(batchSize); more than 10 need a batchingWindow of 1 second at least"
        }
        if !(2...1_000).contains(maximumConcurrency) {
            return "maximumConcurrency is \(maximumConcurrency); it must be 2 to 1,000"
        }
        return nil
    }

    func check(_ functionName: String, isFIFO: Bool) throws(FunctionHostError) {
        guard let fault = fault(isFIFO: isFIFO) else { return }
        throw FunctionHostError(.invalidConfiguration, functionName: functionName, reason: fault)
    }
}
