// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A JSON value that was read: numbers as they are written, members in the order of the text.
indirect enum JSONTree: Sendable {
    case string(String)
    case number(String)
    case bool(Bool)
    case null
    case list([JSONTree])
    case object([(name: String, value: JSONTree)])

    /// Reads JSON.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    init(_ bytes: [UInt8], maximumDepth: Int) throws(TableError) {
        let result = bytes.withUnsafeBufferPointer { bytes -> Result<JSONTree, TableError> in
            var builder = JSONTreeBuilder(bytes: bytes)
            var walk = JSONWalk(bytes, maximumDepth: maximumDepth)
            if let fault = walk.run(&builder) {
                return .failure(
                    TableError(.invalidValue, reason: "no JSON of an item: \(fault.sentence) at byte \(fault.offset)"))
            }
            guard let tree = builder.tree, !builder.hasHalfPair else {
                return .failure(
                    TableError(.invalidValue, reason: "no JSON of an item: half of a surrogate pair, which is no text"))
            }
            return .success(tree)
        }
        self = try result.get()
    }
}

/// Makes a tree of what a walk passes.
private struct JSONTreeBuilder: JSONVisitor {
    private struct Level {
        var isObject: Bool
        var names: [String] = []
        var values: [JSONTree] = []
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var tree: JSONTree?
    private(set) var hasHalfPair = false
    private var levels: [Level] = []

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func add(_ value: JSONTree) {
        if levels.isEmpty { tree = value } else { levels[levels.count - 1].values.append(value) }
    }

    private mutating func text(_ string: JSONString) -> String {
        let part = UnsafeBufferPointer(rebasing: bytes[string.start..<string.end])
        guard string.hasEscapes else { return String(decoding: part, as: UTF8.self) }
        var decoded: [UInt8] = []
        JSONEscapes.decode(part, into: &decoded)
        if let text = String(validating: decoded, as: UTF8.self) { return text }
        hasHalfPair = true
        return ""
    }

    mutating func objectBegan(at offset: Int) { levels.append(Level(isObject: true)) }
    mutating func listBegan(at offset: Int) { levels.append(Level(isObject: false)) }
    mutating func objectEnded(at end: Int) {
        let level = levels.removeLast()
        add(.object(zip(level.names, level.values).map { ($0, $1) }))
    }
    mutating func listEnded(at end: Int) { add(.list(levels.removeLast().values)) }
    mutating func passed(key: JSONString) {
        let name = text(key)
        levels[levels.count - 1].names.append(name)
    }
    mutating func passed(string: JSONString) { add(.string(text(string))) }
    mutating func passed(number: Range<Int>) { add(.number(String(decoding: bytes[number], as: UTF8.self))) }
    mutating func passed(word: JSONWord, at offset: Int) {
        switch word {
        case .null: add(.null)
        case .yes: add(.bool(true))
        case .no: add(.bool(false))
        }
    }
}
