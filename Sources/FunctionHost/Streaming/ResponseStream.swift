// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The chunks of a streaming function's response, as its handler writes them.
///
/// The handler is never further ahead than ``FunctionHost/Configuration/streamBuffer`` chunks. If it throws, the error
/// arrives after the chunks that it wrote before.
public struct ResponseStream<Chunk: Sendable>: AsyncSequence, Sendable {
    private let channel: ResponseChannel<Chunk>

    package init(channel: ResponseChannel<Chunk>) { self.channel = channel }

    /// Begins to read; each chunk goes to one reader.
    public func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

    /// Reads chunks one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let channel: ResponseChannel<Chunk>

        /// The next chunk, waiting for it; nil at the end.
        ///
        /// - Throws: The handler's error; ``FunctionHostError``; `CancellationError`.
        public mutating func next() async throws -> Chunk? { try await channel.read() }
    }
}
