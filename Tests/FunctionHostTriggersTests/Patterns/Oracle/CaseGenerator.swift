// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The same numbers for the same seed (SplitMix64, Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Makes valid patterns and events from so few keys and values that they often meet.
struct CaseGenerator {
    private var random: SeededGenerator
    /// Whether there are few values and many lists, so that it matters which elements of them agree.
    private let isAboutLists: Bool

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        isAboutLists = seed % 3 == 1
    }

    private static let keys = ["a", "b", "c", "a.b", "", "é", "a-", "a.", "\\u0061"]
    private static let texts = [
        "", "a", "A", "ab", "aB", "abc", "bab", "ß", "SS", "ss", "k", "\u{212A}", "1", "true", "::1", "0:0:0:0:0:0:0:1",
        "10.0.0.1", "10.0.0.01", "10.0.1.0", "::ffff:a00:1", "12:34", "*", "\\\\", "a\\\\*", "😀", "\\ud83d-", "a:b:",
        "\\u0061",
        "straße", "Σ", "ς", "σ", "\\n", "İ", "i\u{307}",
    ]
    private static let numbers = [
        "0", "-0.0", "1", "1.0", "10e-1", "2", "-2", "5E0", "9007199254740993", "9007199254740992", "1e400", "0.1",
        "0.10000000000000000001", "1E-320", "123456789012345678", "1e22", "1e23", "0.3e1",
    ]
    /// Those that stand for a double.
    private static let comparable = ["0", "-0.0", "1", "1.0", "2", "-2", "0.1", "1E-320", "1e22", "3"]

    mutating func number(below count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }
    private mutating func pick(_ values: [String]) -> String { values[number(below: values.count)] }
    private mutating func text() -> String { "\"\(pick(Self.texts))\"" }
    private mutating func key() -> String {
        if isAboutLists { return pick(["\"a\"", "\"a\"", "\"b\"", "\"b\"", "\"c\"", "\"a-\"", "\"a.b\""]) }
        return "\"\(pick(chance(70) ? Array(Self.keys.prefix(3)) : Self.keys))\""
    }

    private mutating func list(_ count: ClosedRange<Int>, _ element: (inout Self) -> String) -> String {
        let count = Int.random(in: count, using: &random)
        return "[" + (0..<count).map { _ in element(&self) }.joined(separator: ",") + "]"
    }

    // MARK: Events

    mutating func event() -> String { object(depth: 0) }

    private mutating func object(depth: Int) -> String {
        let members = (0..<number(below: 5)).map { _ in "\(key()):\(value(depth: depth + 1))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func value(depth: Int) -> String {
        isAboutLists ? valueInLists(depth: depth) : anyValue(depth: depth)
    }

    private mutating func valueInLists(depth: Int) -> String {
        switch number(below: depth > 4 ? 3 : 10) {
        case 0...2: pick(["1", "2"])
        case 3...5: object(depth: depth)
        default: list(0...5) { $0.value(depth: depth + 1) }
        }
    }

    private mutating func anyValue(depth: Int) -> String {
        switch number(below: depth > 4 ? 6 : 12) {
        case 0...2: text()
        case 3...4: pick(Self.numbers)
        case 5: pick(["null", "true", "false"])
        case 6...8: object(depth: depth)
        default: list(0...3) { $0.value(depth: depth + 1) }
        }
    }

    // MARK: Patterns

    mutating func pattern() -> String { fields(depth: 0, choices: 0) }

    private mutating func fields(depth: Int, choices: Int) -> String {
        var members: [String] = []
        for _ in 0...number(below: 3) {
            if choices < 2, chance(12) {
                let branches = list(2...3) { $0.fields(depth: depth + 1, choices: choices + 1) }
                members.append("\"$or\":\(branches)")
            } else if depth < 3, chance(40) {
                members.append("\(key()):\(fields(depth: depth + 1, choices: choices))")
            } else {
                members.append("\(key()):\(list(1...2) { $0.entry() })")
            }
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func entry() -> String {
        isAboutLists ? pick(["1", "2", "1", "{\"exists\":true}", "{\"exists\":false}"]) : anyEntry()
    }

    private mutating func anyEntry() -> String {
        switch number(below: 18) {
        case 0...2: text()
        case 3: pick(Self.numbers)
        case 4: pick(["null", "true", "false"])
        case 5: "{\"prefix\":\(text())}"
        case 6: "{\"suffix\":\(text())}"
        case 7: "{\"\(pick(["prefix", "suffix"]))\":{\"equals-ignore-case\":\(text())}}"
        case 8: "{\"equals-ignore-case\":\(text())}"
        case 9: "{\"wildcard\":\"\(wildcard())\"}"
        case 10, 11: "{\"anything-but\":\(exception())}"
        case 12: "{\"numeric\":\(range())}"
        case 13:
            "{\"cidr\":\"\(pick(["10.0.0.0/31", "10.0.0.5/24", "0.0.0.0/0", "::/127", "::/0", "::ffff:a00:0/8"]))\"}"
        case 14: "{\"exactly\":\(text())}"
        case 15: "{\"exists\":true}"
        default: "{\"exists\":false}"
        }
    }

    private mutating func wildcard() -> String {
        var parts: [String] = []
        for _ in 0..<number(below: 5) {
            let part = pick(["a", "b", "ab", ":", "*", "*", "\\\\*", "\\\\\\\\", "S"])
            if part != "*" || parts.last != "*" { parts.append(part) }
        }
        return parts.joined()
    }

    private mutating func exception() -> String {
        switch number(below: 6) {
        case 0: text()
        case 1: pick(Self.comparable)
        case 2: list(1...3) { $0.text() }
        case 3: list(1...3) { $0.pick(Self.comparable) }
        case 4:
            "{\"\(pick(["prefix", "suffix"]))\":\(list(1...2) { $0.pick(["\"a\"", "\"b\"", "\"ab\"", "\"ß\"", "\"1\""]) })}"
        default:
            chance(50)
                ? "{\"equals-ignore-case\":\(list(1...2) { $0.text() })}" : "{\"wildcard\":\"\(wildcard())\"}"
        }
    }

    private mutating func range() -> String {
        if chance(40) {
            let (low, high) = (pick([">", ">="]), pick(["<", "<="]))
            return "[\"\(low)\",\(pick(["-2", "0", "1E-320", "0.1"])),\"\(high)\",\(pick(["1", "1.0", "2", "1e22"]))]"
        }
        return "[\"\(pick(["<", "<=", ">", ">=", "="]))\",\(pick(Self.comparable))]"
    }

    // MARK: Spoilt bytes

    /// `text` with some bytes changed, gone or twice.
    mutating func spoilt(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...number(below: 4) {
            let place = number(below: bytes.count + 1)
            switch number(below: 4) {
            case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 1: bytes.insert(Array("{}[]\",:\\u0-.eE*".utf8)[number(below: 15)], at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + number(below: 3)))
            default: bytes.insert(contentsOf: bytes[min(place, bytes.count / 2)..<place], at: place)
            }
        }
        return bytes
    }

    mutating func noise() -> [UInt8] { (0..<number(below: 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
}
