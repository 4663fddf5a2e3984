// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Threads for calls of the system that block: those that tasks run on are not held up by a disk.
final class FileThreads: Sendable {
    private let executor: BulkheadExecutor
    private let limit: Int
    /// How many calls are under way or wait for a thread.
    private let count = Atomic(0)

    /// - Parameters:
    ///   - threads: How many there are at most; they are started when they are needed.
    ///   - limit: How many calls may be under way or wait; more are refused.
    init(threads: Int, limit: Int) {
        executor = BulkheadExecutor(maximumThreads: threads)
        self.limit = limit
    }

    /// Does something on one of the threads.
    ///
    /// It is done to its end, though the task be cancelled: a file is written or it is not.
    ///
    /// - Throws: What `body` throws; ``ObjectError`` as `full` if too many wait.
    func perform<Value: Sendable>(
        _ body: @Sendable () throws(ObjectError) -> Value
    ) async throws(ObjectError) -> Value {
        defer { count.subtract(1, ordering: .relaxed) }
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            throw ObjectError(.full, reason: "\(limit) calls wait for the disk already; try again when some have ended")
        }
        return try await withTaskExecutorPreference(executor) { () async throws(ObjectError) -> Value in
            try await Self.run(body)
        }
    }

    /// Hops to the executor, wherever the caller is.
    @concurrent private static func run<Value: Sendable>(
        _ body: @Sendable () throws(ObjectError) -> Value
    ) async throws(ObjectError) -> Value {
        try body()
    }
}
