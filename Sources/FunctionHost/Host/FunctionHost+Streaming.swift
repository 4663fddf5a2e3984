// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionHost {
    /// Streams a function's response: `body` reads the chunks while the handler writes them.
    ///
    /// The handler is a child of the calling task. When `body` is left the invocation is cancelled and waited for, so
    /// nothing goes on behind the caller's back.
    ///
    /// - Parameters:
    ///   - function: What `register` returned, or a reference by name.
    ///   - input: Handed over as it is.
    ///   - options: A deadline of the caller's, what to do when a limit is reached, what to send along.
    ///   - body: Reads the chunks.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws. Through the stream: the handler's error, unchanged, after the chunks before it, or
    ///   ``FunctionHostError`` as `timedOut` and the like. Before `body` is called: ``FunctionHostError`` as `notFound`,
    ///   `typeMismatch`, `throttled` or `shuttingDown`.
    /// - Source: AWS Lambda API Reference, *InvokeWithResponseStream*. Unlike there, a reader who leaves ends the invocation.
    public func stream<Input: Sendable, Chunk: Sendable, Result>(
        _ function: StreamingFunction<Input, Chunk>, with input: Input, options: InvocationOptions? = nil,
        _ body: (ResponseStream<Chunk>) async throws -> Result
    ) async throws -> Result {
        let record = try resolve(function)
        let invocation = try await admit(record, nextID(), options.map { CallerOptions($0, now: time.now) })
        return try await withChannel(of: Chunk.self, body) { channel in
            let writer = ResponseWriter<Chunk> { try await channel.write($0) }
            try await self.execute(invocation) { try await record.run(input, writer, $0.context) }
        }
    }

    /// Runs a writer and a reader of chunks side by side; the reader's end is the end of both.
    func withChannel<Chunk: Sendable, Result>(
        of type: Chunk.Type, _ body: (ResponseStream<Chunk>) async throws -> Result,
        writing write: @escaping @Sendable (ResponseChannel<Chunk>) async throws -> Void
    ) async throws -> Result {
        let channel = ResponseChannel<Chunk>(capacity: configuration.streamBuffer)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await write(channel)
                    channel.finish(nil)
                } catch {
                    channel.finish(error.unmarked)
                }
            }
            defer {
                // The group waits for the writer after this.
                channel.close()
                group.cancelAll()
            }
            return try await body(ResponseStream(channel: channel))
        }
    }

    private func resolve<Input: Sendable, Chunk: Sendable>(
        _ function: StreamingFunction<Input, Chunk>
    ) throws(FunctionHostError) -> StreamingRecord<Input, Chunk> {
        if let record = function.registration as? StreamingRecord<Input, Chunk>,
            record.hostID == ObjectIdentifier(self), record.isLive
        {
            return record
        }
        guard function.qualifier == .latest else { throw .notFound("\(function.name):\(function.qualifier)") }
        let record = try record(named: function.name)
        guard let typed = record as? StreamingRecord<Input, Chunk> else {
            throw .typeMismatch(record, asked: FunctionSignature.text(Input.self, Chunk.self, isStreaming: true))
        }
        return typed
    }
}
