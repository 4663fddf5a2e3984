// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Looks whether text is one JSON object, and at nothing else of it.
struct JSONObjectCheck: JSONVisitor {
    private var isObject: Bool?

    /// Whether a text is one JSON object, with nothing before and after it but white space.
    static func isObject(_ text: String, maximumDepth: Int) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var check = Self()
            var walk = JSONWalk(bytes, maximumDepth: maximumDepth)
            return walk.run(&check) == nil && check.isObject ?? false
        }
    }

    mutating func objectBegan(at offset: Int) { isObject = isObject ?? true }
    mutating func listBegan(at offset: Int) { isObject = isObject ?? false }
    mutating func objectEnded(at end: Int) {}
    mutating func listEnded(at end: Int) {}
    mutating func passed(key: JSONString) {}
    mutating func passed(string: JSONString) {}
    mutating func passed(number: Range<Int>) {}
    mutating func passed(word: JSONWord, at offset: Int) {}
}
