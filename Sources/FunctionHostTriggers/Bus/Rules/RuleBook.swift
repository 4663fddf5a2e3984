// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The rules of a bus and the patterns of its archives, all compiled into one.
///
/// A value: whoever changes rules makes another one and puts it in place of this, while events are matched with the one they have.
struct RuleBook: Sendable {
    /// Whom an event is for.
    enum Match: Sendable {
        case rule(CompiledRule)
        case archive(String)
    }

    private(set) var rules: [String: (rule: EventRule, compiled: CompiledRule)] = [:]
    /// Archives by name, with what is kept in them; nil for everything.
    private(set) var archives: [String: EventPattern?] = [:]
    private var matcher = EventRules<Match>([])
    private var catchAll: [String] = []

    /// Counts changes, so that whoever changed an old one is known.
    private(set) var generation = 0

    /// Those that an event is for: archives, and then rules by name.
    func matching(_ event: [UInt8]) throws(EventError) -> [Match] {
        let found = try matcher.matching(event)
        return catchAll.isEmpty ? found : catchAll.map { .archive($0) } + found
    }

    mutating func set(_ rule: EventRule, _ compiled: CompiledRule) {
        rules[rule.name] = (rule, compiled)
        compile()
    }

    mutating func removeRule(_ name: String) {
        rules[name] = nil
        compile()
    }

    mutating func removeAll() {
        rules = [:]
        archives = [:]
        compile()
    }

    mutating func setArchive(_ name: String, _ pattern: EventPattern?) {
        archives[name] = .some(pattern)
        compile()
    }

    mutating func removeArchive(_ name: String) {
        archives[name] = nil
        compile()
    }

    private mutating func compile() {
        generation += 1
        var patterns: [(Match, EventPattern)] = []
        for (name, pattern) in archives.sorted(by: { $0.key < $1.key }) {
            if let pattern { patterns.append((.archive(name), pattern)) }
        }
        for (_, entry) in rules.sorted(by: { $0.key < $1.key }) where entry.rule.isEnabled {
            patterns.append((.rule(entry.compiled), entry.rule.pattern))
        }
        matcher = EventRules(patterns)
        catchAll = archives.filter { $0.value == nil }.keys.sorted()
    }
}
