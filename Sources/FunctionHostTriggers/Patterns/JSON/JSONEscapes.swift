// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What escape sequences stand for.
enum JSONEscapes {
    /// Appends a string's text to `decoded`, in UTF-8.
    ///
    /// Half of a surrogate pair becomes the three bytes that it would have as a scalar, which no other text has: two texts are the
    /// same exactly if their code units are.
    ///
    /// - Parameter text: Between the quotes, and known to be well-formed.
    static func decode(_ text: UnsafeBufferPointer<UInt8>, into decoded: inout [UInt8]) {
        var place = 0
        while place < text.count {
            guard text[place] == UInt8(ascii: "\\") else {
                decoded.append(text[place])
                place += 1
                continue
            }
            let kind = text[place + 1]
            place += 2
            switch kind {
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case UInt8(ascii: "u"): append(scalar(in: text, &place), to: &decoded)
            default: decoded.append(kind)
            }
        }
    }

    /// The scalar whose first four digits are at the place, with the second half of a pair if there is one.
    private static func scalar(in text: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt32 {
        let first = unit(in: text, at: place)
        place += 4
        guard (0xD800...0xDBFF).contains(first), place + 6 <= text.count, text[place] == UInt8(ascii: "\\"),
            text[place + 1] == UInt8(ascii: "u")
        else { return first }
        let second = unit(in: text, at: place + 2)
        guard (0xDC00...0xDFFF).contains(second) else { return first }
        place += 6
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func unit(in text: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in place..<place + 4 { unit = unit << 4 | (HexDigit.value(text[index]) ?? 0) }
        return unit
    }

    private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: bytes.append(UInt8(scalar))
        case 0x80..<0x800:
            bytes.append(UInt8(0xC0 | scalar >> 6))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(UInt8(0xE0 | scalar >> 12))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | scalar >> 18))
            bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
