// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// JSON as a tree, read in the simplest way there is; for valid JSON only.
indirect enum PlainJSON: Sendable {
    /// Text as UTF-16, the code units of which decide whether texts are equal.
    typealias Text = [UInt16]

    case object([(key: Text, value: PlainJSON)])
    case list([PlainJSON])
    case string(Text)
    case number(String)
    case word(String)

    init(_ text: String) {
        var reader = Reader(units: Array(text.utf16))
        self = reader.value()
    }

    var isContainer: Bool {
        switch self {
        case .object, .list: true
        case .string, .number, .word: false
        }
    }

    /// The value of the first member called `name`.
    subscript(name: String) -> PlainJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == Array(name.utf16) }?.value
    }

    private struct Reader {
        let units: [UInt16]
        var place = 0

        private var next: Character { Character(UnicodeScalar(units[place]) ?? "?") }

        private mutating func skipSpace() {
            while place < units.count, units[place] <= 0x20 { place += 1 }
        }

        private mutating func takes(_ character: Character) -> Bool {
            skipSpace()
            guard next == character else { return false }
            place += 1
            return true
        }

        mutating func value() -> PlainJSON {
            skipSpace()
            switch next {
            case "{": return object()
            case "[": return list()
            case "\"": return .string(string())
            default:
                let start = place
                while place < units.count, !",]} \n".utf16.contains(units[place]) { place += 1 }
                let text = String(decoding: units[start..<place], as: UTF16.self)
                return ["true", "false", "null"].contains(text) ? .word(text) : .number(text)
            }
        }

        private mutating func object() -> PlainJSON {
            place += 1
            var members: [(Text, PlainJSON)] = []
            if takes("}") { return .object([]) }
            repeat {
                skipSpace()
                let key = string()
                _ = takes(":")
                members.append((key, value()))
            } while takes(",")
            _ = takes("}")
            return .object(members)
        }

        private mutating func list() -> PlainJSON {
            place += 1
            var elements: [PlainJSON] = []
            if takes("]") { return .list([]) }
            repeat { elements.append(value()) } while takes(",")
            _ = takes("]")
            return .list(elements)
        }

        private mutating func string() -> Text {
            place += 1
            var text: Text = []
            while next != "\"" {
                guard next == "\\" else {
                    text.append(units[place])
                    place += 1
                    continue
                }
                let kind = String(UnicodeScalar(units[place + 1]) ?? "?")
                place += 2
                if kind == "u" {
                    text.append(UInt16(String(decoding: units[place..<place + 4], as: UTF16.self), radix: 16) ?? 0)
                    place += 4
                } else {
                    let plain = ["b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t"][kind] ?? kind
                    text += Array(plain.utf16)
                }
            }
            place += 1
            return text
        }
    }
}
