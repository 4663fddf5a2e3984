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
    /// As people may read it in the store: `finished`, a position, or a position and the window that is open there.
    var text: String {
        switch self {
        case .finished: "finished"
        case .position(let position): position.text
        case .inWindow(let window, let position): "\(position.text), \(window.text)"
        }
    }

    init?(_ text: String) {
        if text == "finished" {
            self = .finished
            return
        }
        let parts = text.split(separator: ", ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let position = StreamPosition(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self = .position(position)
            return
        }
        guard let window = OpenWindow(parts[1]) else { return nil }
        self = .inWindow(window, position)
    }
}

extension StreamPosition {
    /// `oldest`, `latest`, or a word and a number.
    fileprivate var text: String {
        switch self {
        case .oldest: "oldest"
        case .latest: "latest"
        case .at(let time): "at \(time.nanoseconds)"
        case .from(let number): "from \(number)"
        case .after(let number): "after \(number)"
        }
    }

    fileprivate init?(_ text: Substring) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("oldest", 1): self = .oldest
        case ("latest", 1): self = .latest
        case ("at", 2):
            guard let nanoseconds = Int64(words[1]) else { return nil }
            self = .at(Timestamp(nanoseconds: nanoseconds))
        case ("from", 2):
            guard let number = SequenceNumber(words[1]) else { return nil }
            self = .from(number)
        case ("after", 2):
            guard let number = SequenceNumber(words[1]) else { return nil }
            self = .after(number)
        default: return nil
        }
    }
}

extension OpenWindow {
    /// `window`, its first and last moment, and its state: as text where it is some, which JSON is, or in base 64.
    fileprivate var text: String {
        let times = "window \(window.start.nanoseconds) \(window.end.nanoseconds)"
        guard let state else { return times }
        // Where a store keeps text, a zero may be the end of it.
        // And a mark at its beginning would become one character with the space before it, which is looked for when it is read.
        let isPlain = !state.contains(0) && state.first ?? 0 < 0x80
        if isPlain, let text = String(validating: state, as: UTF8.self) { return "\(times) text \(text)" }
        let encoded = ByteCursor.write(atMost: Base64.size(of: state.count)) { $0.putBase64(state) }
        return "\(times) base64 \(String(decoding: encoded, as: UTF8.self))"
    }

    fileprivate init?(_ text: Substring) {
        let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 3 || words.count == 5, words[0] == "window", let start = Int64(words[1]),
            let end = Int64(words[2]), start < end
        else { return nil }
        self.init(TumblingWindow(start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: end)))
        guard words.count == 5 else { return }
        switch words[3] {
        case "text": state = Array(words[4].utf8)
        case "base64":
            guard let decoded = Base64.decoded(Array(words[4].utf8)) else { return nil }
            state = decoded
        default: return nil
        }
    }
}
