// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Records of one shard, as a function in this process is given them: nothing is encoded or copied.
public struct StreamBatch: Sendable {
    /// In order; empty only at the end of a tumbling window.
    public let records: [StreamRecord]
    /// Where they are from.
    public let shard: ShardID

    /// What is told of its window.
    let turn: WindowTurn?

    /// Makes a batch; mappings do, and tests of handlers.
    public init(records: [StreamRecord], shard: ShardID) { self.init(records: records, shard: shard, turn: nil) }

    init(records: [StreamRecord], shard: ShardID, turn: WindowTurn?) {
        self.records = records
        self.shard = shard
        self.turn = turn
    }
}

/// Runs a function with a batch, in one of the ways in which functions take them.
struct BatchRunner<Batch: Sendable>: Sendable {
    let functionName: String
    /// Whether it keeps the state of tumbling windows; nil if it does where there are some.
    var keepsState: Bool? = false
    /// Throws what the invocation throws; the answer in bytes counts only where failures are reported in it.
    let run: @Sendable (FunctionHost, Batch, _ reportsFailures: Bool) async throws -> BatchReply

    /// How a batch went that could not be brought to an end, as far as its source has to know.
    func outcome(_ error: any Error, on host: FunctionHost) -> BatchOutcome {
        if let failure = error as? FunctionFailure {
            // Cut off by a shutdown: not the function's doing.
            let isCutOff = (failure.error as? FunctionHostError)?.code == .interrupted && host.phase != .running
            return isCutOff ? .interrupted : .failed(from: nil)
        }
        if error is CancellationError { return Task.isCancelled ? .interrupted : .failed(from: nil) }
        guard let error = error as? FunctionHostError else { return .failed(from: nil) }
        return switch error.code {
        // Of an invocation of its own, a handler may pass such errors on: then they are the handler's. This host says these ones
        // only in its shutdown.
        case .interrupted, .shuttingDown: host.phase == .running ? .failed(from: nil) : .interrupted
        case .throttled, .notFound, .notRunning: error.functionName == functionName ? .notRun : .failed(from: nil)
        default: .failed(from: nil)
        }
    }
}

/// The function was run, and failed.
struct FunctionFailure: Error {
    let error: (any Error)?
}

extension BatchRunner {
    /// A function by name, which is given an event in bytes.
    init(named name: String, event: @escaping @Sendable (Batch) -> [UInt8]) {
        self.init(functionName: name) { host, batch, reportsFailures in
            let response = try await host.invoke(named: name, payload: event(batch))
            if response.functionError != nil { throw FunctionFailure(error: response.error) }
            return BatchReply(reportsFailures ? BatchAnswer(response.payload, coder: host.coder) : .succeeded)
        }
    }

    /// A function that is given the batch as it is.
    init<Output: Sendable>(
        _ function: Function<Batch, Output>, answer: @escaping @Sendable (Output) -> BatchAnswer
    ) {
        self.init(functionName: function.name) { host, batch, _ in
            BatchReply(answer(try await host.invoke(function, with: batch)))
        }
    }
}
