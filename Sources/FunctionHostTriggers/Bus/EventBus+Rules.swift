// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension EventBus {
    /// Its rules, by name.
    public var rules: [EventRule] { book.rules.values.map(\.rule).sorted { $0.name < $1.name } }

    /// Puts a rule, in place of the one of its name if there is one; events that come from now on are matched with it.
    ///
    /// - Throws: ``EventBusError`` as `validation`, which says what of which target is wrong and where, or `limitExceeded`.
    /// - Source: Amazon EventBridge API Reference, *PutRule* and *PutTargets*.
    public func put(_ rule: EventRule) throws(EventBusError) {
        try change { book throws(EventBusError) in
            let compiled = try rule.compiled(arn: arn(ofRule: rule.name), targetLimit: configuration.targetLimit)
            guard book.rules[rule.name] != nil || book.rules.count < configuration.ruleLimit else {
                throw EventBusError(
                    .limitExceeded,
                    "The requested resource exceeds the maximum number allowed: \(configuration.ruleLimit) rules")
            }
            book.set(rule, compiled)
        }
        register(rule.name)
    }

    /// Puts a rule whose pattern is text.
    ///
    /// - Throws: ``EventBusError`` as `invalidEventPattern`, which says where, `validation` or `limitExceeded`.
    public func putRule(
        _ name: String, pattern: String, isEnabled: Bool = true, targets: [RuleTarget]
    ) throws(EventBusError) {
        let compiled: EventPattern
        do {
            compiled = try EventPattern(pattern)
        } catch {
            throw EventBusError(.invalidEventPattern, error.description)
        }
        try put(EventRule(name, pattern: compiled, isEnabled: isEnabled, targets: targets))
    }

    /// Changes a rule that there is: its pattern, its targets, whether it is enabled. Its name stays.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`, `validation` or `limitExceeded`.
    public func updateRule(_ name: String, _ body: (inout EventRule) -> Void) throws(EventBusError) {
        try change { book throws(EventBusError) in
            guard var rule = book.rules[name]?.rule else { throw notFound(name) }
            body(&rule)
            rule.name = name
            book.set(rule, try rule.compiled(arn: arn(ofRule: name), targetLimit: configuration.targetLimit))
        }
        register(name)
    }

    /// Has events matched with a rule again.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func enableRule(_ name: String) throws(EventBusError) { try updateRule(name) { $0.isEnabled = true } }

    /// Has events matched with a rule no more.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func disableRule(_ name: String) throws(EventBusError) { try updateRule(name) { $0.isEnabled = false } }

    /// Removes a rule and its targets. What is kept for them waits for a day, in case they come back, and is a dead letter of the host
    /// then.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func removeRule(_ name: String) throws(EventBusError) {
        try change { book throws(EventBusError) in
            guard book.rules[name] != nil else { throw notFound(name) }
            book.removeRule(name)
        }
        register(name)
    }

    /// A rule's resource name.
    func arn(ofRule rule: String) -> String {
        "arn:aws:events:\(configuration.region):\(configuration.account):rule/\(name)/\(rule)"
    }

    private func notFound(_ rule: String) -> EventBusError {
        EventBusError(.resourceNotFound, "Rule \(rule) does not exist on EventBus \(name).")
    }

    /// Changes the rules; again if somebody else did meanwhile, so that no change is lost. Compiling is done without a lock.
    ///
    /// - Parameter finish: What else is changed, in the same moment.
    func change(
        _ body: (inout RuleBook) throws(EventBusError) -> Void, and finish: (inout State) -> Void = { _ in }
    ) throws(EventBusError) {
        while true {
            let old = book
            var new = old
            try body(&new)
            let isLatest = state.withLock { [new] state in
                guard state.book.generation == old.generation else { return false }
                state.book = new
                finish(&state)
                return true
            }
            if isLatest { return }
        }
    }

    /// Tells the deliverer which targets the rule has now.
    private func register(_ rule: String) {
        deliverer.table.replace(
            prefix: "\(rule)/",
            by: {
                let targets = state.withLock { $0.book.rules[rule]?.compiled.targets ?? [] }
                return targets.map { ($0.key, $0.entry) }
            })
    }
}
