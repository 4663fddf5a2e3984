// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The search for the rules whose conditions leaves of an event fulfil together.
///
/// It goes through ``RuleTree`` with the frames that the leaves used so far are in: a condition is fulfilled by a leaf that agrees
/// with them, and absence is judged with those that are fixed by then. Frames that no later path can be under are forgotten, and a
/// node is visited once with the same frames; so frames that matter are one within the other, unless an event is made to be
/// different, and then the effort is bounded.
struct RuleSearch {
    /// A frame, or below zero the number of a combination of several, from -1.
    private typealias Frames = Int32

    /// How often leaves are looked at with combinations of frames before the search is given up.
    private static let maximumEffort = 1 << 20

    private let index: RuleIndex
    private let seen: EventSight
    private let stopsAtFirst: Bool
    /// Where the hits of each fulfilled condition are.
    private var runs: [Run] = []
    private var visits: [Visit] = []
    private var visited: Set<UInt64> = []
    /// Frames none of which is within another, in ascending order.
    private var combinations: [[Int32]] = []
    private var combinationNumbers: [[Int32]: Int32] = [:]
    private var effort = 0
    private(set) var rules: [Int32] = []

    private struct Run {
        let condition: Int32
        let hits: Range<Int>
    }

    private struct Visit {
        let node: Int32
        let frames: Frames
    }

    init(index: RuleIndex, seen: EventSight, stopsAtFirst: Bool) {
        self.index = index
        self.seen = seen
        self.stopsAtFirst = stopsAtFirst
    }

    func sortedRules() -> [Int32] {
        guard rules.count > 1 else { return rules }
        var distinct: [Int32] = []
        for rule in rules.sorted() where distinct.last != rule { distinct.append(rule) }
        return distinct
    }

    mutating func run() throws(EventError) {
        collectRuns()
        visits.append(Visit(node: 0, frames: 0))
        while let visit = visits.popLast() {
            let node = index.tree.nodes[Int(visit.node)]
            for rule in node.rules { rules.append(index.tree.rules[Int(rule)]) }
            if stopsAtFirst, !rules.isEmpty { return }
            if node.steps.count <= runs.count {
                for step in node.steps {
                    let step = index.tree.steps[Int(step)]
                    let hits = hits(of: step.number)
                    if !hits.isEmpty { go(to: step.node, fulfilling: step.number, hits, from: visit.frames) }
                }
            } else {
                for run in runs {
                    let next = index.tree.next(node, run.condition)
                    if next >= 0 { go(to: next, fulfilling: run.condition, run.hits, from: visit.frames) }
                }
            }
            for absence in node.absences {
                let step = index.tree.absences[Int(absence)]
                if !hasLeaf(at: step.number, agreeingWith: visit.frames) {
                    push(step.node, outlasting(step.number, visit.frames))
                }
            }
            guard effort <= Self.maximumEffort else {
                throw EventError(.tooComplex, reason: "the event's lists can be combined in too many ways")
            }
        }
    }

    private mutating func collectRuns() {
        var start = 0
        while start < seen.hits.pairs.count {
            let condition = seen.hits.number(start)
            var end = start + 1
            while end < seen.hits.pairs.count, seen.hits.number(end) == condition { end += 1 }
            runs.append(Run(condition: condition, hits: start..<end))
            start = end
        }
    }

    private func hits(of condition: Int32) -> Range<Int> {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].condition < condition { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].condition == condition ? runs[low].hits : 0..<0
    }

    private mutating func push(_ node: Int32, _ frames: Frames) {
        // Where nothing comes, it does not matter how one got there.
        let frames = index.tree.nodes[Int(node)].isLast ? 0 : frames
        guard seen.frames.isEmpty || visited.insert(UInt64(node) << 32 | UInt64(UInt32(bitPattern: frames))).inserted
        else { return }
        visits.append(Visit(node: node, frames: frames))
    }

    // MARK: Frames

    private mutating func go(to node: Int32, fulfilling condition: Int32, _ hits: Range<Int>, from frames: Frames) {
        if seen.frames.isEmpty { return push(node, 0) }
        let path = index.pathOfCondition[Int(condition)]
        if index.tree.nodes[Int(node)].isLast {
            // One leaf is as good as another.
            var found = false
            forEach(in: hits, of: seen.hits, agreeingWith: frames) { _, _ in
                found = true
                return false
            }
            if found { push(node, 0) }
            return
        }
        forEach(in: hits, of: seen.hits, agreeingWith: frames) { search, frame in
            search.push(node, search.merged(frames, frame, path))
            return true
        }
    }

    private mutating func hasLeaf(at path: Int32, agreeingWith frames: Frames) -> Bool {
        let range = seen.leaves.range(of: path)
        if seen.frames.isEmpty || frames == 0 { return !range.isEmpty }
        var found = false
        forEach(in: range, of: seen.leaves, agreeingWith: frames) { _, _ in
            found = true
            return false
        }
        return found
    }

    /// Calls `body` with the frame of each pair that agrees with `frames`, until it returns false.
    private mutating func forEach(
        in range: Range<Int>, of list: HitList, agreeingWith frames: Frames,
        _ body: (inout RuleSearch, Int32) -> Bool
    ) {
        if frames == 0 {
            for index in range { guard body(&self, list.frame(index)) else { return } }
        } else if frames > 0, range.count <= 8 {
            for index in range where seen.frames.agree(frames, list.frame(index)) {
                guard body(&self, list.frame(index)) else { return }
            }
        } else {
            let members = frames > 0 ? [frames] : combinations[Int(-1 - frames)]
            guard let first = range.first else { return }
            let number = UInt64(UInt32(bitPattern: list.number(first))) << 32
            for part in seen.frames.agreeing(with: members[0]) where !part.isEmpty {
                var index = list.lowerBound(number | UInt64(part.lowerBound), in: range)
                while index < range.upperBound, list.frame(index) < part.upperBound {
                    let frame = list.frame(index)
                    index += 1
                    if frames < 0 { effort += members.count }
                    guard effort <= Self.maximumEffort else { return }
                    let agrees = members.dropFirst().allSatisfy { seen.frames.agree($0, frame) }
                    if agrees { guard body(&self, frame) else { return } }
                }
            }
        }
    }

    private mutating func outlasting(_ path: Int32, _ frames: Frames) -> Frames {
        if frames >= 0 { return frames == 0 ? 0 : seen.frames.outlasting(path, frames) }
        return combined(combinations[Int(-1 - frames)].map { seen.frames.outlasting(path, $0) })
    }

    /// Both the frames so far and one more, as far as it matters behind `path`.
    private mutating func merged(_ frames: Frames, _ frame: Int32, _ path: Int32) -> Frames {
        let frame = frame == 0 ? 0 : seen.frames.outlasting(path, frame)
        guard frames != 0 else { return frame }
        let others = outlasting(path, frames)
        if others >= 0 {
            if seen.frames.isIn(others, frame) { return frame }
            if seen.frames.isIn(frame, others) { return others }
            return combined([others, frame])
        }
        return combined(combinations[Int(-1 - others)] + [frame])
    }

    private mutating func combined(_ frames: [Int32]) -> Frames {
        // What has another one within is said by that.
        let distinct = Set(frames).sorted()
        let inner = distinct.filter { frame in
            !distinct.contains { $0 != frame && seen.frames.isIn(frame, $0) }
        }
        guard inner.count > 1 else { return inner.first ?? 0 }
        effort += inner.count
        if let number = combinationNumbers[inner] { return number }
        combinations.append(inner)
        let number = -Int32(combinations.count)
        combinationNumbers[inner] = number
        return number
    }
}
