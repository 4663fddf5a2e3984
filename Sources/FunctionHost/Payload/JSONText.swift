// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// JSON text written or checked where no coder is at hand.
package enum JSONText {
    /// A string as JSON holds it, quotes included.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Whether `bytes` are one JSON value (RFC 8259) without halves of surrogate pairs (RFC 7493), which decoders refuse, and
    /// nested no deeper than `maximumDepth`. Takes time in proportion to its length.
    package static func isValid(_ bytes: [UInt8], maximumDepth: Int) -> Bool {
        // The look at the depth comes first: what follows calls itself for each level.
        guard JSONStructure.fault(in: bytes, maximumDepth: maximumDepth) == nil else { return false }
        return bytes.withUnsafeBufferPointer { buffer in
            var grammar = JSONGrammar(bytes: buffer)
            return grammar.isOneValue()
        }
    }
}

/// The grammar of JSON, RFC 8259, over text that is known to be UTF-8 and not to nest too deeply.
private struct JSONGrammar {
    let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func isOneValue() -> Bool {
        guard passValue() else { return false }
        passSpace()
        return place == bytes.count
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func pass(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func passSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { place += 1 }
    }

    private mutating func passValue() -> Bool {
        passSpace()
        switch next {
        case UInt8(ascii: "{"): return passList(from: "{", to: "}") { $0.passMember() }
        case UInt8(ascii: "["): return passList(from: "[", to: "]") { $0.passValue() }
        case UInt8(ascii: "\""): return passString()
        case UInt8(ascii: "t"): return passWord("true")
        case UInt8(ascii: "f"): return passWord("false")
        case UInt8(ascii: "n"): return passWord("null")
        default: return passNumber()
        }
    }

    private mutating func passList(
        from opening: Unicode.Scalar, to closing: Unicode.Scalar, _ passElement: (inout Self) -> Bool
    ) -> Bool {
        guard pass(opening) else { return false }
        passSpace()
        if pass(closing) { return true }
        repeat {
            guard passElement(&self) else { return false }
            passSpace()
        } while pass(",")
        return pass(closing)
    }

    private mutating func passMember() -> Bool {
        passSpace()
        guard passString() else { return false }
        passSpace()
        return pass(":") && passValue()
    }

    private mutating func passString() -> Bool {
        guard pass("\"") else { return false }
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard passEscape() else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func passEscape() -> Bool {
        guard let byte = next else { return false }
        place += 1
        switch Unicode.Scalar(byte) {
        case "\"", "\\", "/", "b", "f", "n", "r", "t": return true
        case "u":
            switch passCodeUnit() {
            case .some(0xD800...0xDBFF):
                guard pass("\\"), pass("u"), let second = passCodeUnit() else { return false }
                return (0xDC00...0xDFFF).contains(second)
            case .some(0xDC00...0xDFFF), nil: return false
            case .some: return true
            }
        default: return false
        }
    }

    private mutating func passCodeUnit() -> Int? {
        var unit = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | digit
            place += 1
        }
        return unit
    }

    private mutating func passWord(_ word: StaticString) -> Bool {
        for index in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[index] else { return false }
            place += 1
        }
        return true
    }

    private mutating func passNumber() -> Bool {
        _ = pass("-")
        // No further digit may follow a leading zero.
        guard pass("0") || passDigits() else { return false }
        if pass("."), !passDigits() { return false }
        guard pass("e") || pass("E") else { return true }
        _ = pass("+") || pass("-")
        return passDigits()
    }

    /// Passes as many digits as there are, one at least.
    private mutating func passDigits() -> Bool {
        let start = place
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
        return place > start
    }
}
