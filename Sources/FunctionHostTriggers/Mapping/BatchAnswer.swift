// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a function says of a batch where it can say it in types: which item is to be tried again.
public enum StreamBatchResult: Sendable, Hashable {
    /// All of it is done.
    case succeeded
    /// Everything before this record is done; it and all after it are tried again.
    case failed(from: SequenceNumber)
}

/// What a function answered to a batch, by the rules of partial batch responses.
///
/// Source: AWS Lambda Developer Guide, *Configuring partial batch response*; odd cases as recorded from the service.
enum BatchAnswer: Equatable {
    case succeeded
    /// The items that failed, by id; never empty.
    case failed([String])
    /// The whole batch failed: an id is missing or empty, or this is no such answer at all.
    case allFailed

    /// Reads an answer in bytes.
    init(_ bytes: [UInt8], coder: any PayloadCoder) {
        let first = bytes.first { !(($0 >= 0x09 && $0 <= 0x0D && $0 != 0x0B && $0 != 0x0C) || $0 == 0x20) }
        // Nothing, null, a text or a list: a function that has nothing to say of its items.
        guard first == UInt8(ascii: "{") else {
            self = first == nil || JSONText.isValid(bytes, maximumDepth: 128) ? .succeeded : .allFailed
            return
        }
        guard let answer = try? coder.decode(Wire.self, from: bytes) else {
            self = .allFailed
            return
        }
        let ids = answer.items.map(\.id)
        if ids.isEmpty {
            self = .succeeded
        } else if ids.contains(where: { $0?.isEmpty ?? true }) {
            self = .allFailed
        } else {
            self = .failed(ids.compactMap { $0 })
        }
    }

    private struct Wire: Decodable {
        let items: [Item]

        private enum Key: String, CodingKey { case batchItemFailures }

        init(from decoder: any Decoder) throws {
            items =
                try decoder.container(keyedBy: Key.self).decodeIfPresent([Item].self, forKey: .batchItemFailures) ?? []
        }
    }

    private struct Item: Decodable {
        let id: String?

        private enum Key: String, CodingKey { case itemIdentifier }

        init(from decoder: any Decoder) throws {
            id = try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .itemIdentifier)
        }
    }
}

/// What came of a run: what is done, and what the function is to be given next.
struct BatchReply: Sendable {
    let answer: BatchAnswer
    /// What was made of the window so far; nil where there is none.
    var state: [UInt8]?

    init(_ answer: BatchAnswer, state: [UInt8]? = nil) {
        self.answer = answer
        self.state = state
    }
}

extension BatchOutcome {
    /// How a batch of a stream went, by the function's answer.
    init(_ answer: BatchAnswer, _ batch: RecordBatch) {
        switch answer {
        case .succeeded: self = .succeeded
        case .allFailed: self = .failed(from: batch.records.first?.sequenceNumber)
        case .failed(let ids):
            let numbers = ids.map { SequenceNumber($0) }
            let known = Set(batch.records.map(\.sequenceNumber))
            // One that is not in the batch tells nothing of any record.
            guard numbers.allSatisfy({ $0.map(known.contains) ?? false }) else {
                self = .failed(from: batch.records.first?.sequenceNumber)
                return
            }
            self = .failed(from: numbers.compactMap { $0 }.min())
        }
    }
}
