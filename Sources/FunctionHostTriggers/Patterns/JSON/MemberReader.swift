// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Finds where the outermost object's values are.
struct MemberReader: JSONVisitor {
    struct Member {
        let key: [UInt8]
        var value: Range<Int>
        /// What it is, decoded, if it is a string.
        var text: [UInt8]?
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var members: [Member] = []
    private(set) var isObject = false
    private var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func decoded(_ string: JSONString) -> [UInt8] {
        var decoded: [UInt8] = []
        JSONEscapes.decode(UnsafeBufferPointer(rebasing: bytes[string.start..<string.end]), into: &decoded)
        return decoded
    }

    private var isMember: Bool { isObject && depth == 1 }

    private mutating func note(_ range: Range<Int>, text: [UInt8]? = nil) {
        guard isMember, !members.isEmpty else { return }
        members[members.count - 1].value = range
        members[members.count - 1].text = text
    }

    private mutating func begin(at offset: Int) {
        note(offset..<offset)
        depth += 1
    }

    private mutating func end(at end: Int) {
        depth -= 1
        guard isMember, let last = members.last else { return }
        members[members.count - 1].value = last.value.lowerBound..<end
    }

    mutating func objectBegan(at offset: Int) {
        if depth == 0 { isObject = true }
        begin(at: offset)
    }
    mutating func listBegan(at offset: Int) { begin(at: offset) }
    mutating func objectEnded(at end: Int) { self.end(at: end) }
    mutating func listEnded(at end: Int) { self.end(at: end) }
    mutating func passed(key: JSONString) {
        if isMember { members.append(Member(key: decoded(key), value: 0..<0)) }
    }
    mutating func passed(string: JSONString) {
        if isMember { note(string.start - 1..<string.end + 1, text: decoded(string)) }
    }
    mutating func passed(number: Range<Int>) { note(number) }
    mutating func passed(word: JSONWord, at offset: Int) { note(offset..<offset + (word == .no ? 5 : 4)) }
}
