// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension ByteCursor {
    /// Writes the inside of a JSON string, as `JSONText.quoted` does: no more than ``jsonSize(of:)`` says.
    @inline(__always)
    mutating func putJSON(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            if Self.isPlain(bytes) { put(bytes) } else { putEscaped(bytes) }
        }
    }

    /// How many bytes the inside of a JSON string takes.
    @inline(__always)
    static func jsonSize(of text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            if isPlain(bytes) { return bytes.count }
            return bytes.reduce(0) { $0 + (isPlain($1) ? 1 : shortEscape(of: $1) == nil ? 6 : 2) }
        }
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    @inline(__always)
    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // Without a way out of the loop, so that many bytes are looked at in one step.
        var isPlain = true
        for byte in bytes { isPlain = isPlain && Self.isPlain(byte) }
        return isPlain
    }

    private static func shortEscape(of byte: UInt8) -> UInt8? {
        switch Unicode.Scalar(byte) {
        case "\"", "\\": byte
        case "\n": UInt8(ascii: "n")
        case "\r": UInt8(ascii: "r")
        case "\t": UInt8(ascii: "t")
        default: nil
        }
    }

    private mutating func putEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            if Self.isPlain(byte) {
                put(byte)
            } else if let letter = Self.shortEscape(of: byte) {
                put(UInt8(ascii: "\\"))
                put(letter)
            } else {
                put("\\u00")
                put(Self.hexDigit(byte >> 4))
                put(Self.hexDigit(byte & 15))
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
