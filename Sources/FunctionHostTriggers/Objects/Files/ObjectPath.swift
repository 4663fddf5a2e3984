// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A key that is a path in a directory: what is written is what is there.
///
/// A text either is a key, and then the file has exactly that path below the root, byte by byte; or it is refused. Nothing is
/// encoded, so that people find what a program has put, and a program finds what people have put. Equal are those with equal
/// bytes: texts that Unicode takes for the same are two keys where the file system has two names.
struct ObjectPath: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// S3's limit for keys.
    static let byteLimit = 1_024
    /// The longest name of most file systems.
    static let nameLimit = 255
    /// The directory below the root where objects are written before they are moved to their places.
    static let staging = ".functionhost"

    let text: String

    /// Reads a key.
    ///
    /// - Throws: ``ObjectError`` as `invalidKey`, which says what a key must be.
    init(key: String) throws(ObjectError) {
        if let fault = Self.fault(in: key) { throw ObjectError(.invalidKey, key: key, reason: fault) }
        text = key
    }

    /// A name in a directory, which the system has told; nil if it is no key.
    init?(_ name: String, in directory: Self?) {
        let text = directory.map { "\($0.text)/\(name)" } ?? name
        guard Self.fault(in: text) == nil else { return nil }
        self.text = text
    }

    var description: String { text }

    /// The directories above, and the last name.
    var names: (directories: [Substring], last: Substring) {
        var names = text.split(separator: "/", omittingEmptySubsequences: false)
        let last = names.removeLast()
        return (names, last)
    }

    /// Whether it is somewhere below a directory.
    func isBelow(_ directory: Self) -> Bool {
        let (mine, its) = (text.utf8, directory.text.utf8)
        return mine.count > its.count && mine.starts(with: its)
            && mine[mine.index(mine.startIndex, offsetBy: its.count)] == UInt8(ascii: "/")
    }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// By the bytes of UTF-8, as S3 orders keys.
    static func < (left: Self, right: Self) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }

    /// Why a text is no key; nil if it is one.
    private static func fault(in text: String) -> String? {
        let bytes = text.utf8
        if bytes.isEmpty { return "a key is empty; give it 1 byte at least" }
        if bytes.count > byteLimit { return "a key has \(bytes.count) bytes; give it \(byteLimit) at most" }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "a key has a control character; leave it out" }
        for (index, name) in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).enumerated() {
            if name.isEmpty { return "a key begins or ends with / or has two of them; put a name between" }
            if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) {
                return "a name is . or .., which are directories; take another"
            }
            if name.count > nameLimit { return "a name has \(name.count) bytes; file systems take \(nameLimit)" }
            if index == 0, isStaging(name) { return "\(staging) is where objects are written first; take another name" }
        }
        return nil
    }

    /// Whether a name is that of the staging directory, also on a file system that does not tell letters by their case.
    private static func isStaging(_ name: Substring.UTF8View) -> Bool {
        name.count == staging.utf8.count
            && zip(name, staging.utf8).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && (0x41...0x5A).contains($0) }
    }
}
