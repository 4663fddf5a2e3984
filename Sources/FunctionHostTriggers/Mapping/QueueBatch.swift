// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Messages of a queue, as a function in this process is given them: nothing is encoded or copied.
public struct QueueBatch: Sendable {
    /// Of a FIFO queue those of one group are in order; never empty.
    public let messages: [QueueMessage]

    /// Makes a batch; mappings do, and tests of handlers.
    public init(messages: [QueueMessage]) { self.messages = messages }
}

/// What a function says of a batch of messages.
public enum QueueBatchResult: Sendable, Hashable {
    /// All of it is done.
    case succeeded
    /// The messages of these ids are to be received again, the others are done.
    case failed(Set<String>)
}

/// What becomes of a batch's messages after a run.
enum QueueVerdict: Sendable {
    /// These are done; the others stay invisible as long as a message that nobody deletes.
    case done([Receipt], left: [Receipt])
    /// It was not run: it is tried again, and nobody has received it meanwhile.
    case notRun
    /// The host cut it off: they are visible again at once.
    case interrupted

    /// - Parameters:
    ///   - answer: What the function said, or nil if it failed.
    init(_ answer: BatchAnswer?, _ batch: QueueBatch) {
        let all = batch.messages.map(\.receipt)
        switch answer {
        case nil, .allFailed: self = .done([], left: all)
        case .succeeded: self = .done(all, left: [])
        case .failed(let ids):
            let failed = Set(ids)
            // One that is not in the batch tells nothing of any message.
            guard failed.isSubset(of: batch.messages.map(\.id)) else {
                self = .done([], left: all)
                return
            }
            self = .done(
                batch.messages.filter { !failed.contains($0.id) }.map(\.receipt),
                left: batch.messages.filter { failed.contains($0.id) }.map(\.receipt))
        }
    }
}
