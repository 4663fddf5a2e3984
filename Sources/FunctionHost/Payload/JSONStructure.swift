// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Looks over JSON before a decoder does: whether it is UTF-8, and how deeply it nests.
package enum JSONStructure {
    /// What makes `bytes` unfit for decoding; nil if nothing does. One pass, no allocation.
    package static func fault(in bytes: [UInt8], maximumDepth: Int) -> PayloadFault? {
        bytes.withUnsafeBufferPointer { buffer in
            if let place = depthFault(in: buffer, maximumDepth: maximumDepth) {
                return PayloadFault(place: "byte \(place)", reason: "the JSON nests deeper than \(maximumDepth) levels")
            }
            if let place = firstInvalidUTF8(in: buffer) {
                return PayloadFault(place: "byte \(place)", reason: "the text is not UTF-8")
            }
            return nil
        }
    }

    private static func depthFault(in bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) -> Int? {
        var depth = 0
        var isInString = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                if byte == UInt8(ascii: "\\") { index += 1 }
                if byte == UInt8(ascii: "\"") { isInString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth > maximumDepth { return index }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            index += 1
        }
        return nil
    }

    /// The place of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
    ///
    /// Zero is none either, since JSON holds it nowhere: it shows UTF-16 or UTF-32, which decoders accept and in which
    /// brackets are hidden from the look at the depth.
    private static func firstInvalidUTF8(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                guard byte != 0 else { return index }
                index += 1
                continue
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch byte {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return index
            }
            guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return index }
            for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
