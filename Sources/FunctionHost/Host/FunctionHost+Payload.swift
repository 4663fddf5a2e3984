// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What an invocation with bytes gives back, as Lambda's *Invoke* does.
public struct InvocationResponse: Sendable {
    /// The encoded result, or the error as `{"errorType":…,"errorMessage":…}`.
    public let payload: [UInt8]
    /// `Unhandled` if the function failed; nil if it succeeded.
    public let functionError: String?
    /// The error itself, for callers in this process.
    public let error: (any Error)?
    /// The version that ran.
    public let executedVersion: Qualifier
    /// The invocation's id.
    public let id: InvocationID

    /// The payload as text.
    public var text: String { String(decoding: payload, as: UTF8.self) }
}

extension FunctionHost {
    /// Invokes a function by name with an encoded payload.
    ///
    /// The payload is decoded and the result encoded within the invocation, under its permit and deadline.
    ///
    /// - Parameters:
    ///   - name: The function's name.
    ///   - payload: JSON, unless the host has another coder; at most ``Configuration/payloadLimit`` bytes. May be empty for
    ///     a function that takes nothing.
    ///   - options: A deadline of the caller's, what to do when a limit is reached, what to send along.
    /// - Returns: The encoded result. A handler's error, a timeout, a failed init and a result over the limit are told in
    ///   the response, as Lambda does.
    /// - Throws: ``FunctionHostError`` for what keeps the handler from running: `notFound`, `payloadTooLarge`,
    ///   `payloadUndecodable`, `throttled`, `shuttingDown`, `interrupted`, `notRunning`; and as `resultUnencodable`.
    ///   `CancellationError` if the caller is cancelled.
    /// - Source: AWS Lambda API Reference, *Invoke*; error bodies as recorded from the service.
    public func invoke(
        named name: String, payload: [UInt8], options: InvocationOptions? = nil
    ) async throws -> InvocationResponse {
        let record = try record(named: name)
        try checkBytes(payload, for: record)
        let id = nextID()
        do {
            let bytes = try await record.call(self, id, payload, options)
            return InvocationResponse(
                payload: bytes, functionError: nil, error: nil, executedVersion: record.identity.version, id: id)
        } catch {
            // A caller who went away is not the function's error.
            if Task.isCancelled, error.unmarked is CancellationError { throw error.unmarked }
            guard let (told, own) = functionError(error, id) else { throw error.unmarked }
            return InvocationResponse(
                payload: told.json, functionError: "Unhandled", error: own, executedVersion: record.identity.version,
                id: id)
        }
    }

    /// Streams a function by name: each chunk encoded, or the whole result as one chunk if it is no streaming function.
    ///
    /// - Parameters:
    ///   - name: The function's name.
    ///   - payload: As in ``invoke(named:payload:options:)``.
    ///   - options: A deadline of the caller's, what to do when a limit is reached, what to send along.
    ///   - body: Reads the chunks; leaving it cancels the invocation.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws; through the stream, the handler's error after the chunks before it, and
    ///   ``FunctionHostError``.
    public func stream<Result>(
        named name: String, payload: [UInt8], options: InvocationOptions? = nil,
        _ body: (ResponseStream<[UInt8]>) async throws -> Result
    ) async throws -> Result {
        let record = try record(named: name)
        try checkBytes(payload, for: record)
        let id = nextID()
        return try await withChannel(of: [UInt8].self, body) { channel in
            try await record.stream(self, id, payload, options, into: channel)
        }
    }

    /// Finds out whether an invocation by name would be taken at this moment: the payload is decoded, nothing is run.
    ///
    /// - Throws: ``FunctionHostError`` as `notFound`, `payloadTooLarge`, `payloadUndecodable`, `throttled`, `shuttingDown` or
    ///   `notRunning`.
    public func dryRun(named name: String, payload: [UInt8]) throws {
        let record = try record(named: name)
        try checkBytes(payload, for: record)
        try record.check(payload, coder)
        try checkAdmission(of: record)
    }

    // MARK: - Inside

    /// A result may be a little larger than a payload, as in Lambda, where 100 bytes are allowed for what is around it.
    var resultLimit: Int {
        configuration.payloadLimit.addingReportingOverflow(100).overflow ? .max : configuration.payloadLimit + 100
    }

    /// Refuses bytes that the function could not take, or could not answer, before anything runs.
    private func checkBytes(_ payload: [UInt8], for record: FunctionRecord) throws(FunctionHostError) {
        if let fault = record.signature.byteFault {
            throw FunctionHostError(
                .typeMismatch, functionName: record.identity.name,
                reason: "it \(fault); invoke it by reference instead of with bytes")
        }
        guard payload.count > configuration.payloadLimit else { return }
        throw FunctionHostError(
            .payloadTooLarge, functionName: record.identity.name,
            reason: "the payload has \(payload.count) bytes; the limit is \(configuration.payloadLimit)")
    }

    func checkAdmission(of record: FunctionRecord) throws(FunctionHostError) {
        let (refusal, isRunning) = state.withLock { ($0.refusal(of: record), $0.lifecycle.isRunning) }
        switch refusal {
        case nil: break
        case .notFound: throw .notFound(record.identity.name)
        case .shuttingDown: throw .shuttingDown(record.identity.name)
        case .throttled(let throttle): throw .throttled(record.identity.name, throttle)
        }
        if record.isOnBulkhead, !isRunning { throw .notRunning(record.identity.name) }
    }

    /// The error as the function's own, told to the caller in the response; nil if the host refused to run it at all.
    private func functionError(_ error: any Error, _ id: InvocationID) -> (ErrorPayload, any Error)? {
        if let thrown = error as? HandlerError {
            // A host's error that the writer of chunks threw is no less the host's for having passed the handler.
            if let own = thrown.error as? FunctionHostError,
                own.code == .resultTooLarge || own.code == .resultUnencodable
            {
                return functionError(own, id)
            }
            return (ErrorPayload(thrown.error), thrown.error)
        }
        guard let error = error as? FunctionHostError else { return nil }
        switch error.code {
        case .timedOut, .initTimedOut:
            let text = error.reason.prefix(1).uppercased() + error.reason.dropFirst()
            return (ErrorPayload(type: "Sandbox.Timedout", message: "RequestId: \(id) Error: \(text)"), error)
        case .initFailed: return (ErrorPayload(error.underlying ?? error), error)
        case .resultTooLarge: return (ErrorPayload(type: "Function.ResponseSizeTooLarge", message: error.reason), error)
        default: return nil
        }
    }
}

/// Marks what a handler threw on its way to a caller with bytes: it may be a host's error too, of an invocation of its own.
struct HandlerError: Error {
    let error: any Error
}

extension Error {
    /// The error without the mark.
    var unmarked: any Error { (self as? HandlerError)?.error ?? self }

    /// What observers are told of it: the code of a host's error, otherwise the name of its type.
    var observedType: String {
        let error = unmarked
        if let error = error as? FunctionHostError { return error.code.description }
        return String(describing: type(of: error))
    }
}
