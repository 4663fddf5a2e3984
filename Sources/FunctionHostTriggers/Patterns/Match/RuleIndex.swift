// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Many patterns made into one thing to match events with, at a cost that hardly depends on how many they are.
///
/// An event is gone through once: keys lead through ``PathTree``, leaves at paths that rules ask for fulfil conditions by way of
/// ``LeafIndex``, and what is fulfilled leads through ``RuleTree`` to the rules that hold.
final class RuleIndex: Sendable {
    /// How deeply an event may nest.
    static let maximumEventDepth = 1_000

    let paths: PathTree
    let leaves: LeafIndex
    let tree: RuleTree
    /// The path of each condition.
    let pathOfCondition: [Int32]

    /// - Parameter rules: The alternatives of each rule; a rule's number is its index.
    init(_ rules: [[PatternAlternative]]) {
        let fieldPaths = Set(rules.joined().flatMap(\.keys)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(fieldPaths, (0 as Int32)...))
        var indices: [PathCondition: Int] = [:]
        var found: [PathCondition] = []
        let drafts = rules.map { alternatives in
            alternatives.map { alternative in
                alternative.map { path, entries in
                    let condition = PathCondition(path: numbers[path] ?? 0, entries: entries)
                    if let index = indices[condition] { return index }
                    indices[condition] = found.count
                    found.append(condition)
                    return found.count - 1
                }
            }
        }
        // Conditions are numbered in the order of their paths, so that going by numbers goes by paths.
        let order = found.indices.sorted { (found[$0].path, $0) < (found[$1].path, $1) }
        var rank = [Int32](repeating: 0, count: found.count)
        for (number, index) in order.enumerated() { rank[index] = Int32(number) }
        let conditions = order.map { found[$0] }
        paths = PathTree(fieldPaths)
        leaves = LeafIndexBuilder.index(of: conditions, paths: fieldPaths.count)
        tree = RuleTree(drafts.map { $0.map { $0.map { rank[$0] }.sorted() } }, conditions: conditions)
        pathOfCondition = conditions.map(\.path)
    }

    /// The numbers of the rules that hold for `event`, in ascending order.
    func rules(matching event: UnsafeBufferPointer<UInt8>) throws(EventError) -> [Int32] {
        var search = RuleSearch(index: self, seen: try look(at: event), stopsAtFirst: false)
        try search.run()
        return search.sortedRules()
    }

    /// Whether any rule holds for `event`.
    func hasRule(matching event: UnsafeBufferPointer<UInt8>) throws(EventError) -> Bool {
        var search = RuleSearch(index: self, seen: try look(at: event), stopsAtFirst: true)
        try search.run()
        return !search.rules.isEmpty
    }

    private func look(at event: UnsafeBufferPointer<UInt8>) throws(EventError) -> EventSight {
        try paths.withView { paths throws(EventError) in
            var scan = EventScan(paths: paths, leaves: leaves, bytes: event)
            var walk = JSONWalk(event, maximumDepth: Self.maximumEventDepth)
            if let fault = walk.run(&scan) { throw EventError(fault) }
            guard scan.isObject else { throw EventError(.notAnObject, reason: "an event must be a JSON object") }
            return scan.finished()
        }
    }
}
