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
    public func invoke<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>, with input: Input, options: InvocationOptions = .init()
    ) async throws -> Output {
        let record = try resolve(function)
        let output = OutputBox<Output>()
        try await perform(record, nextID(), options) { environment, context in
            output.put(try await record.run(environment, input, context))
        }
        return output.take()
    }

    /// Invokes a function that takes nothing.
    ///
    /// - Throws: As ``invoke(_:with:options:)``.
    public func invoke<Output: Sendable>(
        _ function: Function<Void, Output>, options: InvocationOptions = .init()
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
    func resolve<Input: Sendable, Output: Sendable>(
        _ function: Function<Input, Output>
    ) throws(FunctionHostError) -> TypedRecord<Input, Output> {
        if let record = function.registration as? TypedRecord<Input, Output>, record.hostID == ObjectIdentifier(self) {
            return record
        }
        guard function.qualifier == .latest else { throw .notFound("\(function.name):\(function.qualifier)") }
        let record = try record(named: function.name)
        guard let typed = record as? TypedRecord<Input, Output> else {
            throw .typeMismatch(record, asked: "(\(Input.self)) -> \(Output.self)")
        }
        return typed
    }
}

extension FunctionHostError {
    static func typeMismatch(_ record: FunctionRecord, asked: String) -> Self {
        let kind = record.signature.isStreaming ? "stream of " : ""
        return Self(
            .typeMismatch, functionName: record.identity.name,
            reason: "it is (\(record.signature.input)) -> \(kind)\(record.signature.output), "
                + "and the reference says \(asked)")
    }
}
