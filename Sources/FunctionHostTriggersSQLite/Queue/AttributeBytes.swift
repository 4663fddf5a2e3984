// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostSQLite
import FunctionHostTriggers

/// Attributes as they lie in the file: of each, in the order of their names, a letter for its type, its name and its value, with
/// four bytes of length before each of these two.
enum AttributeBytes {
    static func bytes(of attributes: [String: MessageAttribute]) -> [UInt8]? {
        guard !attributes.isEmpty else { return nil }
        var bytes: [UInt8] = []
        func add(_ part: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part)
        }
        for (name, attribute) in attributes.sortedByName {
            switch attribute {
            case .string(let text):
                bytes.append(UInt8(ascii: "S"))
                add(name.utf8)
                add(text.utf8)
            case .number(let text):
                bytes.append(UInt8(ascii: "N"))
                add(name.utf8)
                add(text.utf8)
            case .binary(let value):
                bytes.append(UInt8(ascii: "B"))
                add(name.utf8)
                add(value)
            }
        }
        return bytes
    }

    /// - Throws: ``SQLiteFault`` if that is not what has been written.
    static func attributes(_ bytes: [UInt8]) throws(SQLiteFault) -> [String: MessageAttribute] {
        var attributes: [String: MessageAttribute] = [:]
        var place = 0
        func part() throws(SQLiteFault) -> ArraySlice<UInt8> {
            guard bytes.count - place >= 4 else { throw SQLiteFault(damage: "a message's attributes are cut off") }
            let count = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard bytes.count - place - 4 >= count else { throw SQLiteFault(damage: "an attribute is cut off") }
            defer { place += 4 + count }
            return bytes[(place + 4)..<(place + 4 + count)]
        }
        while place < bytes.count {
            let kind = bytes[place]
            place += 1
            let name = String(decoding: try part(), as: UTF8.self)
            let value = try part()
            switch kind {
            case UInt8(ascii: "S"): attributes[name] = .string(String(decoding: value, as: UTF8.self))
            case UInt8(ascii: "N"): attributes[name] = .number(String(decoding: value, as: UTF8.self))
            case UInt8(ascii: "B"): attributes[name] = .binary(Array(value))
            default: throw SQLiteFault(damage: "a message has an attribute of no type")
            }
        }
        return attributes
    }
}
