// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Text as DynamoDB compares it: by the bytes of its UTF-8, where Swift takes characters that look the same for the same.
enum TextOrder {
    @inline(__always)
    static func isEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    @inline(__always)
    static func isLess(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    /// Whether some bytes are among others, next to each other; in time that grows with both, whatever they are.
    ///
    /// - Source: Knuth, Morris and Pratt, *Fast Pattern Matching in Strings*.
    static func contains(_ bytes: some Sequence<UInt8>, _ part: some Sequence<UInt8>) -> Bool {
        let part = Array(part)
        guard !part.isEmpty else { return true }
        // How long the longest beginning of the part is that also ends it here, but is shorter.
        var borders = [0]
        var border = 0
        for byte in part.dropFirst() {
            while border > 0, part[border] != byte { border = borders[border - 1] }
            if part[border] == byte { border += 1 }
            borders.append(border)
        }
        var matched = 0
        for byte in bytes {
            while matched > 0, part[matched] != byte { matched = borders[matched - 1] }
            if part[matched] == byte { matched += 1 }
            if matched == part.count { return true }
        }
        return false
    }
}
