// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A place in JSON text, and what can be passed there.
struct JSONScan {
    private let base: UnsafeRawPointer
    let count: Int
    var place = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // No bytes have no address; nothing is read through this one then.
        base = bytes.baseAddress.map(UnsafeRawPointer.init) ?? UnsafeRawPointer(bitPattern: 1)!
        count = bytes.count
    }

    @inline(__always)
    private func at(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

    /// The byte at the place, which must not be the end.
    var byte: UInt8 { @inline(__always) get { at(place) } }

    @inline(__always)
    mutating func passSpace() {
        while place < count {
            let byte = at(place)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            place += 1
        }
    }

    mutating func pass(_ word: StaticString) -> Bool {
        guard place + word.utf8CodeUnitCount <= count else { return false }
        for index in 0..<word.utf8CodeUnitCount where at(place + index) != word.utf8Start[index] { return false }
        place += word.utf8CodeUnitCount
        return true
    }

    // MARK: Strings

    /// Passes a string from quote to quote.
    @inline(__always)
    mutating func passString(_ string: inout JSONString) -> JSONFault? {
        place += 1
        string.start = place
        while true {
            passPlainText()
            guard place < count else { return JSONFault(.end, at: place) }
            switch byte {
            case UInt8(ascii: "\""):
                string.end = place
                place += 1
                return nil
            case UInt8(ascii: "\\"):
                string.hasEscapes = true
                if let fault = passEscape() { return fault }
            case 0..<0x20: return JSONFault(.control, at: place)
            case 0x80...: guard passScalar() else { return JSONFault(.utf8, at: place) }
            default: place += 1
            }
        }
    }

    /// Passes what is neither a quote, a backslash, a control character nor outside of ASCII: eight bytes at a time.
    @inline(__always)
    private mutating func passPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while place + 8 <= count {
            let bytes = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let quote = bytes ^ (ones &* 0x22)
            let backslash = bytes ^ (ones &* 0x5C)
            // A byte's highest bit is set if it is zero, or smaller than 32; bits above the first that is set may be wrong.
            let found =
                ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((bytes &- (ones &* 0x20)) & ~bytes)
            let marks = (found | bytes) & (ones &* 0x80)
            if marks != 0 {
                place += marks.trailingZeroBitCount >> 3
                return
            }
            place += 8
        }
        while place < count {
            let byte = byte
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { return }
            place += 1
        }
    }

    private mutating func passEscape() -> JSONFault? {
        let start = place
        guard place + 1 < count else { return JSONFault(.end, at: count) }
        switch Unicode.Scalar(at(place + 1)) {
        case "\"", "\\", "/", "b", "f", "n", "r", "t": place += 2
        case "u":
            guard place + 6 <= count else { return JSONFault(.end, at: count) }
            for index in place + 2..<place + 6 where HexDigit.value(at(index)) == nil {
                return JSONFault(.escape, at: start)
            }
            place += 6
        default: return JSONFault(.escape, at: start)
        }
        return nil
    }

    /// Passes one scalar outside of ASCII (RFC 3629: no overlong forms, no surrogates).
    private mutating func passScalar() -> Bool {
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
        default: return false
        }
        guard place + length <= count, second.contains(at(place + 1)) else { return false }
        for index in place + 2..<max(place + 2, place + length) where at(index) & 0xC0 != 0x80 { return false }
        place += length
        return true
    }

    // MARK: Numbers

    /// Passes a number; false, with the place where it goes wrong, if it is none.
    @inline(__always)
    mutating func passNumber() -> Bool {
        if byte == UInt8(ascii: "-") { place += 1 }
        guard place < count else { return false }
        if byte == UInt8(ascii: "0") {
            place += 1
            // No further digit may follow a leading zero.
            if place < count, isDigit(byte) { return false }
        } else {
            guard passDigits() else { return false }
        }
        if place < count, byte == UInt8(ascii: ".") {
            place += 1
            guard passDigits() else { return false }
        }
        guard place < count, byte | 0x20 == UInt8(ascii: "e") else { return true }
        place += 1
        if place < count, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { place += 1 }
        return passDigits()
    }

    /// Passes as many digits as there are, one at least.
    @inline(__always)
    private mutating func passDigits() -> Bool {
        let start = place
        while place < count, isDigit(byte) { place += 1 }
        return place > start
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

/// Digits to the base of sixteen.
enum HexDigit {
    static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
