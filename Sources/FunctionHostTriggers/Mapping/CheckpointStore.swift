// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How far a mapping has come in a shard.
public enum ShardCheckpoint: Sendable, Hashable {
    /// Everything before this is done.
    case position(StreamPosition)
    /// Everything before this is done, and a window is open with what the function made of it so far.
    case inWindow(OpenWindow, StreamPosition)
    /// The shard is closed, and all of it is done.
    case finished
}

/// Where mappings keep how far they have come, so that they go on there when they begin again.
public protocol CheckpointStore: Sendable {
    /// How far a mapping has come in each shard that it has begun with.
    func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint]

    /// Keeps how far a mapping has come in a shard; safe when this returns.
    func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws

    /// Forgets a mapping.
    func forget(_ mapping: String) async throws
}

/// Keeps checkpoints for as long as the process lives.
public final class InMemoryCheckpoints: CheckpointStore {
    private let all = Mutex<[String: [ShardID: ShardCheckpoint]]>([:])

    /// Starts empty.
    public init() {}

    /// How far a mapping has come in each shard that it has begun with.
    public func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        all.withLock { $0[mapping] ?? [:] }
    }

    /// Keeps how far a mapping has come in a shard.
    public func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        all.withLock { $0[mapping, default: [:]][shard] = checkpoint }
    }

    /// Forgets a mapping.
    public func forget(_ mapping: String) async throws { all.withLock { $0[mapping] = nil } }
}
