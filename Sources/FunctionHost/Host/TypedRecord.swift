// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A function whose types are known.
@usableFromInline
package final class TypedRecord<Input: Sendable, Output: Sendable>: FunctionRecord, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is: all `let`, all `Sendable`.
    package typealias Handler = @Sendable (Environment, Input, InvocationContext) async throws -> Output

    private let handler: Handler
    private let input: PayloadCodec<Input>
    private let output: PayloadCodec<Output>

    init(_ parts: RecordParts, input: PayloadCodec<Input>, output: PayloadCodec<Output>, handler: @escaping Handler) {
        self.handler = handler
        self.input = input
        self.output = output
        super.init(parts)
    }

    /// Runs the handler inside the middleware.
    @usableFromInline
    package func run(_ environment: Environment, _ value: Input, _ context: InvocationContext) async throws -> Output {
        if middleware.isEmpty { return try await handler(environment, value, context) }
        return try await runIntercepted(by: middleware[...], value, context) { value, context in
            try await handler(environment, value, context)
        }
    }

    override func call(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?
    ) async throws -> [UInt8] {
        let result = ByteBox()
        // Decoding and encoding are the invocation's own work: under its permit and its deadline, where its handler runs.
        try await host.perform(self, options, id: id) { [self] environment, context in
            let value = try decoding(identity.name) { try decode(payload, host.coder) }
            let given = try await run(environment, value, context)
            let bytes = try encoding(identity.name) { try encode(given, host.coder) }
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

    override func check(_ payload: [UInt8], _ coder: any PayloadCoder) throws {
        _ = try decoding(identity.name) { try decode(payload, coder) }
    }

    private func decode(_ bytes: [UInt8], _ coder: any PayloadCoder) throws -> Input {
        guard let decode = input.decode else {
            throw PayloadFault(place: "the top level", reason: "\(Input.self) is not Decodable")
        }
        return try decode(bytes, coder)
    }

    private func encode(_ value: Output, _ coder: any PayloadCoder) throws -> [UInt8] {
        guard let encode = output.encode else {
            throw PayloadFault(place: "the top level", reason: "\(Output.self) is not Encodable")
        }
        return try encode(value, coder)
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
        try await runIntercepted(by: middleware[...], value, context) { value, context in
            try await handler(value, writer, context)
        }
    }

    /// A plain invocation of a streaming function gathers its chunks into one JSON array.
    override func call(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?
    ) async throws -> [UInt8] {
        let result = ByteBox()
        result.put([UInt8(ascii: "[")])
        try await host.perform(self, options, id: id) { [self] _, context in
            let value = try decoding(identity.name) { try decode(payload, host.coder) }
            let writer = ResponseWriter<Chunk> { [self] given in
                let bytes = try encoding(identity.name) { try encode(given, host.coder) }
                let size = result.append(bytes, separator: UInt8(ascii: ","))
                guard size <= host.resultLimit else { throw FunctionHostError.resultTooLarge(identity.name, host) }
            }
            try await run(value, writer, context)
        }
        return result.take() + [UInt8(ascii: "]")]
    }

    override func stream(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?,
        into channel: ResponseChannel<[UInt8]>
    ) async throws {
        try await host.perform(self, options, id: id) { [self] _, context in
            let value = try decoding(identity.name) { try decode(payload, host.coder) }
            let writer = ResponseWriter<Chunk> { [self] given in
                let bytes = try encoding(identity.name) { try encode(given, host.coder) }
                guard bytes.count <= host.resultLimit else {
                    throw FunctionHostError.resultTooLarge(identity.name, host)
                }
                try await channel.write(bytes)
            }
            try await run(value, writer, context)
        }
    }

    override func check(_ payload: [UInt8], _ coder: any PayloadCoder) throws {
        _ = try decoding(identity.name) { try decode(payload, coder) }
    }

    private func decode(_ bytes: [UInt8], _ coder: any PayloadCoder) throws -> Input {
        guard let decode = input.decode else {
            throw PayloadFault(place: "the top level", reason: "\(Input.self) is not Decodable")
        }
        return try decode(bytes, coder)
    }

    private func encode(_ value: Chunk, _ coder: any PayloadCoder) throws -> [UInt8] {
        guard let encode = chunk.encode else {
            throw PayloadFault(place: "the top level", reason: "\(Chunk.self) is not Encodable")
        }
        return try encode(value, coder)
    }
}

/// Wraps whatever a decoder throws.
private func decoding<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw FunctionHostError(
            .payloadUndecodable, functionName: name,
            reason: (error as? PayloadFault)?.description ?? "the coder refused it: \(type(of: error))",
            underlying: error)
    }
}

/// Wraps whatever an encoder throws.
private func encoding<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw FunctionHostError(
            .resultUnencodable, functionName: name,
            reason: (error as? PayloadFault)?.description ?? "the coder refused it: \(type(of: error))",
            underlying: error)
    }
}

extension FunctionHostError {
    fileprivate static func resultTooLarge(_ name: String, _ host: FunctionHost) -> Self {
        Self(
            .resultTooLarge, functionName: name,
            reason: "Response payload size exceeded maximum allowed payload size (\(host.resultLimit) bytes).")
    }
}
