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

    /// Lets another one have the name.
    func end() {
        table.replace(prefix: "", by: { [] })
        // It is gone already if somebody else has removed it.
        try? host.remove(functionName)
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
        try await enqueue(KeptDelivery(target: target, since: host.wallTime, content: content).refused(fault), nil)
    }

    /// Keeps something in the host's queue.
    private func enqueue(_ kept: KeptDelivery, _ options: EnqueueOptions?) async throws {
        try await host.enqueue(named: functionName, payload: kept.json, options: options)
    }

    func handOver(_ content: DeliveryContent, to target: DeliveryTarget) async throws {
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
        do {
            try await enqueue(kept, options)
        } catch let error as FunctionHostError where error.code == .payloadTooLarge && content.event != nil {
            // What was made of the event has no room in the host's queue: the event has, and is a dead letter there.
            try await enqueue(kept.refused(fault), nil)
        }
        tell(target, .kept(reason: fault.description))
        return .kept
    }

    func tell(_ target: String, _ kind: DeliveryEvent.Kind) {
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

    /// Replaces all whose names begin so by those that there are now, as asked under the lock: who comes last is right.
    func replace(prefix: String, by current: () -> [(String, Entry)]) {
        entries.withLock { entries in
            for key in entries.keys where key.hasPrefix(prefix) { entries[key] = nil }
            for (key, entry) in current() { entries[key] = entry }
        }
    }
}

extension FunctionHostError {
    /// Whether it says that the host's queue takes nothing now.
    fileprivate var isOfQueue: Bool { [.queueFull, .queueUnavailable, .shuttingDown].contains(code) }
}
