// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Small JSON read as a whole: its values in the order of the text, in one flat list, so that no depth makes it call itself.
struct JSONTape: Sendable {
    enum Kind: Hashable, Sendable {
        case object, list, string([UInt8]), number, word(JSONWord)
    }

    struct Value: Sendable {
        let kind: Kind
        /// The key under which it stands in an object, decoded.
        let key: [UInt8]?
        /// Where the key begins, or the value if it has none.
        let keyOffset: Int
        /// Where its text is.
        var range: Range<Int>
        /// The index after it and all that is in it.
        var next: Int
    }

    let bytes: [UInt8]
    private(set) var values: [Value] = []

    init(_ bytes: [UInt8], maximumDepth: Int) throws(JSONFault) {
        self.bytes = bytes
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<[Value], JSONFault> in
            var reader = TapeReader(bytes: buffer)
            var walk = JSONWalk(buffer, maximumDepth: maximumDepth)
            if let fault = walk.run(&reader) { return .failure(fault) }
            return .success(reader.values)
        }
        values = try result.get()
    }

    /// The indices of what is directly in the object or list at `index`.
    func children(of index: Int) -> [Int] {
        var children: [Int] = []
        var child = index + 1
        while child < values[index].next {
            children.append(child)
            child = values[child].next
        }
        return children
    }

    /// The text of the value at `index`, as it was given.
    func text(of index: Int) -> ArraySlice<UInt8> { bytes[values[index].range] }
}

private struct TapeReader: JSONVisitor {
    let bytes: UnsafeBufferPointer<UInt8>
    var values: [JSONTape.Value] = []
    private var open: [Int] = []
    private var key: (text: [UInt8], offset: Int)?

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func append(_ kind: JSONTape.Kind, _ range: Range<Int>) {
        let value = JSONTape.Value(
            kind: kind, key: key?.text, keyOffset: key?.offset ?? range.lowerBound, range: range,
            next: values.count + 1)
        values.append(value)
        key = nil
    }

    private mutating func close(at end: Int) {
        guard let index = open.popLast() else { return }
        values[index].range = values[index].range.lowerBound..<end
        values[index].next = values.count
    }

    private func decoded(_ string: JSONString) -> [UInt8] {
        let text = UnsafeBufferPointer(rebasing: bytes[string.start..<string.end])
        guard string.hasEscapes else { return Array(text) }
        var decoded: [UInt8] = []
        JSONEscapes.decode(text, into: &decoded)
        return decoded
    }

    mutating func objectBegan(at offset: Int) {
        open.append(values.count)
        append(.object, offset..<offset)
    }
    mutating func listBegan(at offset: Int) {
        open.append(values.count)
        append(.list, offset..<offset)
    }
    mutating func objectEnded(at end: Int) { close(at: end) }
    mutating func listEnded(at end: Int) { close(at: end) }
    mutating func passed(key string: JSONString) { key = (decoded(string), string.start - 1) }
    mutating func passed(string: JSONString) { append(.string(decoded(string)), string.start - 1..<string.end + 1) }
    mutating func passed(number: Range<Int>) { append(.number, number) }
    mutating func passed(word: JSONWord, at offset: Int) {
        append(.word(word), offset..<offset + (word == .no ? 5 : 4))
    }
}
