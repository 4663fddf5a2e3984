// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Many patterns that are matched together, at about the cost of one.
///
/// ```swift
/// let rules = EventRules([("large", large), ("foreign", foreign)])
/// let names = try rules.matching(event)
/// ```
///
/// The set does not change; make another when a rule comes or goes.
public struct EventRules<ID: Sendable>: Sendable {
    private let ids: [ID]
    private let index: RuleIndex

    /// Compiles rules into one.
    ///
    /// - Parameter rules: Any number, each with what it is called; a name may stand for several patterns.
    public init(_ rules: some Sequence<(ID, EventPattern)>) {
        let rules = Array(rules)
        ids = rules.map(\.0)
        index = RuleIndex(rules.map(\.1.alternatives))
    }

    /// How many rules there are.
    public var count: Int { ids.count }

    /// The rules that `event` is for, in the order in which they were given.
    ///
    /// - Parameter event: A JSON object in UTF-8.
    /// - Throws: ``EventError`` if it is none, nests too deeply, or cannot be judged in reasonable time.
    /// - Complexity: One pass over the event, and what is found. The number of rules hardly matters as long as they ask for exact
    ///   values, beginnings or ends; each other entry at a path is tried with each value there.
    public func matching(_ event: [UInt8]) throws(EventError) -> [ID] {
        let found = try event.withUnsafeBufferPointer { event throws(EventError) in
            try index.rules(matching: event)
        }
        return found.map { ids[Int($0)] }
    }
}
