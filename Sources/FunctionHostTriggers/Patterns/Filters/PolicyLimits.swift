// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a filter policy of SNS may not be although it is a pattern.
struct PolicyLimits {
    /// What a value of the policy is.
    private enum Role {
        case other
        /// An object of fields, so many fields deep; a branch is as deep as its `$or`.
        case fields(depth: Int)
        /// The list of an `$or`.
        case choice
        /// The entries of a field, so many fields deep.
        case entries(depth: Int)
    }

    /// More than any policy may have, and far from overflowing.
    private static let manyCombinations = 1_000_000

    private let tape: JSONTape
    private var roles: [Role]

    /// - Parameter tape: A valid pattern.
    init(tape: JSONTape) {
        self.tape = tape
        roles = Array(repeating: .other, count: tape.values.count)
        roles[0] = .fields(depth: 0)
        // What is around comes before what is within.
        for index in roles.indices {
            guard case .fields(let depth) = roles[index] else { continue }
            for member in tape.children(of: index) {
                switch tape.values[member].kind {
                case .object: roles[member] = .fields(depth: depth + 1)
                case .list where isChoice(member):
                    roles[member] = .choice
                    for branch in tape.children(of: member) { roles[branch] = .fields(depth: depth) }
                default: roles[member] = .entries(depth: depth + 1)
                }
            }
        }
    }

    /// Why the policy is too much; nil if it is not.
    func fault(_ alternatives: [PatternAlternative], _ scope: FilterPolicy.Scope) -> String? {
        if scope == .messageAttributes, isNested {
            return "Filter policy scope MessageAttributes does not support nested filter policy"
        }
        var keys: Set<[UInt8]> = []
        for path in alternatives.lazy.flatMap(\.keys) {
            keys.insert(scope == .messageAttributes ? path.text : Array(path.segments[0]))
        }
        if keys.count > FilterPolicy.maximumKeys {
            return "Filter policy can not have more than \(FilterPolicy.maximumKeys) keys"
        }
        return combinations > FilterPolicy.maximumCombinations ? "Filter policy is too complex" : nil
    }

    private var isNested: Bool {
        roles.contains { if case .fields(let depth) = $0 { depth > 0 } else { false } }
    }

    private func isChoice(_ index: Int) -> Bool {
        tape.values[index].key == Array("$or".utf8) && tape.isChoice(index)
    }

    /// The number of values of each field times how deep it is, multiplied over the fields; the branches of an `$or` are added.
    private var combinations: Int {
        var counts = [Int](repeating: 1, count: roles.count)
        for index in roles.indices.reversed() {
            let children = tape.children(of: index)
            switch roles[index] {
            case .other: break
            case .entries(let depth): counts[index] = min(children.count * depth, Self.manyCombinations)
            case .fields: counts[index] = children.reduce(1) { min($0 * counts[$1], Self.manyCombinations) }
            case .choice: counts[index] = children.reduce(0) { min($0 + counts[$1], Self.manyCombinations) }
            }
        }
        return counts[0]
    }
}

extension JSONTape {
    /// Whether the list at `index` is shaped like that of an `$or`: two objects or more, with fields that are not called like
    /// operators.
    func isChoice(_ index: Int) -> Bool {
        let branches = children(of: index)
        return branches.count >= 2
            && branches.allSatisfy { branch in
                guard case .object = values[branch].kind else { return false }
                let names = children(of: branch).map { String(decoding: values[$0].key ?? [], as: UTF8.self) }
                return !names.isEmpty && names.allSatisfy { !PatternDialect.reservedNames.contains($0) }
            }
    }
}
