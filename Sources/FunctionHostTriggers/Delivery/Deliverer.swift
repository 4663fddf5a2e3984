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

    /// Has something sent to a target after all that was given before with the same key, retries included: while the host runs.
    ///
    /// - Throws: As ``deliver(_:to:_:)``.
    func deliver(_ content: DeliveryContent, to target: String, inOrderOf key: String) async throws {
        var kept = KeptDelivery(target: target, since: host.wallTime, content: content)
        kept.wasTried = false
        try await host.enqueue(named: functionName, payload: kept.json, options: EnqueueOptions(orderingKey: key))
    }

    /// Gives up what was never sent, as nothing can be made of it for the target.
    func refuse(
        _ content: DeliveryContent, _ target: String, _ entry: TargetTable.Entry, _ fault: DeliveryFault
    ) async throws {
        if try await bury(content, target, entry, fault, nil, retries: 0) == .done { return }
        var kept = KeptDelivery(target: target, since: host.wallTime, content: content)
        kept.content.body = content.event ?? content.body
        kept.content.event = nil
        kept.fault = fault.message
        try await host.enqueue(named: functionName, payload: kept.json)
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
        if case .giveUp(let exhausted) = verdict,
            try await bury(content, target, entry, fault, exhausted, retries: 0) == .done
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
            guard age >= DeliveryPolicy().maximumEventAge else {
                throw RetryLater(after: min(.seconds(60), max(.seconds(1), age / 4)))
            }
            throw DoNotRetry("there is no target \(kept.target)")
        }
        if let reason = kept.fault {
            let fault = DeliveryFault(code: "INVALID_JSON", message: reason, mayPass: false)
            return try await giveUp(kept, entry, fault, nil, context)
        }
        guard kept.retries(context) <= entry.policy.maximumRetryAttempts else {
            // Whatever comes back in time is judged then.
            let fault = DeliveryFault(code: "TIMEOUT", message: "the target did not answer in time", mayPass: true)
            return try await giveUp(kept, entry, fault, .attempts, context)
        }
        do {
            try await handOver(kept.content, to: entry.target)
            if kept.wasTried || context.attempt > 1 { tell(kept.target, .delivered(retries: kept.retries(context))) }
        } catch {
            try Task.checkCancellation()
            // The host's end is no failure of the target's.
            if (error as? FunctionHostError)?.code == .shuttingDown { throw RetryLater(after: .seconds(1)) }
            try await failed(kept, entry, DeliveryFault(error), age: age, context)
        }
    }

    /// Always throws, unless a dead-letter queue has it.
    private func failed(
        _ kept: KeptDelivery, _ entry: TargetTable.Entry, _ fault: DeliveryFault, age: Duration,
        _ context: InvocationContext
    ) async throws {
        var random = context.makeRandomNumberGenerator()
        let verdict = entry.policy.verdict(on: fault, afterRetries: kept.retries(context), age: age, using: &random)
        switch verdict {
        case .again(let delay):
            tell(kept.target, .kept(reason: fault.description))
            throw DeliveryRetry(delay: delay, fault: fault)
        case .giveUp(let exhausted): try await giveUp(kept, entry, fault, exhausted, context)
        }
    }

    private func giveUp(
        _ kept: KeptDelivery, _ entry: TargetTable.Entry, _ fault: DeliveryFault,
        _ exhausted: DeliveryPolicy.Exhausted?, _ context: InvocationContext
    ) async throws {
        switch try await bury(
            kept.content, kept.target, entry, fault, exhausted,
            retries: min(
                kept.retries(context), entry.policy.maximumRetryAttempts))
        {
        case .done: break
        // It was not the target's: this try does not count.
        case .notNow: throw RetryLater(after: .seconds(60))
        case .never:
            tell(kept.target, .givenUp(reason: fault.description))
            throw DoNotRetry(fault)
        }
    }

    private enum Burial {
        case done
        /// The dead-letter queue does not take it now.
        case notNow
        /// It will never take it, or there is none.
        case never
    }

    /// Sends something to the dead-letter queue.
    private func bury(
        _ content: DeliveryContent, _ target: String, _ entry: TargetTable.Entry, _ fault: DeliveryFault,
        _ exhausted: DeliveryPolicy.Exhausted?, retries: Int
    ) async throws -> Burial {
        guard let queue = entry.policy.deadLetterQueue else { return .never }
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
            return .done
        } catch {
            if error is CancellationError { throw error }
            tell(target, .deadLetterFailed(reason: "\(error)"))
            return DeliveryFault(error).mayPass ? .notNow : .never
        }
    }

    private func tell(_ target: String, _ kind: DeliveryEvent.Kind) {
        host.tell(DeliveryEvent(serviceName: owner, target: target, kind: kind))
    }
}

extension KeptDelivery {
    /// How often it was sent again.
    fileprivate func retries(_ context: InvocationContext) -> Int { wasTried ? context.attempt : context.attempt - 1 }
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

    /// Replaces all whose names begin so by those that there are now, as asked under the lock: who comes last is right.
    func replace(prefix: String, by current: () -> [(String, Entry)]) {
        entries.withLock { entries in
            for key in entries.keys where key.hasPrefix(prefix) { entries[key] = nil }
            for (key, entry) in current() { entries[key] = entry }
        }
    }
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
        let text = String(
            String.UnicodeScalarView(
                message.unicodeScalars.prefix(1_024).filter { $0.value >= 0x20 && $0.value & 0xFFFE != 0xFFFE }))
        return text.isEmpty ? "-" : text
    }
}

extension FunctionHostError {
    /// Whether it says that the host's queue takes nothing now.
    fileprivate var isOfQueue: Bool { [.queueFull, .queueUnavailable, .shuttingDown].contains(code) }
}
