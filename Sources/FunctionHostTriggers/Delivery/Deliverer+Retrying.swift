// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Sending again, and giving up.
extension Deliverer {
    /// Tries again what was kept.
    func retry(_ bytes: [UInt8], _ context: InvocationContext) async throws {
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

    enum Burial {
        case done
        /// The dead-letter queue does not take it now.
        case notNow
        /// It will never take it, or there is none.
        case never
    }

    /// Sends something to the dead-letter queue.
    func bury(
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
}

extension KeptDelivery {
    /// How often it was sent again.
    fileprivate func retries(_ context: InvocationContext) -> Int { wasTried ? context.attempt : context.attempt - 1 }
}

/// Thrown by the function of a deliverer: not now.
struct DeliveryRetry: Error, CustomStringConvertible {
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
