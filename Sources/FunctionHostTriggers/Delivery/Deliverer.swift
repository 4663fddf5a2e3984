// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Sends to the targets of a bus, of a topic, or of whatever else tells of events.
///
/// What a target does not take at once is kept in the host's queue, as an event for a function of the deliverer's own, and so for as
/// long and as safely as the host's store keeps events: a process that ends loses none of it. Whoever goes on, under the same name and
/// with the same targets, sends it.
struct Deliverer: Sendable {
    /// The name of whoever sends, for observers.
    let owner: String
    let host: FunctionHost
    /// The targets, by the names that are kept with what they have not taken.
    let table: TargetTable
    /// The function that what is kept is for.
    let functionName: String

    /// What came of a sending.
    enum Outcome: Hashable {
        /// The target has it.
        case delivered
        /// It is tried again.
        case kept
        /// The target's dead-letter queue has it, or the host's.
        case deadLettered
    }

    /// Makes one, and registers its function.
    ///
    /// - Parameters:
    ///   - owner: The name of whoever sends.
    ///   - kind: What that is, in a word: the same name may be that of others.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `alreadyRegistered` if there is one of this kind and name, or `shuttingDown`.
    init(_ owner: String, kind: String, on host: FunctionHost) throws(FunctionHostError) {
        self.owner = owner
        self.host = host
        table = TargetTable()
        let name = "\(kind)-\(owner)-deliveries"
        functionName =
            FunctionName.fault(in: name) == nil
            ? name : "\(kind)-\(String(MD5.hash(owner), radix: 16))-deliveries"
        var configuration = FunctionConfiguration(timeout: .seconds(60))
        // The target's own policy says when to try again, and when not to.
        configuration.retry = .custom(maximumAttempts: .max) { ($0.error as? DeliveryRetry)?.delay ?? .seconds(60) }
        configuration.maximumEventAge = .seconds(366 * 86_400)
        configuration.maximumDeaths = 1_000_000
        configuration.recursionLimit = nil
        configuration.summary = "Sends again what targets of the \(kind) did not take."
        // The host keeps the closure, which must not keep the host.
        try host.register(raw: Function(functionName), configuration: configuration) {
            [weak host, owner, table, functionName] bytes, context in
            guard let host else { throw RetryLater(after: .seconds(1)) }
            try await Self(owner: owner, host: host, table: table, functionName: functionName).retry(bytes, context)
            return Array("null".utf8)
        }
    }

    private init(owner: String, host: FunctionHost, table: TargetTable, functionName: String) {
        self.owner = owner
        self.host = host
        self.table = table
        self.functionName = functionName
    }

    // MARK: - Sending

    /// Sends something to a target; once this returns it is the target's, or kept.
    ///
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `queueFull`, `queueUnavailable` or `shuttingDown`, or `CancellationError`:
    ///   it was not sent and is not kept.
    func deliver(_ content: DeliveryContent, to target: String, _ entry: TargetTable.Entry) async throws -> Outcome {
        do {
            try await handOver(content, to: entry.target)
            return .delivered
        } catch {
            if error is CancellationError { throw error }
            // Where the queue has no room for the event, it has none for keeping it.
            if case .function = entry.target.place, let error = error as? FunctionHostError, error.isOfQueue {
                throw error
            }
            return try await keep(content, target, entry, DeliveryFault(error))
        }
    }

    private func handOver(_ content: DeliveryContent, to target: DeliveryTarget) async throws {
        switch target.place {
        case .function(let name):
            var options: EnqueueOptions?
            if let trace = content.traceHeader {
                options = EnqueueOptions()
                options?.traceHeader = trace
            }
            try await host.enqueue(named: name, payload: content.body, options: options)
        case .sink(let sink): try await sink.take(content)
        }
    }

    private func keep(
        _ content: DeliveryContent, _ target: String, _ entry: TargetTable.Entry, _ fault: DeliveryFault
    ) async throws -> Outcome {
        let id = host.nextID()
        var random = SplitMix64(seed: id.low)
        let verdict = entry.policy.verdict(on: fault, afterRetries: 0, age: .zero, using: &random)
        var options = EnqueueOptions()
        if case .giveUp(let exhausted) = verdict, entry.policy.deadLetterQueue != nil,
            try await bury(content, target, entry, fault, exhausted, retries: 0)
        {
            return .deadLettered
        }
        if case .again(let delay) = verdict { options.delay = delay }
        let kept = KeptDelivery(target: target, since: host.wallTime, content: content)
        try await host.enqueue(named: functionName, payload: kept.json, options: options)
        tell(target, .kept(reason: fault.description))
        return .kept
    }

    // MARK: - Sending again

    /// Tries again what was kept.
    private func retry(_ bytes: [UInt8], _ context: InvocationContext) async throws {
        guard let kept = KeptDelivery(bytes) else { throw DoNotRetry("it is nothing that was kept for a target") }
        let age = max(.zero, kept.since.duration(to: host.wallTime))
        guard let entry = table.entry(of: kept.target) else {
            // A process that has just been started may not know it yet.
            guard age >= DeliveryPolicy().maximumEventAge else { throw RetryLater(after: .seconds(10)) }
            throw DoNotRetry("there is no target \(kept.target)")
        }
        do {
            try await handOver(kept.content, to: entry.target)
            tell(kept.target, .delivered(retries: context.attempt))
        } catch {
            try Task.checkCancellation()
            let fault = DeliveryFault(error)
            var random = context.makeRandomNumberGenerator()
            let verdict = entry.policy.verdict(on: fault, afterRetries: context.attempt, age: age, using: &random)
            switch verdict {
            case .again(let delay):
                tell(kept.target, .kept(reason: fault.description))
                throw DeliveryRetry(delay: delay, fault: fault)
            case .giveUp(let exhausted): try await giveUp(kept, entry, fault, exhausted, context)
            }
        }
    }

    private func giveUp(
        _ kept: KeptDelivery, _ entry: TargetTable.Entry, _ fault: DeliveryFault,
        _ exhausted: DeliveryPolicy.Exhausted?,
        _ context: InvocationContext
    ) async throws {
        guard entry.policy.deadLetterQueue != nil else {
            tell(kept.target, .givenUp(reason: fault.description))
            throw DoNotRetry(fault)
        }
        guard try await bury(kept.content, kept.target, entry, fault, exhausted, retries: context.attempt) else {
            throw DeliveryRetry(delay: .seconds(60), fault: fault)
        }
    }

    /// Sends something to the dead-letter queue; false if that does not take it.
    private func bury(
        _ content: DeliveryContent, _ target: String, _ entry: TargetTable.Entry, _ fault: DeliveryFault,
        _ exhausted: DeliveryPolicy.Exhausted?, retries: Int
    ) async throws -> Bool {
        guard let queue = entry.policy.deadLetterQueue else { return false }
        var attributes: [String: MessageAttribute] = [
            "TARGET_ARN": .string(entry.target.arn), "ERROR_CODE": .string(fault.code),
            "ERROR_MESSAGE": .string(fault.plainMessage), "RETRY_ATTEMPTS": .number("\(retries)"),
        ]
        if let arn = entry.ruleARN { attributes["RULE_ARN"] = .string(arn) }
        if let exhausted { attributes["EXHAUSTED_RETRY_CONDITION"] = .string(exhausted.rawValue) }
        do {
            let body = String(decoding: content.event ?? content.body, as: UTF8.self)
            try await queue.send(MessageEntry(body: body, attributes: attributes))
            tell(target, .deadLettered(reason: fault.description))
            return true
        } catch {
            if error is CancellationError { throw error }
            tell(target, .deadLetterFailed(reason: "\(error)"))
            return false
        }
    }

    private func tell(_ target: String, _ kind: DeliveryEvent.Kind) {
        host.tell(DeliveryEvent(serviceName: owner, target: target, kind: kind))
    }
}

/// The targets of a deliverer.
final class TargetTable: Sendable {
    struct Entry: Sendable {
        var target: DeliveryTarget
        var policy = DeliveryPolicy()
        /// The rule's resource name, for dead letters; nil where there are no rules.
        var ruleARN: String?
    }

    private let entries = Mutex<[String: Entry]>([:])

    func entry(of target: String) -> Entry? { entries.withLock { $0[target] } }
    func set(_ entry: Entry?, for target: String) { entries.withLock { $0[target] = entry } }
}

/// Thrown by the function of a deliverer: not now.
private struct DeliveryRetry: Error, CustomStringConvertible {
    let delay: Duration
    let fault: DeliveryFault

    var description: String { fault.description }
}

extension DeliveryFault: CustomStringConvertible {
    var description: String { "\(code): \(message)" }

    /// What may stand in an attribute: neither empty nor long.
    fileprivate var plainMessage: String {
        let text = String(String.UnicodeScalarView(message.unicodeScalars.prefix(1_024).filter { $0.value >= 0x20 }))
        return text.isEmpty ? "-" : text
    }
}

extension FunctionHostError {
    /// Whether it says that the host's queue takes nothing now.
    fileprivate var isOfQueue: Bool { [.queueFull, .queueUnavailable, .shuttingDown].contains(code) }
}
