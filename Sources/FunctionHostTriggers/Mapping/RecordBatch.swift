// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a shard's state machine goes by.
struct ShardRules: Sendable {
    let batchSize: Int
    let batchBytes: Int
    let batchingWindow: Duration
    let tumblingWindow: Duration?
    let parallelizationFactor: Int
    let maximumRetryAttempts: Int?
    let maximumRecordAge: Duration?
    let bisects: Bool
    let reportsFailures: Bool
    let retryDelay: ExponentialDelay

    /// - Parameter batchBytes: How large an event may become.
    init(_ configuration: StreamMappingConfiguration, batchBytes: Int) {
        batchSize = configuration.batchSize
        tumblingWindow = configuration.tumblingWindow
        // A window's state goes along.
        self.batchBytes = tumblingWindow == nil ? batchBytes : max(batchBytes / 2, batchBytes - OpenWindow.stateLimit)
        batchingWindow = configuration.batchingWindow
        parallelizationFactor = configuration.parallelizationFactor
        maximumRetryAttempts = configuration.maximumRetryAttempts
        maximumRecordAge = configuration.maximumRecordAge
        bisects = configuration.bisectBatchOnFunctionError
        reportsFailures = configuration.reportsBatchItemFailures
        retryDelay = ExponentialDelay(
            base: configuration.retryDelay.base, maximum: configuration.retryDelay.maximum, jitter: .none)
    }

    /// What records take in an event at most.
    func bytes(of records: some Sequence<StreamRecord>) -> Int { records.reduce(0) { $0 + bytes(of: $1) } }

    /// What a record takes in an event at most: its data in base 64, its key, which may have to be escaped, and what is around.
    func bytes(of record: StreamRecord) -> Int {
        record.data.count / 3 * 4 + 4 + record.partitionKey.utf8.count * 6 + 512
    }
}

/// Records that a function is invoked with together.
struct RecordBatch: Sendable {
    /// Tells it from others of the shard; what a batch is split into has the same.
    let number: Int
    let lane: Int
    /// In order; empty only at the end of a window.
    var records: [StreamRecord]
    /// What they take in an event at most.
    var bytes = 0
    /// Whether a window is over, and this tells the function.
    var isFinal = false
    /// The window it is run in, and what is known of it by then.
    var window: WindowTurn?
    /// How often it has failed and was charged for it.
    var runs = 0
}

/// How the run of a batch ended.
enum BatchOutcome: Sendable {
    case succeeded
    /// The function failed: all of it, or, by its answer, from this record on.
    case failed(from: SequenceNumber?)
    /// It was not run, which counts for nothing: no room, or a fault of the host's.
    case notRun
    /// The host cut it off; whoever goes on begins with it.
    case interrupted
}

/// Records that are not tried again.
struct DiscardedBatch: Sendable {
    enum Condition: String, Sendable {
        case retryAttemptsExhausted = "RetryAttemptsExhausted"
        case recordAgeExceeded = "RecordAgeExceeded"
    }

    let lane: Int
    let records: [StreamRecord]
    let condition: Condition
    /// How often the function was run with it; 1 also if it never was, as the service says.
    let invokeCount: Int
    /// Whether the last run is told of.
    let hasRun: Bool
    /// Whether the function's answer said that it failed, and not an error.
    let isByAnswer: Bool
    /// The window it was run in.
    let window: WindowTurn?
}
