// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A line's pattern, event and mode, in the bytes in which they were written: numbers keep their digits, and a key that comes twice
/// comes twice.
struct Question {
    let pattern: String
    let event: [UInt8]
    let mode: String

    /// Nil for a line that is not an object with a pattern and an event.
    init?(_ line: [UInt8]) {
        guard let members = Members(line).all, let pattern = members["pattern"], let event = members["event"],
            let text = String(validating: Self.text(of: pattern), as: UTF8.self)
        else { return nil }
        self.pattern = text
        self.event = Self.text(of: event)
        mode = members["mode"].map { String(decoding: Self.text(of: $0), as: UTF8.self) } ?? "rule"
    }

    /// What a string says, and any other value as it is.
    private static func text(of value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.first == UInt8(ascii: "\"") else { return Array(value) }
        return JSONText.decoded(value.dropFirst().dropLast())
    }
}

/// Finds where the values of an object are. It only looks for their ends: whether they are JSON, their reader will see.
private struct Members {
    private let line: [UInt8]
    private var place = 0

    init(_ line: [UInt8]) { self.line = line }

    /// The values by their keys, the last of equal ones; nil if there is no object.
    var all: [String: ArraySlice<UInt8>]? {
        var reader = self
        return reader.read()
    }

    private mutating func read() -> [String: ArraySlice<UInt8>]? {
        var members: [String: ArraySlice<UInt8>] = [:]
        guard takes("{") else { return nil }
        if !takes("}") {
            repeat {
                guard let key = value(), key.first == UInt8(ascii: "\""), takes(":"), let value = value() else {
                    return nil
                }
                members[String(decoding: JSONText.decoded(key.dropFirst().dropLast()), as: UTF8.self)] = value
            } while takes(",")
            guard takes("}") else { return nil }
        }
        skipSpace()
        return place == line.count ? members : nil
    }

    private mutating func skipSpace() {
        while place < line.count, [0x20, 0x09, 0x0A, 0x0D].contains(line[place]) { place += 1 }
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < line.count, line[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// Passes a value: to the quote or bracket that ends it, or to what separates it from the next.
    private mutating func value() -> ArraySlice<UInt8>? {
        skipSpace()
        let start = place
        var depth = 0
        while place < line.count {
            switch line[place] {
            case UInt8(ascii: "\""):
                guard passString() else { return nil }
                if depth == 0 { return line[start..<place] }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                place += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return place > start ? line[start..<place] : nil }
                depth -= 1
                place += 1
                if depth == 0 { return line[start..<place] }
            case UInt8(ascii: ","), 0x20, 0x09, 0x0D:
                if depth == 0 { return place > start ? line[start..<place] : nil }
                place += 1
            default: place += 1
            }
        }
        return nil
    }

    private mutating func passString() -> Bool {
        place += 1
        while place < line.count {
            if line[place] == UInt8(ascii: "\"") {
                place += 1
                return true
            }
            place += line[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return false
    }
}

/// Strings of JSON.
private enum JSONText {
    /// The text that is meant; half of a surrogate pair becomes U+FFFD, and what is no escape sequence stays.
    static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let plain: [UInt8: UInt8] = [0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09]
        var bytes: [UInt8] = []
        var units: [UInt16] = []
        var place = text.startIndex
        while place < text.endIndex {
            let isEscape = text[place] == UInt8(ascii: "\\") && place + 1 < text.endIndex
            if isEscape, text[place + 1] == UInt8(ascii: "u"), place + 6 <= text.endIndex,
                let unit = UInt16(String(decoding: text[place + 2..<place + 6], as: UTF8.self), radix: 16)
            {
                units.append(unit)
                place += 6
                continue
            }
            bytes += Array(String(decoding: units, as: UTF16.self).utf8)
            units = []
            if isEscape {
                bytes.append(plain[text[place + 1]] ?? text[place + 1])
                place += 2
            } else {
                bytes.append(text[place])
                place += 1
            }
        }
        return bytes + Array(String(decoding: units, as: UTF16.self).utf8)
    }
}
