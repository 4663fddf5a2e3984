// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionHost {
    /// Invokes a function and waits for its result. Nothing is encoded.
    ///
    /// Runs as a child of the calling task: cancelling the caller cancels the handler, and task-locals reach it. Needs no
    /// ``run()`` unless the function is placed on the bulkhead.
    ///
    /// - Parameters:
    ///   - function: What `register` returned, or a reference by name.
    ///   - input: Handed over as it is.
    ///   - options: A deadline of the caller's, what to do when a limit is reached, what to send along.
    /// - Returns: What the handler returned.
    /// - Throws: The handler's error, unchanged. ``FunctionHostError`` as `notFound`, `typeMismatch`, `throttled`,
    ///   `timedOut`, `initFailed`, `initTimedOut`, `interrupted`, `shuttingDown` or `notRunning`. `CancellationError` if the
    ///   caller is cancelled while it waits for room.
    /// - Complexity: O(1) in functions, invocations and waiters.
    /// - Source: AWS Lambda API Reference, *Invoke*, `RequestResponse`. Unlike there, input is not limited to JSON.
    @inlinable
    public func invoke<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, with input: Input, options: InvocationOptions? = nil
    ) async throws -> Output {
        // Inlined where it is called, so that the compiler knows the types: looking up the metadata of generic types at run
        // time cost a third of a whole invocation. Everything that does not depend on them is behind `perform`.
        let record = try resolve(function)
        // Safe though shared: the handler's task writes it before it ends, and the end passes through a lock before
        // `perform` returns and it is read. A handler that ends too late writes what nobody reads any more.
        nonisolated(unsafe) var output: Output?
        try await perform(record, options) { environment, context in
            output = try await record.run(environment, input, context)
        }
        guard let output else { preconditionFailure("a handler ended without a result") }
        return output
    }

    /// Invokes a function that takes nothing.
    ///
    /// - Throws: As ``invoke(_:with:options:)``.
    @inlinable
    public func invoke<Output: Sendable>(
        _ function: Function<Void, Output>, options: InvocationOptions? = nil
    ) async throws -> Output {
        try await invoke(function, with: (), options: options)
    }

    /// Finds out whether an invocation would be taken at this moment, without running anything.
    ///
    /// - Throws: ``FunctionHostError`` as `notFound`, `typeMismatch`, `throttled`, `shuttingDown` or `notRunning`.
    /// - Source: AWS Lambda API Reference, *Invoke*, `DryRun`.
    public func dryRun<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>
    ) throws(FunctionHostError) {
        try checkAdmission(of: try resolve(function))
    }

    /// Finds the record a reference means.
    @inlinable
    package func resolve<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>
    ) throws(FunctionHostError) -> TypedRecord<Input, Output> {
        if let registration = function.registration, registration.hostID == ObjectIdentifier(self), registration.isLive
        {
            // Only `register` sets it, to a record of the same two types.
            return unsafeDowncast(registration, to: TypedRecord<Input, Output>.self)
        }
        return try lookUp(function)
    }

    @usableFromInline
    package func lookUp<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>
    ) throws(FunctionHostError) -> TypedRecord<Input, Output> {
        guard function.qualifier == .latest else { throw .notFound("\(function.name):\(function.qualifier)") }
        let record = try record(named: function.name)
        guard let typed = record as? TypedRecord<Input, Output> else {
            throw .typeMismatch(record, asked: FunctionSignature.text(Input.self, Output.self, isStreaming: false))
        }
        return typed
    }
}

extension FunctionHostError {
    static func typeMismatch(_ record: FunctionRecord, asked: String) -> Self {
        Self(
            .typeMismatch, functionName: record.identity.name,
            reason: "it is \(record.signature), and the reference says \(asked)")
    }
}
