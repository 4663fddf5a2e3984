// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The conditions of all rules in the order of their paths, beginnings that rules share being one: a step is a condition that is
/// fulfilled.
struct RuleTree: Sendable {
    struct Step: Sendable {
        /// A condition, or for absence a path.
        let number: Int32
        let node: Int32
    }

    struct Node: Sendable {
        /// What may be fulfilled next by a leaf, in the order of the conditions.
        var steps: Range<Int32> = 0..<0
        /// What may be fulfilled next by there being none.
        var absences: Range<Int32> = 0..<0
        /// The rules that hold here.
        var rules: Range<Int32> = 0..<0

        @inline(__always)
        var isLast: Bool { steps.isEmpty && absences.isEmpty }
    }

    private(set) var nodes: [Node] = []
    private(set) var steps: [Step] = []
    private(set) var absences: [Step] = []
    private(set) var rules: [Int32] = []

    /// - Parameters:
    ///   - alternatives: For each rule, each of its alternatives as the numbers of its conditions in ascending order.
    ///   - conditions: In the order of their paths.
    init(_ alternatives: [[[Int32]]], conditions: [PathCondition]) {
        var children: [UInt64: Int32] = [:]
        var drafts = [Draft()]
        for (rule, alternatives) in alternatives.enumerated() {
            for alternative in alternatives {
                var node: Int32 = 0
                for condition in alternative {
                    let key = UInt64(node) << 32 | UInt64(condition)
                    if let child = children[key] {
                        node = child
                    } else {
                        let child = Int32(drafts.count)
                        children[key] = child
                        drafts[Int(node)].children.append(Step(number: condition, node: child))
                        drafts.append(Draft())
                        node = child
                    }
                }
                if drafts[Int(node)].rules.last != Int32(rule) { drafts[Int(node)].rules.append(Int32(rule)) }
            }
        }
        for draft in drafts { append(draft, conditions) }
    }

    private struct Draft {
        var children: [Step] = []
        var rules: [Int32] = []
    }

    private mutating func append(_ draft: Draft, _ conditions: [PathCondition]) {
        var node = Node()
        let children = draft.children.sorted { $0.number < $1.number }
        let firstAbsence = Int32(absences.count)
        for child in children {
            let condition = conditions[Int(child.number)]
            if condition.entries.contains(.absent) { absences.append(Step(number: condition.path, node: child.node)) }
        }
        node.absences = firstAbsence..<Int32(absences.count)
        node.steps = Int32(steps.count)..<Int32(steps.count + children.count)
        steps += children
        node.rules = Int32(rules.count)..<Int32(rules.count + draft.rules.count)
        rules += draft.rules
        nodes.append(node)
    }

    /// Where fulfilling `condition` leads from `node`; below zero if nowhere.
    func next(_ node: Node, _ condition: Int32) -> Int32 {
        var (low, high) = (node.steps.lowerBound, node.steps.upperBound)
        guard low < high else { return -1 }
        let (first, last) = (steps[Int(low)].number, steps[Int(high - 1)].number)
        guard (first...last).contains(condition) else { return -1 }
        // Many rules that differ in one field have all of its conditions here, without gaps.
        if last - first == high - low - 1 { return steps[Int(low + condition - first)].node }
        while low < high {
            let middle = (low + high) / 2
            if steps[Int(middle)].number < condition { low = middle + 1 } else { high = middle }
        }
        guard low < node.steps.upperBound, steps[Int(low)].number == condition else { return -1 }
        return steps[Int(low)].node
    }
}
