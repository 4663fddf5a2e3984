// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// How a stream's records become batches, and what is done with those that fail.
///
/// Source: AWS Lambda API Reference, *CreateEventSourceMapping*; defaults and ranges are those for Kinesis.
public struct StreamMappingConfiguration: Sendable {
    /// Where to begin in the shards that are there at first, if nothing is known of an earlier run. Shards that come later, from
    /// a split or a merge, are read from their beginning.
    public var startingPosition: StartingPosition
    /// How many records a batch has at most; 1 to 10,000.
    public var batchSize = 100
    /// How long to wait for a batch to fill, from the end of the one before it; up to 300 seconds. None at all takes what is
    /// there.
    public var batchingWindow: Duration = .zero
    /// How long the windows are whose records the function reckons together, 1 second to 15 minutes; nil for none. The function is
    /// given what it answered before, and told when a window is over. Only one batch of a shard runs at a time then.
    public var tumblingWindow: Duration?
    /// How many batches of one shard run at the same time, 1 to 10. Records of one partition key stay in order.
    public var parallelizationFactor = 1
    /// How often a batch that failed is tried again; nil for until it succeeds or is too old. Up to 10,000.
    public var maximumRetryAttempts: Int?
    /// How old a record may be that is tried, 60 seconds to 7 days; nil for any age: what was read is tried until it succeeds,
    /// though the stream keep it no longer.
    public var maximumRecordAge: Duration?
    /// Whether a batch that failed is split in two, each half then tried by itself; a split is no retry.
    public var bisectBatchOnFunctionError = false
    /// Whether the answer of a function that is mapped by name names records that failed; otherwise any answer is success.
    /// A ``StreamBatchResult`` counts always.
    public var reportsBatchItemFailures = false
    /// The time between tries of one batch: the base, doubled each time, up to the maximum, both positive.
    public var retryDelay: (base: Duration, maximum: Duration) = (.seconds(1), .seconds(30))

    /// Where reading begins.
    public enum StartingPosition: Sendable, Hashable {
        /// With the oldest record that is kept (`TRIM_HORIZON`).
        case oldest
        /// With what comes from now on (`LATEST`).
        case latest
        /// With what arrived at a time or later (`AT_TIMESTAMP`).
        case at(Timestamp)
    }

    /// Lambda's defaults.
    public init(startingPosition: StartingPosition) { self.startingPosition = startingPosition }

    /// What is impossible in it; nil if nothing is.
    var fault: String? {
        if !(1...10_000).contains(batchSize) { return "batchSize is \(batchSize); it must be 1 to 10,000" }
        if batchingWindow < .zero || batchingWindow > .seconds(300) {
            return "batchingWindow is \(batchingWindow); it must be 0 to 300 seconds"
        }
        if !(1...10).contains(parallelizationFactor) {
            return "parallelizationFactor is \(parallelizationFactor); it must be 1 to 10"
        }
        if let window = tumblingWindow {
            if window < .seconds(1) || window > .seconds(900) || window.components.attoseconds != 0 {
                return "tumblingWindow is \(window); it must be 1 to 900 whole seconds, or nil"
            }
            if parallelizationFactor > 1 {
                return "parallelizationFactor is \(parallelizationFactor); with a tumblingWindow it must be 1"
            }
        }
        if let attempts = maximumRetryAttempts, !(0...10_000).contains(attempts) {
            return "maximumRetryAttempts is \(attempts); it must be 0 to 10,000, or nil"
        }
        if let age = maximumRecordAge, age < .seconds(60) || age > .seconds(604_800) {
            return "maximumRecordAge is \(age); it must be 60 seconds to 7 days, or nil"
        }
        if retryDelay.base <= .zero || retryDelay.maximum < retryDelay.base {
            return "retryDelay is \(retryDelay); both must be positive, and the maximum no shorter than the base"
        }
        return nil
    }
}
