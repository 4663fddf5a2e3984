// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FunctionHost {
    /// Registers a closure as a function; at any time before the host shuts down.
    ///
    /// ```swift
    /// let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
    /// ```
    ///
    /// `Void` will do as input and as output. Types that are `Codable` can be invoked by name with bytes as well.
    ///
    /// - Parameters:
    ///   - function: Its name, 1 to 64 of `A-Z a-z 0-9 _ -`.
    ///   - configuration: How it is run.
    ///   - middleware: Interceptors inside the host's own; the first is the outermost.
    ///   - handler: What it does.
    /// - Returns: The reference to invoke it with.
    /// - Throws: ``FunctionHostError`` as `invalidName`, `alreadyRegistered`, `invalidConfiguration` or `shuttingDown`.
    @discardableResult
    public func register<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>,
        configuration: FunctionConfiguration = .init(),
        middleware: [any Middleware] = [],
        handler: @escaping @Sendable (Input, InvocationContext) async throws -> Output
    ) throws(FunctionHostError) -> Function<Input, Output> {
        try add(function, configuration, middleware, .stateless, handler: .stateless(handler))
    }

    /// Registers a closure with state that each execution environment makes for itself and lends to one handler at a time.
    ///
    /// ```swift
    /// try host.register("thumbnail", environment: { _ in try Renderer() }) { renderer, job, _ in
    ///     try renderer.render(job)       // `renderer` need not be Sendable, and is warm the second time
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - function: Its name.
    ///   - configuration: How it is run.
    ///   - middleware: Interceptors inside the host's own.
    ///   - makeState: Runs on a cold start, for ``FunctionConfiguration/initTimeout`` at most. If it throws, the caller gets
    ///     ``FunctionHostError/Code/initFailed`` and the next invocation tries again.
    ///   - shutdown: Runs when the environment ends, for ``FunctionConfiguration/shutdownTimeout`` at most.
    ///   - handler: What it does.
    /// - Returns: The reference to invoke it with.
    /// - Throws: ``FunctionHostError`` as `invalidName`, `alreadyRegistered`, `invalidConfiguration` or `shuttingDown`.
    @discardableResult
    public func register<Input: Sendable, Output: Sendable, State>(
        _ function: Function<Input, Output>,
        configuration: FunctionConfiguration = .init(),
        middleware: [any Middleware] = [],
        environment makeState: @escaping @Sendable (EnvironmentContext) async throws -> sending State,
        shutdown: (@Sendable (inout State, EnvironmentContext) async -> Void)? = nil,
        handler: @escaping @Sendable (inout State, Input, InvocationContext) async throws -> Output
    ) throws(FunctionHostError) -> Function<Input, Output> {
        var code = EnvironmentCode(initialize: { StateBox(try await makeState($0)) })
        if let shutdown {
            code.shutDown = { state, context in
                if let box = state as? StateBox<State> { await shutdown(&box.value, context) }
            }
        }
        let stateful = TypedRecord<Input, Output>.Handler.stateful { environment, input, context in
            guard let box = environment.state as? StateBox<State> else {
                preconditionFailure("an environment of \(context.functionName) holds another function's state")
            }
            return try await handler(&box.value, input, context)
        }
        return try add(function, configuration, middleware, code, handler: stateful)
    }

    /// Registers a closure whose environments each serve many invocations at a time, sharing one `Sendable` state.
    ///
    /// - Parameters:
    ///   - function: Its name.
    ///   - concurrency: How many invocations one environment serves at a time; at least 1.
    ///   - configuration: How it is run.
    ///   - middleware: Interceptors inside the host's own.
    ///   - makeState: Runs on a cold start; whoever comes meanwhile waits for it.
    ///   - shutdown: Runs when the environment ends.
    ///   - handler: What it does.
    /// - Returns: The reference to invoke it with.
    /// - Throws: ``FunctionHostError`` as `invalidName`, `alreadyRegistered`, `invalidConfiguration` or `shuttingDown`.
    @discardableResult
    public func register<Input: Sendable, Output: Sendable, State: Sendable>(
        _ function: Function<Input, Output>,
        sharedBy concurrency: Int,
        configuration: FunctionConfiguration = .init(),
        middleware: [any Middleware] = [],
        environment makeState: @escaping @Sendable (EnvironmentContext) async throws -> State,
        shutdown: (@Sendable (State, EnvironmentContext) async -> Void)? = nil,
        handler: @escaping @Sendable (State, Input, InvocationContext) async throws -> Output
    ) throws(FunctionHostError) -> Function<Input, Output> {
        guard concurrency >= 1 else {
            throw FunctionHostError(
                .invalidConfiguration, functionName: function.name,
                reason: "sharedBy is \(concurrency); an environment serves 1 invocation at a time at least")
        }
        var code = EnvironmentCode(initialize: { try await makeState($0) }, concurrency: concurrency)
        if let shutdown {
            code.shutDown = { state, context in if let state = state as? State { await shutdown(state, context) } }
        }
        let stateful = TypedRecord<Input, Output>.Handler.stateful { environment, input, context in
            guard let state = environment.state as? State else {
                preconditionFailure("an environment of \(context.functionName) holds another function's state")
            }
            return try await handler(state, input, context)
        }
        return try add(function, configuration, middleware, code, handler: stateful)
    }

    /// Registers a closure that answers with a stream of chunks.
    ///
    /// - Parameters:
    ///   - function: Its name.
    ///   - configuration: How it is run; ``FunctionConfiguration/timeout`` covers the whole response.
    ///   - middleware: Interceptors inside the host's own; their output is `Void`.
    ///   - handler: Writes the response to its second argument.
    /// - Returns: The reference to stream it with.
    /// - Throws: ``FunctionHostError`` as `invalidName`, `alreadyRegistered`, `invalidConfiguration` or `shuttingDown`.
    @discardableResult
    public func register<Input: Sendable, Chunk: Sendable>(
        _ function: StreamingFunction<Input, Chunk>,
        configuration: FunctionConfiguration = .init(),
        middleware: [any Middleware] = [],
        handler: @escaping @Sendable (Input, ResponseWriter<Chunk>, InvocationContext) async throws -> Void
    ) throws(FunctionHostError) -> StreamingFunction<Input, Chunk> {
        let signature = FunctionSignature(PayloadCodec<Input>(), PayloadCodec<Chunk>(), isStreaming: true)
        let record = try add(function.name, configuration, middleware, .stateless, signature) {
            StreamingRecord($0, handler: handler)
        }
        return StreamingFunction(name: function.name, registration: record)
    }

    /// Registers a closure that takes bytes and gives bytes, and decodes for itself.
    ///
    /// - Parameters:
    ///   - function: Its name.
    ///   - configuration: How it is run.
    ///   - middleware: Interceptors inside the host's own; input and output are `[UInt8]`.
    ///   - handler: What it does.
    /// - Returns: The reference to invoke it with.
    /// - Throws: ``FunctionHostError`` as `invalidName`, `alreadyRegistered`, `invalidConfiguration` or `shuttingDown`.
    @discardableResult
    public func register(
        raw function: Function<[UInt8], [UInt8]>,
        configuration: FunctionConfiguration = .init(),
        middleware: [any Middleware] = [],
        handler: @escaping @Sendable ([UInt8], InvocationContext) async throws -> [UInt8]
    ) throws(FunctionHostError) -> Function<[UInt8], [UInt8]> {
        try add(
            function, configuration, middleware, .stateless, input: PayloadCodec(raw: ()),
            output: PayloadCodec(raw: ()), handler: .stateless(handler))
    }

    // MARK: - Inside

    private func add<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, _ configuration: FunctionConfiguration, _ middleware: [any Middleware],
        _ code: EnvironmentCode, input: PayloadCodec<Input> = PayloadCodec(),
        output: PayloadCodec<Output> = PayloadCodec(), handler: TypedRecord<Input, Output>.Handler
    ) throws(FunctionHostError) -> Function<Input, Output> {
        let signature = FunctionSignature(input, output, isStreaming: false)
        let record = try add(function.name, configuration, middleware, code, signature) {
            TypedRecord($0, input: input, output: output, handler: handler)
        }
        return Function(name: function.name, registration: record)
    }

    private func add(
        _ name: String, _ configuration: FunctionConfiguration, _ middleware: [any Middleware],
        _ code: EnvironmentCode, _ signature: FunctionSignature, make: (RecordParts) -> FunctionRecord
    ) throws(FunctionHostError) -> FunctionRecord {
        if let fault = FunctionName.fault(in: name) {
            throw FunctionHostError(.invalidName, functionName: name, reason: fault)
        }
        if let fault = configuration.fault {
            throw FunctionHostError(.invalidConfiguration, functionName: name, reason: fault)
        }
        let identity = FunctionIdentity(name: name)
        let record = try state.withLock { state throws(FunctionHostError) in
            if let fault = state.fault(registering: name, configuration) { throw fault }
            return state.add(identity, configuration, idleTimeout: self.configuration.idleTimeout) { slot in
                make(
                    RecordParts(
                        identity: identity, hostID: ObjectIdentifier(self), slot: slot,
                        middleware: self.middleware + middleware, code: code, signature: signature,
                        placement: configuration.placement))
            }
        }
        observers.emit(.functionRegistered(name: name))
        carryOut(dispatcher.registered(name))
        provision(record)
        return record
    }
}
