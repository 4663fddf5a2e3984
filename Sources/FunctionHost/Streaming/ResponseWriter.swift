// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where a streaming handler puts its response, chunk by chunk.
public struct ResponseWriter<Chunk: Sendable>: Sendable {
    private let send: @Sendable (Chunk) async throws -> Void

    /// Makes a writer that hands each chunk to `send`; hosts do, and unit tests of handlers.
    public init(_ send: @escaping @Sendable (Chunk) async throws -> Void) { self.send = send }

    /// Writes a chunk; waits while the reader is behind by the size of the buffer.
    ///
    /// - Throws: `CancellationError` when the invocation is cancelled, as it is when its reader leaves;
    ///   ``FunctionHostError`` as `streamClosed` if nobody reads any more.
    public func write(_ chunk: Chunk) async throws { try await send(chunk) }
}
