// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// One pattern, one event, and whether they match.
struct PatternCase: Sendable, CustomTestStringConvertible {
    let pattern: String
    let event: String
    let matches: Bool

    init(_ pattern: String, _ event: String, _ matches: Bool) {
        self.pattern = pattern
        self.event = event
        self.matches = matches
    }

    /// A list of entries for one field, and the field's value.
    init(entries: String, value: String, _ matches: Bool) {
        self.init("{\"f\": \(entries)}", "{\"f\": \(value)}", matches)
    }

    var testDescription: String { "\(pattern) on \(event)" }

    /// Alone, and as one of two rules.
    func check() throws {
        let compiled = try EventPattern(pattern)
        let bytes = Array(event.utf8)
        #expect(try compiled.matches(bytes) == matches)
        let rules = EventRules([(1, compiled), (2, try EventPattern(#"{"never": ["there"]}"#))])
        #expect(try rules.matching(bytes) == (matches ? [1] : []))
    }
}

/// What each operator accepts.
@Suite struct EventPatternOperatorTests {
    @Test(
        "A literal is equal to a value of its type",
        arguments: [
            PatternCase(entries: #"["a"]"#, value: #""a""#, true),
            PatternCase(entries: #"["a"]"#, value: #""A""#, false),
            PatternCase(entries: #"["a", "b"]"#, value: #""b""#, true),
            PatternCase(entries: #"["\u00e9"]"#, value: #""é""#, true),
            PatternCase(entries: #"["é"]"#, value: "\"e\u{301}\"", false),
            PatternCase(entries: #"["true"]"#, value: "true", false),
            PatternCase(entries: "[true]", value: "true", true),
            PatternCase(entries: "[true]", value: "false", false),
            PatternCase(entries: "[false]", value: "false", true),
            PatternCase(entries: "[null]", value: "null", true),
            PatternCase(entries: #"["null"]"#, value: "null", false),
            PatternCase(entries: "[5]", value: #""5""#, false),
            PatternCase(entries: #"["5"]"#, value: "5", false),
            PatternCase(entries: #"[{"exactly": "a"}]"#, value: #""a""#, true),
            PatternCase(entries: #"[{"exactly": "::1"}]"#, value: #""0:0:0:0:0:0:0:1""#, false),
            PatternCase(entries: #"["x"]"#, value: #"{"g": "x"}"#, false),
            PatternCase(entries: #"["x"]"#, value: "[]", false),
            PatternCase(entries: #"["x"]"#, value: #"[["y"], [["x"]]]"#, true),
            PatternCase(entries: #"["\ud83d"]"#, value: #""\ud83d""#, true),
            PatternCase(entries: #"["\ud83d"]"#, value: #""\ud83c""#, false),
            PatternCase(entries: #"["\ud83d\ude00"]"#, value: #""😀""#, true),
            PatternCase(#"{"f\u0031": ["a"]}"#, #"{"\u00661": "\u0061"}"#, true),
            PatternCase(#"{"f": ["a"]}"#, #"{"F": "a"}"#, false),
            PatternCase(#"{"": ["a"]}"#, #"{"": "a"}"#, true),
            PatternCase(#"{"a": {"": ["a"]}}"#, #"{"a.": "a"}"#, true),
        ])
    func literals(_ row: PatternCase) throws { try row.check() }

    @Test(
        "Beginnings and ends are those of strings only, and every string has the empty ones",
        arguments: [
            PatternCase(entries: #"[{"prefix": "ab"}]"#, value: #""abc""#, true),
            PatternCase(entries: #"[{"prefix": "ab"}]"#, value: #""ab""#, true),
            PatternCase(entries: #"[{"prefix": "ab"}]"#, value: #""a""#, false),
            PatternCase(entries: #"[{"prefix": "ab"}]"#, value: #""Abc""#, false),
            PatternCase(entries: #"[{"prefix": ""}]"#, value: #""""#, true),
            PatternCase(entries: #"[{"prefix": ""}]"#, value: "7", false),
            PatternCase(entries: #"[{"prefix": "1"}]"#, value: "12", false),
            PatternCase(entries: #"[{"suffix": "bc"}]"#, value: #""abc""#, true),
            PatternCase(entries: #"[{"suffix": "bc"}]"#, value: #""bcd""#, false),
            PatternCase(entries: #"[{"suffix": ""}]"#, value: #""""#, true),
            PatternCase(entries: #"[{"suffix": ""}]"#, value: "null", false),
            PatternCase(entries: #"[{"prefix": {"equals-ignore-case": "aB"}}]"#, value: #""AbC""#, true),
            PatternCase(entries: #"[{"prefix": {"equals-ignore-case": "aB"}}]"#, value: #""ac""#, false),
            PatternCase(entries: #"[{"suffix": {"equals-ignore-case": "Bc"}}]"#, value: #""ABC""#, true),
            PatternCase(entries: #"[{"suffix": {"equals-ignore-case": "éx"}}]"#, value: #""aÉX""#, true),
            PatternCase(entries: #"[{"prefix": {"equals-ignore-case": "É"}}]"#, value: #""éa""#, true),
        ])
    func ends(_ row: PatternCase) throws { try row.check() }

    @Test(
        "Ignoring case, each character accepts its own two forms",
        arguments: [
            PatternCase(entries: #"[{"equals-ignore-case": "Yes"}]"#, value: #""yES""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "Yes"}]"#, value: #""yesterday""#, false),
            PatternCase(entries: #"[{"equals-ignore-case": ""}]"#, value: #""""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": ""}]"#, value: #""a""#, false),
            PatternCase(entries: #"[{"equals-ignore-case": "ß"}]"#, value: #""SS""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "ß"}]"#, value: #""ß""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "ß"}]"#, value: #""ss""#, false),
            PatternCase(entries: #"[{"equals-ignore-case": "STRASSE"}]"#, value: #""straße""#, false),
            PatternCase(entries: #"[{"equals-ignore-case": "straße"}]"#, value: #""STRASSE""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "\u212a"}]"#, value: #""k""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "k"}]"#, value: "\"\u{212A}\"", false),
            PatternCase(entries: #"[{"equals-ignore-case": "Σ"}]"#, value: #""ς""#, false),
            PatternCase(entries: #"[{"equals-ignore-case": "ς"}]"#, value: #""Σ""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "𐐀"}]"#, value: #""𐐨""#, true),
            PatternCase(entries: #"[{"equals-ignore-case": "x"}]"#, value: "true", false),
        ])
    func caseless(_ row: PatternCase) throws { try row.check() }

    @Test(
        "Only a leaf of the field exists",
        arguments: [
            PatternCase(entries: #"[{"exists": true}]"#, value: "null", true),
            PatternCase(entries: #"[{"exists": true}]"#, value: #""""#, true),
            PatternCase(entries: #"[{"exists": true}]"#, value: "{}", false),
            PatternCase(entries: #"[{"exists": true}]"#, value: #"{"g": 1}"#, false),
            PatternCase(entries: #"[{"exists": true}]"#, value: "[]", false),
            PatternCase(entries: #"[{"exists": true}]"#, value: "[0]", true),
            PatternCase(entries: #"[{"exists": false}]"#, value: "null", false),
            PatternCase(entries: #"[{"exists": false}]"#, value: "{}", true),
            PatternCase(entries: #"[{"exists": false}]"#, value: #"{"g": 1}"#, true),
            PatternCase(entries: #"[{"exists": false}]"#, value: "[]", true),
            PatternCase(entries: #"[{"exists": false}]"#, value: "[{}]", true),
            PatternCase(#"{"f": [{"exists": false}]}"#, "{}", true),
            PatternCase(#"{"f": [{"exists": true}]}"#, "{}", false),
            PatternCase(#"{"f": [{"exists": false}, "x"]}"#, "{}", true),
            PatternCase(entries: #"[{"exists": false}, "x"]"#, value: #""x""#, true),
            PatternCase(entries: #"[{"exists": false}, "x"]"#, value: #""y""#, false),
        ])
    func existence(_ row: PatternCase) throws { try row.check() }

    @Test(
        "Anything but some strings or numbers needs a leaf that is none of them, of whatever type",
        arguments: [
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: #""y""#, true),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: #""x""#, false),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: "5", true),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: "null", true),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: "[]", false),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: #"{"g": "y"}"#, false),
            PatternCase(#"{"f": [{"anything-but": "x"}]}"#, "{}", false),
            PatternCase(entries: #"[{"anything-but": "x"}]"#, value: #"["x", "y"]"#, true),
            PatternCase(entries: #"[{"anything-but": ["x", "y"]}]"#, value: #"["x", "y"]"#, false),
            PatternCase(entries: #"[{"anything-but": ["x", "y"]}]"#, value: #""z""#, true),
            PatternCase(entries: #"[{"anything-but": ""}]"#, value: #""""#, false),
            PatternCase(entries: #"[{"anything-but": 5}]"#, value: "5.0", false),
            PatternCase(entries: #"[{"anything-but": 5}]"#, value: #""5""#, true),
            PatternCase(entries: #"[{"anything-but": [5, 6]}]"#, value: "6e0", false),
            PatternCase(entries: #"[{"anything-but": [5, 6]}]"#, value: "7", true),
            PatternCase(entries: #"[{"anything-but": [5, 6]}]"#, value: "true", true),
            PatternCase(entries: #"[{"anything-but": 9007199254740992}]"#, value: "9007199254740993", true),
            PatternCase(entries: #"[{"anything-but": {"prefix": "ab"}}]"#, value: #""abc""#, false),
            PatternCase(entries: #"[{"anything-but": {"prefix": "ab"}}]"#, value: #""xabc""#, true),
            PatternCase(entries: #"[{"anything-but": {"prefix": ["ab", "cd"]}}]"#, value: #""cde""#, false),
            PatternCase(entries: #"[{"anything-but": {"suffix": "bc"}}]"#, value: #""abc""#, false),
            PatternCase(entries: #"[{"anything-but": {"suffix": ["bc", "x"]}}]"#, value: #""abcd""#, true),
            PatternCase(entries: #"[{"anything-but": {"equals-ignore-case": "Ab"}}]"#, value: #""aB""#, false),
            PatternCase(entries: #"[{"anything-but": {"equals-ignore-case": ["Ab", ""]}}]"#, value: #""""#, false),
            PatternCase(entries: #"[{"anything-but": {"wildcard": "*/x/*"}}]"#, value: #""a/x/b""#, false),
            PatternCase(entries: #"[{"anything-but": {"wildcard": ["*/x", "y*"]}}]"#, value: #""a/z""#, true),
            PatternCase(entries: #"[{"anything-but": {"wildcard": "*"}}]"#, value: "1", true),
            // The two that the rules of Amazon's own matcher get wrong together.
            PatternCase(
                entries: #"[{"wildcard": "a*"}, {"anything-but": {"equals-ignore-case": "abc"}}]"#, value: #""b""#, true
            ),
        ])
    func anythingBut(_ row: PatternCase) throws { try row.check() }
}
