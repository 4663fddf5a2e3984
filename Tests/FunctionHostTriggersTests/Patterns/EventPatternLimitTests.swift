// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// Both sides of each bound, and what is made to be slow.
@Suite struct EventPatternLimitTests {
    private static func pattern(characters count: Int) -> String {
        let frame = #"{"a": [""]}"#
        return #"{"a": [""# + String(repeating: "é", count: count - frame.count) + #""]}"#
    }

    @Test("A pattern has 2,048 characters at most, and up to 4,096 if so asked")
    func characters() throws {
        _ = try EventPattern(Self.pattern(characters: 2_048))
        #expect(throws: EventPatternError.self) { try EventPattern(Self.pattern(characters: 2_049)) }
        _ = try EventPattern(Self.pattern(characters: 4_096), characterLimit: 4_096)
        #expect(throws: EventPatternError.self) {
            try EventPattern(Self.pattern(characters: 4_097), characterLimit: 4_096)
        }
    }

    @Test("A pattern names 256 fields at most", arguments: [(256, true), (257, false)])
    func fields(count: Int, isValid: Bool) throws {
        let fields = (0..<count).map { "\"\($0)\":[1]" }
        let pattern = "{" + fields.joined(separator: ",") + "}"
        let event = "{" + (0..<count).map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        if isValid {
            #expect(try EventPattern(pattern, characterLimit: 4_096).matches(Array(event.utf8)))
        } else {
            #expect(throws: EventPatternError.self) { try EventPattern(pattern, characterLimit: 4_096) }
        }
    }

    @Test("Choices multiply to 1,000 combinations at most", arguments: [(0, true), (1, false)])
    func combinations(more: Int, isValid: Bool) throws {
        let choices = [10, 10, 10 + more].enumerated().map { number, count in
            "\"$or\":[" + (0..<count).map { "{\"\(number)\":[\($0)]}" }.joined(separator: ",") + "]"
        }
        let pattern = "{" + choices.joined(separator: ",") + "}"
        if isValid {
            #expect(try EventPattern(pattern).matches(Array(#"{"0": 3, "1": 9, "2": 0}"#.utf8)))
            #expect(try !EventPattern(pattern).matches(Array(#"{"0": 3, "1": 10, "2": 0}"#.utf8)))
        } else {
            #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
        }
    }

    @Test(
        "A wildcard that can be at more than ten places at a time is refused",
        arguments: [
            ("*", true), ("*a*b*c*d", true), ("*:*:*:*", true), ("*:*:*:*:*", true), ("*:*:*:*:*:*", false),
            ("/*/x/x/x/x/x/end", true), ("*aaaaaaaaa", true), ("*aaaaaaaaaa", false), ("*ababababababababab", true),
            ("*abababababababababab", false),
        ])
    func complexity(wildcard: String, isValid: Bool) throws {
        for entry in ["{\"wildcard\":\"\(wildcard)\"}", "{\"anything-but\":{\"wildcard\":[\"\(wildcard)\"]}}"] {
            let pattern = "{\"a\":[\(entry)]}"
            if isValid {
                _ = try EventPattern(pattern)
            } else {
                let error = #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
                #expect(error?.reason.hasPrefix("Rule is too complex - try using fewer wildcard characters") == true)
            }
        }
    }

    @Test("An event nests 1,000 levels deep at most", arguments: ["[", "{\"a\":"])
    func depth(opening: String) throws {
        let pattern = try EventPattern(#"{"a": [1]}"#)
        func event(_ depth: Int) -> [UInt8] {
            let closing = opening == "[" ? "]" : "}"
            return Array(
                ("{\"a\":" + String(repeating: opening, count: depth - 1) + "1"
                    + String(repeating: closing, count: depth - 1) + "}").utf8)
        }
        #expect(try pattern.matches(event(1_000)) == (opening == "["))
        let error = #expect(throws: EventError.self) { try pattern.matches(event(1_001)) }
        #expect(error?.code == .tooDeep)
        let far = #expect(throws: EventError.self) {
            try pattern.matches(Array(String(repeating: opening, count: 1_000_000).utf8))
        }
        #expect(far?.code == .tooDeep)
    }

    @Test(
        "What is no event is told with its place",
        arguments: [
            ("", EventError.Code.malformed, 0 as Int?), ("5", .notAnObject, nil), (#"[{"a": 1}]"#, .notAnObject, nil),
            (#"{"a": 1"#, .malformed, 7), (#"{"a": 1}}"#, .malformed, 8), (#"{"b": 01}"#, .malformed, 7),
            (#"{"b": "\u12"}"#, .malformed, 7),
        ])
    func malformed(event: String, code: EventError.Code, offset: Int?) throws {
        let pattern = try EventPattern(#"{"a": [1]}"#)
        let error = #expect(throws: EventError.self) { try pattern.matches(Array(event.utf8)) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
        #expect(throws: EventError.self) { try EventRules([(1, pattern)]).matching(Array(event.utf8)) }
    }

    @Test("Bytes that are not UTF-8 are no event")
    func unicode() throws {
        let pattern = try EventPattern(#"{"a": [1]}"#)
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80]] {
            let event = Array("{\"a\": \"".utf8) + bytes + Array("\"}".utf8)
            #expect(throws: EventError.self) { try pattern.matches(event) }
        }
    }
}
