// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One way to satisfy a pattern: what a leaf at each of these paths must be.
typealias PatternAlternative = [FieldPath: [PatternEntry]]

/// The keys from the outermost to a field, joined by dots: a key with a dot is the same as two keys, in patterns and in events.
struct FieldPath: Hashable, Sendable, Comparable {
    var text: [UInt8]

    /// In the order of UTF-16, as where the rules for absent fields come from: characters above U+FFFF come before U+E000.
    static func < (one: FieldPath, other: FieldPath) -> Bool {
        one.text.lexicographicallyPrecedes(other.text) { rank($0) < rank($1) }
    }

    private static func rank(_ byte: UInt8) -> Int {
        switch byte {
        case 0xEE, 0xEF: Int(byte) + 0x100
        default: Int(byte)
        }
    }

    /// What stands between the dots, at least one text.
    var segments: [ArraySlice<UInt8>] { text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) }
}

/// Reads a pattern's JSON and expands each `$or`, in the order of the text.
///
/// A list at a path takes the place of an earlier one in every alternative there is so far; an `$or` replaces the alternatives by
/// each of them with each of its branches.
struct PatternCompiler {
    static let maximumPaths = 256
    static let maximumAlternatives = 1_000

    private enum Level {
        case object(pathCount: Int, depth: Int)
        /// A branch is added to each of `base`; `found` are the alternatives of the branches so far.
        case choice(base: [PatternAlternative], found: [PatternAlternative])
    }

    let tape: JSONTape
    let dialect: PatternDialect
    private var alternatives: [PatternAlternative] = [[:]]
    private var levels: [(level: Level, end: Int)] = []
    private var path: [UInt8] = []
    private var depth = 0
    private var choices = 0

    private init(tape: JSONTape, dialect: PatternDialect) {
        self.tape = tape
        self.dialect = dialect
    }

    static func alternatives(
        of tape: JSONTape, in dialect: PatternDialect
    ) throws(PatternFault) -> [PatternAlternative] {
        var compiler = PatternCompiler(tape: tape, dialect: dialect)
        return try compiler.run()
    }

    private mutating func run() throws(PatternFault) -> [PatternAlternative] {
        guard case .object = tape.values[0].kind else { throw PatternFault("Filter is not an object", at: offset(0)) }
        try open(0)
        var index = 1
        while let (level, end) = levels.last {
            if index == end {
                try close()
                continue
            }
            switch level {
            case .object: index = try passMember(index)
            case .choice(let base, _):
                alternatives = base
                try open(index)
                index += 1
            }
        }
        return alternatives
    }

    private func offset(_ index: Int) -> Int { tape.values[index].range.lowerBound }

    private mutating func open(_ index: Int) throws(PatternFault) {
        guard tape.values[index].next > index + 1 else {
            throw PatternFault("Empty objects are not allowed", at: offset(index))
        }
        levels.append((.object(pathCount: path.count, depth: depth), tape.values[index].next))
    }

    private mutating func close() throws(PatternFault) {
        guard let (level, end) = levels.popLast() else { return }
        switch level {
        case .object:
            guard case .choice(let base, let found)? = levels.last?.level else { break }
            let all = found + alternatives
            guard all.count <= Self.maximumAlternatives else {
                throw PatternFault("More than \(Self.maximumAlternatives) combinations of $or", at: offset(end - 1))
            }
            levels[levels.count - 1].level = .choice(base: base, found: all)
        case .choice(_, let found):
            alternatives = found
            choices -= 1
        }
        // The path is again what it was where the level began that goes on.
        if case .object(let count, let outer)? = levels.last?.level {
            path.removeSubrange(count...)
            depth = outer
        } else if case .object(let count, let outer) = level {
            path.removeSubrange(count...)
            depth = outer
        }
    }

    /// Passes a field or an `$or`; returns the index at which to go on.
    private mutating func passMember(_ index: Int) throws(PatternFault) -> Int {
        let value = tape.values[index]
        let name = String(decoding: value.key ?? [], as: UTF8.self)
        if name == "$or" {
            if dialect.takesOrAsName, !isChoice(index) { return try passField(index, name) }
            try checkChoice(index)
            levels.append((.choice(base: alternatives, found: []), value.next))
            choices += 1
            return index + 1
        }
        return try passField(index, name)
    }

    private func isChoice(_ index: Int) -> Bool {
        if case .list = tape.values[index].kind { tape.isChoice(index) } else { false }
    }

    private mutating func passField(_ index: Int, _ name: String) throws(PatternFault) -> Int {
        let value = tape.values[index]
        if choices > 0, PatternDialect.reservedNames.contains(name) {
            throw PatternFault(
                "\(name) is Ruler reserved fieldName which cannot be used inside $or.", at: value.keyOffset)
        }
        let (pathCount, outer) = (path.count, depth)
        if depth > 0 { path.append(UInt8(ascii: ".")) }
        path += value.key ?? []
        depth += 1
        switch value.kind {
        case .object:
            guard value.next > index + 1 else {
                throw PatternFault("Empty objects are not allowed", at: offset(index))
            }
            levels.append((.object(pathCount: path.count, depth: depth), value.next))
            return index + 1
        case .list:
            try set(entries(of: index), at: FieldPath(text: path), offset: value.keyOffset)
            path.removeSubrange(pathCount...)
            depth = outer
            return value.next
        case .string, .number, .word:
            throw PatternFault("\"\(name)\" must be an object or an array", at: offset(index))
        }
    }

    private func checkChoice(_ index: Int) throws(PatternFault) {
        guard case .list = tape.values[index].kind else {
            throw PatternFault("It must be an Array followed with $or.", at: offset(index))
        }
        let branches = tape.children(of: index)
        for branch in branches {
            guard case .object = tape.values[branch].kind else {
                throw PatternFault("Only JSON object is allowed in array of $or relationship.", at: offset(branch))
            }
        }
        guard branches.count >= 2 else {
            throw PatternFault("There must have at least 2 Objects in $or relationship.", at: offset(index))
        }
    }

    private mutating func set(_ entries: [PatternEntry], at path: FieldPath, offset: Int) throws(PatternFault) {
        for index in alternatives.indices {
            alternatives[index][path] = entries
            guard alternatives[index].count <= Self.maximumPaths else {
                throw PatternFault("More than \(Self.maximumPaths) fields are named", at: offset)
            }
        }
    }

    private func entries(of list: Int) throws(PatternFault) -> [PatternEntry] {
        let children = tape.children(of: list)
        guard !children.isEmpty else { throw PatternFault("Empty arrays are not allowed", at: offset(list)) }
        let reader = EntryReader(tape: tape, dialect: dialect)
        var entries: [PatternEntry] = []
        for child in children { entries.append(try reader.entry(child)) }
        return entries
    }
}
