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
        // time cost a third of a whole invocation. Everything that does not depend on them is behind function calls.
        let record = try resolve(function)
        guard let attempt = beginAtOnce(record, options) else { return try await perform(record, input, options) }
        guard attempt.needsTask else { return try await runHere(record, attempt, input) }
        return try await runInTask(record, attempt, input)
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

    // MARK: - The ways an invocation goes

    /// Calls the handler like any function: there is nothing to cancel it for.
    @inlinable
    func runHere<Input: Sendable, Output: Sendable>(
        _ record: TypedRecord<Input, Output>, _ attempt: Attempt, _ input: Input
    ) async throws -> Output {
        let output: Output
        do {
            output = try await record.run(attempt, input)
        } catch {
            if let aftermath = conclude(record, attempt, error) { try await carryOut(aftermath) }
            throw error
        }
        if let aftermath = conclude(record, attempt, nil) { try await carryOut(aftermath) }
        return output
    }

    /// Calls the handler in a child of this task, which is cancelled at its deadline or when it is asked to stop.
    ///
    /// The child starts on this thread at once; only if it suspends is there anything to wait for.
    @inlinable
    func runInTask<Input: Sendable, Output: Sendable>(
        _ record: TypedRecord<Input, Output>, _ attempt: Attempt, _ input: Input
    ) async throws -> Output {
        // The caller's actor, if there is one, is left meanwhile: each return to it costs, and nothing here needs it.
        await withDiscardingTaskGroup(isolation: nil) { group in
            if let name = taskName(of: record) {
                group.addTask(named: name, record, attempt, input)
            } else if #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
                group.addImmediateTask { await record.complete(attempt, input) }
            } else {
                group.addTask { await record.complete(attempt, input) }
            }
            if attempt.hasEnded { return }
            if await !attempt.waitForEndOrStop() { group.cancelAll() }
        }
        let output = attempt.result.take(Output.self)
        if let aftermath = conclude(record, attempt) { try await carryOut(aftermath) }
        guard let output else { preconditionFailure("a handler ended without a result") }
        return output
    }

    /// Goes the long way: something has to be waited for, or another task runs the handler.
    @inlinable @inline(never)
    func perform<Input: Sendable, Output: Sendable>(
        _ record: TypedRecord<Input, Output>, _ input: Input, _ options: InvocationOptions?
    ) async throws -> Output {
        // Safe though shared: the handler's task writes it before it ends, and the end passes through a lock before
        // `perform` returns and it is read. A handler that ends too late writes what nobody reads any more.
        nonisolated(unsafe) var output: Output?
        try await perform(record, options) { attempt in output = try await record.run(attempt, input) }
        guard let output else { preconditionFailure("a handler ended without a result") }
        return output
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

extension DiscardingTaskGroup {
    /// Adds a child that is queued, as one with a name is: in Swift 6.3 one that has a name and starts at once loses its
    /// parent's executor preference.
    @inlinable @inline(never)
    mutating func addTask<Input: Sendable, Output: Sendable>(
        named name: String, _ record: TypedRecord<Input, Output>, _ attempt: Attempt, _ input: Input
    ) {
        addTask(name: name) { await record.complete(attempt, input) }
    }
}

extension FunctionHostError {
    static func typeMismatch(_ record: FunctionRecord, asked: String) -> Self {
        Self(
            .typeMismatch, functionName: record.identity.name,
            reason: "it is \(record.signature), and the reference says \(asked)")
    }
}
