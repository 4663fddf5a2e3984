// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What an event source mapping tells the host's observers, by ``/FunctionHost/HostEvent/service(_:)``.
public struct MappingEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable {
        /// A batch's run has ended. The age is that of its last record, `IteratorAge`.
        case batchEnded(records: Int, result: BatchResult, iteratorAge: Duration)
        /// Records are not tried again, and their destination has been told.
        case discarded(records: Int, condition: String)
        /// The destination could not be told of records that are not tried again.
        case destinationFailed(records: Int, reason: String)
        /// The source could not be read, or not be told what became of messages; it is asked again, or tells them again.
        case sourceFailed(reason: String)
        /// How far the mapping has come could not be kept; it is tried again with the next batch.
        case checkpointFailed(reason: String)
    }

    /// How a batch's run ended.
    public enum BatchResult: String, Sendable {
        /// All of it is done.
        case succeeded
        /// The function failed.
        case failed
        /// The function answered that some of it failed.
        case partlyFailed
        /// It was not run: there was no room, or the host failed.
        case notRun
        /// The host cut it off.
        case interrupted
    }

    /// The mapping's name.
    public let serviceName: String
    /// The shard; nil if it is about all of them, or about a queue.
    public let shard: ShardID?
    /// What happened.
    public let kind: Kind

    /// Name, shard and what happened, in a line.
    public var description: String {
        let place = shard.map { "\(serviceName) \($0)" } ?? serviceName
        return switch kind {
        case .batchEnded(let records, let result, let age):
            "\(place): \(records) records \(result.rawValue), the last one \(age) old"
        case .discarded(let records, let condition): "\(place): \(records) records discarded: \(condition)"
        case .destinationFailed(let records, let reason):
            "\(place): the destination was not told of \(records) records: \(reason)"
        case .sourceFailed(let reason): "\(place): the source failed: \(reason)"
        case .checkpointFailed(let reason): "\(place): the checkpoint was not kept: \(reason)"
        }
    }
}
