// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Reads JSON as the store wrote it, or as a person mended it: texts, whole numbers, objects and lists, nothing else.
struct JSONReader {
    enum Value {
        case text(String)
        case number(Int64)
        case object([String: Value])
        case array([Value])
    }

    private let bytes: [UInt8]
    private var place = 0

    /// The value that a text is; nil if it is anything else.
    static func read(_ text: String) -> Value? {
        var reader = JSONReader(bytes: Array(text.utf8))
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.place == reader.bytes.count ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value(depth: Int) -> Value? {
        skipSpace()
        guard place < bytes.count, depth < 4 else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "\""): return text().map(Value.text)
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> Value? {
        var members: [String: Value] = [:]
        place += 1
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard let name = text(), take(":"), let value = value(depth: depth + 1) else { return nil }
            members[name] = value
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array(_ depth: Int) -> Value? {
        var values: [Value] = []
        place += 1
        if take("]") { return .array(values) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while take(",")
        return take("]") ? .array(values) : nil
    }

    private mutating func number() -> Value? {
        let start = place
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
        while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
        return Int64(String(decoding: bytes[start..<place], as: UTF8.self)).map(Value.number)
    }

    private mutating func text() -> String? {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
        place += 1
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return String(validating: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let scalar = escaped() else { return nil }
            text.append(contentsOf: String(scalar).utf8)
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard place < bytes.count else { return nil }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): return unit().flatMap { scalar(from: $0) }
        default: return nil
        }
    }

    /// A pair of units stands for one character beyond the first 65,536.
    private mutating func scalar(from unit: UInt32) -> Unicode.Scalar? {
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else {
            return nil
        }
        place += 2
        guard let low = self.unit(), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func unit() -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        defer { place += 4 }
        return UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }
}
