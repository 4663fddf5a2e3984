// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A function whose types are known.
@usableFromInline
package final class TypedRecord<Input: Sendable, Output: Sendable>: FunctionRecord, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is: all `let`, all `Sendable`.

    /// What the user gave, without a wrapper where that can be: each closure on the way to it costs.
    enum Handler: Sendable {
        case stateless(@Sendable (Input, InvocationContext) async throws -> Output)
        case stateful(@Sendable (Environment, Input, InvocationContext) async throws -> Output)
    }

    private let handler: Handler
    private let input: PayloadCodec<Input>
    private let output: PayloadCodec<Output>

    init(_ parts: RecordParts, input: PayloadCodec<Input>, output: PayloadCodec<Output>, handler: Handler) {
        self.handler = handler
        self.input = input
        self.output = output
        super.init(parts)
    }

    /// Runs the handler inside the middleware.
    @usableFromInline
    package func run(_ attempt: Attempt, _ input: Input) async throws -> Output {
        guard middleware.isEmpty else { return try await runInMiddleware(attempt, input) }
        switch handler {
        case .stateless(let handler): return try await handler(input, attempt.context)
        case .stateful(let handler): return try await handler(attempt.environment, input, attempt.context)
        }
    }

    /// Runs the handler, and leaves in the attempt how it ended.
    @inlinable @inline(__always)
    package func complete(_ attempt: Attempt, _ input: Input) async {
        do {
            attempt.result.put(try await run(attempt, input))
            attempt.end(nil)
        } catch {
            attempt.end(error)
        }
    }

    private func runInMiddleware(_ attempt: Attempt, _ input: Input) async throws -> Output {
        try await runIntercepted(by: middleware[...], input, attempt.context) { [self] input, context in
            switch handler {
            case .stateless(let handler): try await handler(input, context)
            case .stateful(let handler): try await handler(attempt.environment, input, context)
            }
        }
    }

    override func call(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?
    ) async throws -> [UInt8] {
        let result = ByteBox()
        // Decoding and encoding are the invocation's own work: under its permit and its deadline, where its handler runs.
        try await host.perform(self, options, id: id) { [self] attempt in
            let value = try input.read(payload, for: identity.name, host.coder)
            let given = try await marking { try await run(attempt, value) }
            let bytes = try output.write(given, for: identity.name, host.coder)
            guard bytes.count <= host.resultLimit else { throw FunctionHostError.resultTooLarge(identity.name, host) }
            result.put(bytes)
        }
        return result.take()
    }

    override func stream(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?,
        into channel: ResponseChannel<[UInt8]>
    ) async throws {
        try await channel.write(try await call(host, id, payload, options))
    }

    /// An input as the host's queue keeps it.
    func queued(_ value: Input, _ host: FunctionHost) throws(FunctionHostError) -> EventPayload {
        if let bytes = input.raw?(value) {
            try host.checkSize(bytes, of: self)
            return .bytes(bytes)
        }
        if host.dispatcher.traits.keepsValues { return .value(TypedValue(value)) }
        guard input.encode != nil, input.decode != nil else {
            throw FunctionHostError(
                .payloadUnencodable, functionName: identity.name,
                reason: "\(Input.self) is not Codable, and the queue's store keeps bytes; make it so")
        }
        let bytes: [UInt8]
        do { bytes = try input.write(value, for: identity.name, host.coder) } catch {
            throw FunctionHostError(
                .payloadUnencodable, functionName: identity.name, reason: error.reason, underlying: error.underlying)
        }
        try host.checkSize(bytes, of: self)
        return .bytes(bytes)
    }

    override func work(
        _ host: FunctionHost, _ attempt: Attempt, _ payload: EventPayload, wantsResult: Bool
    ) async throws -> [UInt8]? {
        let value: Input
        if case .value(let box) = payload, type(of: box) == TypedValue<Input>.self {
            value = unsafeDowncast(box, to: TypedValue<Input>.self).value
        } else {
            value = try input.readQueued(payload, for: identity.name, host.coder)
        }
        let given: Output
        do { given = try await run(attempt, value) } catch { throw HandlerError(error: error) }
        guard wantsResult else { return nil }
        // A result that nobody can read is told as nothing.
        guard output.encode != nil else { return Array("null".utf8) }
        let bytes = try output.write(given, for: identity.name, host.coder)
        guard bytes.count <= host.resultLimit else { throw FunctionHostError.resultTooLarge(identity.name, host) }
        return bytes
    }

    override func check(_ payload: [UInt8], _ coder: any PayloadCoder) throws {
        _ = try input.read(payload, for: identity.name, coder)
    }

}

/// A function that answers with a stream of chunks whose type is known.
final class StreamingRecord<Input: Sendable, Chunk: Sendable>: FunctionRecord, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is: all `let`, all `Sendable`.
    typealias Handler = @Sendable (Input, ResponseWriter<Chunk>, InvocationContext) async throws -> Void

    private let handler: Handler
    private let input = PayloadCodec<Input>()
    private let chunk = PayloadCodec<Chunk>()

    init(_ parts: RecordParts, handler: @escaping Handler) {
        self.handler = handler
        super.init(parts)
    }

    /// Runs the handler inside the middleware.
    func run(_ value: Input, _ writer: ResponseWriter<Chunk>, _ context: InvocationContext) async throws {
        try await runIntercepted(by: middleware[...], value, context) { [self] value, context in
            try await handler(value, writer, context)
        }
    }

    /// A plain invocation of a streaming function gathers its chunks into one JSON array.
    override func call(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?
    ) async throws -> [UInt8] {
        let result = ByteBox()
        result.put([UInt8(ascii: "[")])
        try await host.perform(self, options, id: id) { [self] attempt in
            let value = try input.read(payload, for: identity.name, host.coder)
            let writer = ResponseWriter<Chunk> { [self] given in
                let bytes = try chunk.write(given, for: identity.name, host.coder)
                let size = result.append(bytes, separator: UInt8(ascii: ","))
                guard size <= host.resultLimit else { throw FunctionHostError.resultTooLarge(identity.name, host) }
            }
            try await marking { try await run(value, writer, attempt.context) }
        }
        return result.take() + [UInt8(ascii: "]")]
    }

    /// An event's response is gathered into one JSON array if somebody wants it, and let go otherwise.
    override func work(
        _ host: FunctionHost, _ attempt: Attempt, _ payload: EventPayload, wantsResult: Bool
    ) async throws -> [UInt8]? {
        let value = try input.readQueued(payload, for: identity.name, host.coder)
        let result = ByteBox()
        result.put([UInt8(ascii: "[")])
        let writer = ResponseWriter<Chunk> { [self] given in
            guard wantsResult, chunk.encode != nil else { return }
            let bytes = try chunk.write(given, for: identity.name, host.coder)
            let size = result.append(bytes, separator: UInt8(ascii: ","))
            guard size <= host.resultLimit else { throw FunctionHostError.resultTooLarge(identity.name, host) }
        }
        try await marking { try await run(value, writer, attempt.context) }
        return wantsResult ? result.take() + [UInt8(ascii: "]")] : nil
    }

    override func stream(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?,
        into channel: ResponseChannel<[UInt8]>
    ) async throws {
        try await host.perform(self, options, id: id) { [self] attempt in
            let value = try input.read(payload, for: identity.name, host.coder)
            let writer = ResponseWriter<Chunk> { [self] given in
                let bytes = try chunk.write(given, for: identity.name, host.coder)
                guard bytes.count <= host.resultLimit else {
                    throw FunctionHostError.resultTooLarge(identity.name, host)
                }
                try await channel.write(bytes)
            }
            try await marking { try await run(value, writer, attempt.context) }
        }
    }

    override func check(_ payload: [UInt8], _ coder: any PayloadCoder) throws {
        _ = try input.read(payload, for: identity.name, coder)
    }

}

/// Marks what a handler throws on its way to a caller with bytes.
private func marking<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch {
        throw HandlerError(error: error)
    }
}

extension PayloadCodec {
    /// Decodes what waited in the queue, perhaps since another version of the program.
    fileprivate func readQueued(
        _ payload: EventPayload, for name: String, _ coder: any PayloadCoder
    ) throws(FunctionHostError) -> Value {
        guard decode != nil else {
            throw FunctionHostError(
                .payloadUndecodable, functionName: name, reason: "it takes \(Value.self), which is not Decodable")
        }
        let bytes: [UInt8]
        do { bytes = try payload.encoded(by: coder) } catch {
            throw FunctionHostError(
                .payloadUndecodable, functionName: name,
                reason: "a value of another type was waiting for it, which cannot be encoded", underlying: error)
        }
        return try read(bytes, for: name, coder)
    }

    /// Decodes what a caller sent, with whatever is wrong wrapped.
    fileprivate func read(_ bytes: [UInt8], for name: String, _ coder: any PayloadCoder) throws(FunctionHostError)
        -> Value
    {
        guard let decode else { preconditionFailure("bytes came for \(name), which takes none") }
        do {
            return try decode(bytes, coder)
        } catch {
            let empty = bytes.isEmpty ? "the payload is empty" : nil
            let fault = (error as? PayloadFault)?.description
            throw FunctionHostError(
                .payloadUndecodable, functionName: name,
                reason: empty ?? fault ?? "the coder refused it: \(type(of: error))", underlying: error)
        }
    }

    /// Encodes what a handler gave, with whatever is wrong wrapped.
    fileprivate func write(_ value: Value, for name: String, _ coder: any PayloadCoder) throws(FunctionHostError)
        -> [UInt8]
    {
        guard let encode else { preconditionFailure("bytes came for \(name), which gives none") }
        do {
            return try encode(value, coder)
        } catch {
            let fault = (error as? PayloadFault)?.description
            throw FunctionHostError(
                .resultUnencodable, functionName: name,
                reason: fault ?? "the coder refused it: \(type(of: error))", underlying: error)
        }
    }
}

extension FunctionHostError {
    fileprivate static func resultTooLarge(_ name: String, _ host: FunctionHost) -> Self {
        Self(
            .resultTooLarge, functionName: name,
            reason: "Response payload size exceeded maximum allowed payload size (\(host.resultLimit) bytes).")
    }
}
