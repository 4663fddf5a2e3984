// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Checkpoints in a store that survives the process, such as one in a file.
public struct StoredCheckpoints: CheckpointStore {
    private let store: any ProgressStore

    /// Keeps checkpoints there, those of each mapping under its name.
    public init(in store: any ProgressStore) { self.store = store }

    /// How far a mapping has come in each shard that it has begun with.
    ///
    /// - Throws: What the store throws; ``SourceError`` as `other` if something is kept that is no checkpoint.
    public func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        var checkpoints: [ShardID: ShardCheckpoint] = [:]
        for (shard, text) in try await store.progress(of: owner(mapping)) {
            guard let checkpoint = ShardCheckpoint(text) else {
                throw SourceError(.other, reason: "“\(text)” is kept for \(shard) of \(mapping), and is no checkpoint")
            }
            checkpoints[ShardID(shard)] = checkpoint
        }
        return checkpoints
    }

    /// Keeps how far a mapping has come in a shard.
    public func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        try await store.keep(checkpoint.text, for: shard.description, of: owner(mapping))
    }

    /// Forgets a mapping.
    public func forget(_ mapping: String) async throws { try await store.forgetProgress(of: owner(mapping)) }

    private func owner(_ mapping: String) -> String { "mapping \(mapping)" }
}

extension ShardCheckpoint {
    /// As people may read it in the store: `finished`, `oldest`, `latest`, or a word and a number.
    var text: String {
        switch self {
        case .finished: "finished"
        case .position(.oldest): "oldest"
        case .position(.latest): "latest"
        case .position(.at(let time)): "at \(time.nanoseconds)"
        case .position(.from(let number)): "from \(number)"
        case .position(.after(let number)): "after \(number)"
        }
    }

    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("finished", 1): self = .finished
        case ("oldest", 1): self = .position(.oldest)
        case ("latest", 1): self = .position(.latest)
        case ("at", 2):
            guard let nanoseconds = Int64(words[1]) else { return nil }
            self = .position(.at(Timestamp(nanoseconds: nanoseconds)))
        case ("from", 2):
            guard let number = SequenceNumber(words[1]) else { return nil }
            self = .position(.from(number))
        case ("after", 2):
            guard let number = SequenceNumber(words[1]) else { return nil }
            self = .position(.after(number))
        default: return nil
        }
    }
}
