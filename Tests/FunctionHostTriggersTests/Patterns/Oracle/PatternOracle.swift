// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Whether an event matches a valid pattern, found out rule by rule with the slowest and plainest means.
///
/// It is the procedure of the reference word for word, and shares nothing with what it is compared to.
struct PatternOracle {
    typealias Text = PlainJSON.Text
    typealias Alternative = [Text: [PlainJSON]]

    /// A value that is neither an object nor a list.
    private struct Leaf {
        let path: Text
        let value: PlainJSON
        /// For each list around it, by number, which of its elements it is in.
        let membership: [Int: Int]
    }

    private let alternatives: [Alternative]

    init(_ pattern: String) {
        alternatives = Self.expand(PlainJSON(pattern), path: [], into: [[:]])
    }

    // MARK: The pattern

    private static func join(_ path: Text, _ key: Text, isFirst: Bool) -> Text {
        isFirst ? key : path + Array(".".utf16) + key
    }

    private static func expand(
        _ object: PlainJSON, path: Text, isRoot: Bool = true, into alternatives: [Alternative]
    ) -> [Alternative] {
        guard case .object(let members) = object else { return alternatives }
        var alternatives = alternatives
        for (key, value) in members {
            let inner = join(path, key, isFirst: isRoot)
            if key == Array("$or".utf16), case .list(let branches) = value {
                let base = alternatives
                alternatives = branches.flatMap { expand($0, path: path, isRoot: isRoot, into: base) }
            } else if case .list(let entries) = value {
                for index in alternatives.indices { alternatives[index][inner] = entries }
            } else {
                alternatives = expand(value, path: inner, isRoot: false, into: alternatives)
            }
        }
        return alternatives
    }

    // MARK: The event

    func matches(_ event: String) -> Bool {
        var leaves: [Leaf] = []
        var lists = 0
        Self.collect(PlainJSON(event), path: [], isRoot: true, [:], &lists, &leaves)
        let byPath = Dictionary(grouping: leaves, by: \.path)
        return alternatives.contains { alternative in
            let paths = alternative.keys.sorted { $0.lexicographicallyPrecedes($1) }
            return Self.search(paths[...], alternative, byPath, [:])
        }
    }

    private static func collect(
        _ value: PlainJSON, path: Text, isRoot: Bool, _ membership: [Int: Int], _ lists: inout Int,
        _ leaves: inout [Leaf]
    ) {
        switch value {
        case .object(let members):
            for (key, value) in members {
                let inner = join(path, key, isFirst: isRoot)
                collect(value, path: inner, isRoot: false, membership, &lists, &leaves)
            }
        case .list(let elements):
            let list = lists
            lists += 1
            for (index, element) in elements.enumerated() {
                var inner = membership
                if element.isContainer { inner[list] = index }
                collect(element, path: path, isRoot: isRoot, inner, &lists, &leaves)
            }
        case .string, .number, .word: leaves.append(Leaf(path: path, value: value, membership: membership))
        }
    }

    private static func agree(_ one: [Int: Int], _ other: [Int: Int]) -> Bool {
        one.allSatisfy { list, element in other[list] == nil || other[list] == element }
    }

    private static func search(
        _ paths: ArraySlice<Text>, _ alternative: Alternative, _ leaves: [Text: [Leaf]], _ state: [Int: Int]
    ) -> Bool {
        guard let path = paths.first else { return true }
        let agreeing = (leaves[path] ?? []).filter { agree($0.membership, state) }
        let entries = alternative[path] ?? []
        let wantsNone = entries.contains { if case .word("false")? = $0["exists"] { true } else { false } }
        if wantsNone, agreeing.isEmpty, search(paths.dropFirst(), alternative, leaves, state) { return true }
        return agreeing.contains { leaf in
            entries.contains { EntryOracle.accepts($0, leaf.value) }
                && search(
                    paths.dropFirst(), alternative, leaves, state.merging(leaf.membership, uniquingKeysWith: { $1 }))
        }
    }
}
