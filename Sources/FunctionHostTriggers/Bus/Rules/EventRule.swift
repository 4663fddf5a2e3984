// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A rule of a bus: which events go where.
public struct EventRule: Sendable {
    /// Its name: 1 to 64 letters and digits of ASCII, `.`, `-` and `_`.
    public var name: String
    /// What events must look like.
    public var pattern: EventPattern
    /// Whether events are matched with it. Defaults to true.
    public var isEnabled: Bool
    /// A sentence for people who list rules; at most 512 characters.
    public var summary: String
    /// Where the events go.
    public var targets: [RuleTarget]

    /// Describes a rule.
    public init(
        _ name: String, pattern: EventPattern, isEnabled: Bool = true, summary: String = "",
        targets: [RuleTarget] = []
    ) {
        self.name = name
        self.pattern = pattern
        self.isEnabled = isEnabled
        self.summary = summary
        self.targets = targets
    }
}

/// Where a rule sends events, and what of them.
public struct RuleTarget: Sendable {
    /// Its id in the rule: 1 to 64 letters and digits of ASCII, `.`, `-` and `_`. What is kept to be sent again is kept under it.
    public var id: String
    /// Where to.
    public var target: DeliveryTarget
    /// What of the event; all of it unless given.
    public var input: TargetInput
    /// What becomes of what is not taken.
    public var delivery: DeliveryPolicy

    /// Describes a target.
    public init(
        _ id: String, _ target: DeliveryTarget, input: TargetInput = .event, delivery: DeliveryPolicy = .init()
    ) {
        self.id = id
        self.target = target
        self.input = input
        self.delivery = delivery
    }
}

extension EventRule {
    /// The longest summary, in characters.
    private static let summaryLimit = 512

    /// Checks and compiles it.
    func compiled(arn: String, targetLimit: Int) throws(EventBusError) -> CompiledRule {
        guard ResourceName.isValid(name, atMost: 64, "._-") else {
            throw EventBusError(
                .validation, "“\(name)” is no name of a rule: 1 to 64 letters and digits of ASCII, '.', '-' and '_'")
        }
        guard summary.unicodeScalars.count <= Self.summaryLimit else {
            throw EventBusError(.validation, "the summary of \(name) has more than \(Self.summaryLimit) characters")
        }
        guard targets.count <= targetLimit else {
            throw EventBusError(
                .limitExceeded, "The requested resource exceeds the maximum number allowed: \(targetLimit) targets")
        }
        var compiled: [CompiledTarget] = []
        for target in targets {
            guard !compiled.contains(where: { $0.id == target.id }) else {
                throw EventBusError(.validation, "the rule \(name) has two targets called \(target.id)")
            }
            compiled.append(try target.compiled(rule: name, ruleARN: arn))
        }
        return CompiledRule(name: name, arn: arn, targets: compiled)
    }
}

extension RuleTarget {
    fileprivate func compiled(rule: String, ruleARN: String) throws(EventBusError) -> CompiledTarget {
        guard ResourceName.isValid(id, atMost: 64, "._-") else {
            throw EventBusError(
                .validation,
                "“\(id)” is no id of a target in \(rule): 1 to 64 letters and digits of ASCII, '.', '-' and '_'")
        }
        if let fault = delivery.fault { throw EventBusError(.validation, "target \(id) of \(rule): \(fault)") }
        do {
            return CompiledTarget(
                id: id, key: "\(rule)/\(id)", input: try CompiledInput(input, of: id),
                entry: TargetTable.Entry(target: target, policy: delivery, ruleARN: ruleARN))
        } catch {
            throw EventBusError(.validation, "\(error.reason) (rule \(rule))")
        }
    }
}

/// A rule, ready for events.
struct CompiledRule: Sendable {
    let name: String
    let arn: String
    let targets: [CompiledTarget]
}

/// A target, ready for events.
struct CompiledTarget: Sendable {
    let id: String
    /// What it is called in what is kept for it.
    let key: String
    let input: CompiledInput
    let entry: TargetTable.Entry
}
