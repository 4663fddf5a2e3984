// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a host keeps of a registered function: who it is, how it is run and how its environments are made.
@usableFromInline
package class FunctionRecord: Registered, @unchecked Sendable {
    // `@unchecked Sendable`: a class that can be inherited from cannot be checked; all that it and its heirs hold is `let`
    // and `Sendable`, a lock among it.
    let identity: FunctionIdentity
    /// Its number in the host's tables.
    let slot: Int
    let middleware: [any Middleware]
    let code: EnvironmentCode
    let signature: FunctionSignature
    /// Whether its handlers run on the host's own threads; settled when it is registered.
    let isOnBulkhead: Bool
    /// Its configuration as the host has it, for those who enqueue: they need not meet those who invoke at the host's lock.
    private let configured = Mutex<FunctionSnapshot?>(nil)

    init(_ parts: RecordParts) {
        isOnBulkhead = parts.placement == .bulkhead
        identity = parts.identity
        slot = parts.slot
        middleware = parts.middleware
        code = parts.code
        signature = parts.signature
        super.init(hostID: parts.hostID)
    }

    /// Its configuration now; nil before the host has it.
    var latest: FunctionSnapshot? { configured.withLock { $0 } }

    /// The host has another configuration for it; called with the host's lock held.
    func configure(_ snapshot: FunctionSnapshot) { configured.withLock { $0 = snapshot } }

    /// What stands where no function is.
    static let gone = FunctionRecord(
        RecordParts(
            identity: FunctionIdentity(name: ""), hostID: ObjectIdentifier(FunctionRecord.self), slot: -1,
            middleware: [], code: .stateless,
            signature: FunctionSignature(PayloadCodec<Void>(), PayloadCodec<Void>(), isStreaming: false),
            placement: .callersTask))

    /// Invokes with bytes and gives bytes back.
    func call(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?
    ) async throws -> [UInt8] {
        preconditionFailure("\(identity.name) has no code")
    }

    /// Invokes with bytes and writes what comes into `channel`, chunk by chunk.
    func stream(
        _ host: FunctionHost, _ id: InvocationID, _ payload: [UInt8], _ options: InvocationOptions?,
        into channel: ResponseChannel<[UInt8]>
    ) async throws {
        preconditionFailure("\(identity.name) has no code")
    }

    /// Runs the handler of an event from the queue; returns the encoded result if somebody wants it.
    func work(
        _ host: FunctionHost, _ attempt: Attempt, _ payload: EventPayload, wantsResult: Bool
    ) async throws -> [UInt8]? {
        preconditionFailure("\(identity.name) has no code")
    }

    /// Finds out whether bytes would be accepted.
    func check(_ payload: [UInt8], _ coder: any PayloadCoder) throws {
        preconditionFailure("\(identity.name) has no code")
    }
}

/// What a record is made of.
struct RecordParts {
    let identity: FunctionIdentity
    let hostID: ObjectIdentifier
    let slot: Int
    let middleware: [any Middleware]
    let code: EnvironmentCode
    let signature: FunctionSignature
    let placement: Placement
}

/// How environments of a function are made and ended.
struct EnvironmentCode: Sendable {
    /// Makes the state; nil for functions without.
    var initialize: (@Sendable (EnvironmentContext) async throws -> any Sendable)?
    /// Runs before an environment ends.
    var shutDown: (@Sendable (any Sendable, EnvironmentContext) async -> Void)?
    /// Invocations that one environment serves at a time.
    var concurrency = 1

    /// A function without state.
    static let stateless = Self()
}

/// The types of a function, as text for people.
struct FunctionSignature: Sendable, CustomStringConvertible {
    let input: String
    let output: String
    let isStreaming: Bool
    /// Why it cannot be invoked with bytes; nil if it can.
    let byteFault: String?
    /// Why it cannot be given bytes; nil if it can.
    let inputFault: String?

    init<Input, Output>(_ input: PayloadCodec<Input>, _ output: PayloadCodec<Output>, isStreaming: Bool) {
        self.input = "\(Input.self)"
        self.output = "\(Output.self)"
        self.isStreaming = isStreaming
        inputFault = input.decode == nil ? "takes \(Input.self), which is not Decodable" : nil
        byteFault = inputFault ?? (output.encode == nil ? "gives \(Output.self), which is not Encodable" : nil)
    }

    var description: String { Self.text(input, output, isStreaming: isStreaming) }

    static func text(_ input: Any.Type, _ output: Any.Type, isStreaming: Bool) -> String {
        text("\(input)", "\(output)", isStreaming: isStreaming)
    }

    private static func text(_ input: String, _ output: String, isStreaming: Bool) -> String {
        let name = { $0 == "()" ? "Void" : $0 }
        return "(\(name(input))) -> \(isStreaming ? "stream of " : "")\(name(output))"
    }
}
