// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// Fields, lists, absence and alternatives.
@Suite struct EventPatternStructureTests {
    private static let people = #"{"users": [{"name": "Ann", "age": 20}, {"name": "Bob", "age": 30}]}"#
    private static let order = #"{"e": [{"b": 1, "n": "Ann"}, {"n": "Bob", "z": 1}]}"#

    @Test(
        "All fields must match, and what is not named does not matter",
        arguments: [
            PatternCase(#"{"a": [1], "b": [2]}"#, #"{"a": 1, "b": 2, "c": 3}"#, true),
            PatternCase(#"{"a": [1], "b": [2]}"#, #"{"a": 1, "b": 3}"#, false),
            PatternCase(#"{"a": [1], "b": [2]}"#, #"{"a": 1}"#, false),
            PatternCase(#"{"a": {"b": {"c": [1]}}}"#, #"{"a": {"x": [], "b": {"c": 1}}}"#, true),
            PatternCase(#"{"a": {"b": [1]}}"#, #"{"b": 1}"#, false),
            PatternCase(#"{"a": {"b": [1]}}"#, #"{"a.b": 1}"#, true),
            PatternCase(#"{"a.b": [1]}"#, #"{"a": {"b": 1}}"#, true),
            PatternCase(#"{"a.b": {"c.d": [1]}}"#, #"{"a": {"b.c": {"d": 1}}}"#, true),
            PatternCase(#"{"a..b": [1]}"#, #"{"a": {"": {"b": 1}}}"#, true),
            PatternCase(#"{"a": [1]}"#, #"{"a": 1, "a": 2}"#, true),
            PatternCase(#"{"a": [2]}"#, #"{"a": 1, "a": 2}"#, true),
            PatternCase(#"{"a": [1], "a": [2]}"#, #"{"a": 1}"#, false),
            PatternCase(#"{"a": [1], "a": [2]}"#, #"{"a": 2}"#, true),
            PatternCase(#"{"a": {"b": [1]}, "a": {"c": [2]}}"#, #"{"a": {"b": 1, "c": 2}}"#, true),
            PatternCase(#"{"a": {"b": [1]}, "a": {"c": [2]}}"#, #"{"a": {"c": 2}}"#, false),
            PatternCase(#"{"a": {"b": [1]}}"#, #"{"a": "{\"b\": 1}"}"#, false),
            PatternCase(#"{"a": [1], "a.b": [2]}"#, #"{"a": [1, {"b": 2}]}"#, true),
        ])
    func fields(_ row: PatternCase) throws { try row.check() }

    @Test(
        "What is used of a list is in the same element of it",
        arguments: [
            PatternCase(#"{"users": {"name": ["Ann"], "age": [30]}}"#, people, false),
            PatternCase(#"{"users": {"name": ["Ann"], "age": [20]}}"#, people, true),
            PatternCase(#"{"users": {"name": ["Bob"], "age": [{"numeric": [">", 25]}]}}"#, people, true),
            PatternCase(
                #"{"x": {"k": [1]}, "y": {"k": [2]}}"#, #"{"x": [{"k": 0}, {"k": 1}], "y": [{"k": 2}]}"#, true),
            PatternCase(
                #"{"u": {"tags": {"t": ["a"]}, "n": [1]}}"#, #"{"u": [{"n": 1, "tags": [{"t": "b"}, {"t": "a"}]}]}"#,
                true),
            PatternCase(
                #"{"u": {"tags": {"t": ["a"]}, "n": [1]}}"#,
                #"{"u": [{"n": 1, "tags": [{"t": "b"}]}, {"n": 2, "tags": [{"t": "a"}]}]}"#, false),
            PatternCase(
                #"{"u": {"tags": {"t": ["a"], "v": [1]}}}"#,
                #"{"u": [{"tags": [{"t": "a", "v": 2}, {"t": "b", "v": 1}]}, {"tags": [{"t": "a", "v": 1}]}]}"#, true),
            PatternCase(#"{"u": {"a": [1], "b": [2]}}"#, #"{"u": [[{"a": 1}, {"b": 2}]]}"#, false),
            PatternCase(#"{"u": {"a": [1], "b": [2]}}"#, #"{"u": [[{"a": 1}], {"b": 2}]}"#, false),
            PatternCase(#"{"u": {"a": [1], "b": [2]}}"#, #"{"u": [[{"a": 1, "b": 2}]]}"#, true),
            PatternCase(#"{"u": {"a": [1], "b": [2]}}"#, #"{"u": [{"a": 1}], "u": [{"b": 2}]}"#, true),
            PatternCase(#"{"u": ["s"], "u.a": [1]}"#, #"{"u": ["s", {"a": 1}]}"#, true),
            PatternCase(#"{"u": ["s"], "u.a": [1]}"#, #"{"u": [["s"], {"a": 1}]}"#, false),
        ])
    func lists(_ row: PatternCase) throws { try row.check() }

    @Test(
        "Absence is judged in the elements that fields before it in the alphabet have fixed",
        arguments: [
            PatternCase(#"{"e": {"n": ["Ann"], "z": [{"exists": false}]}}"#, order, true),
            PatternCase(#"{"e": {"b": [{"exists": false}], "n": ["Bob"]}}"#, order, false),
            PatternCase(#"{"e": {"n": ["Bob"], "z": [{"exists": false}]}}"#, order, false),
            PatternCase(#"{"a": {"b": [{"exists": false}]}}"#, #"{"a": [{"b": 1}, {"c": 2}]}"#, false),
            PatternCase(#"{"a": {"b": [{"exists": false}]}}"#, #"{"a": [{"c": 2}]}"#, true),
            PatternCase(#"{"e": {"n": ["Ann"], "z": [{"exists": false}, 1]}}"#, order, true),
            PatternCase(#"{"e": {"n": ["Bob"], "z": [{"exists": false}, 1]}}"#, order, true),
        ])
    func absence(_ row: PatternCase) throws { try row.check() }

    private static let later = #"{"a": ["x"], "$or": [{"a": ["y"]}, {"b": [1]}]}"#
    private static let earlier = #"{"$or": [{"a": ["y"]}, {"b": [1]}], "a": ["x"]}"#
    private static let nested = #"{"d": {"$or": [{"a": [1]}, {"b": {"$or": [{"c": [2]}, {"d": [3]}]}, "e": [4]}]}}"#

    @Test(
        "One branch of each choice must match, and the later of two lists for a field counts",
        arguments: [
            PatternCase(#"{"$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"a": 1}"#, true),
            PatternCase(#"{"$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"b": 2}"#, true),
            PatternCase(#"{"$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"a": 2, "b": 1}"#, false),
            PatternCase(#"{"s": ["x"], "$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"a": 1}"#, false),
            PatternCase(later, #"{"a": "y"}"#, true), PatternCase(later, #"{"a": "x", "b": 1}"#, true),
            PatternCase(later, #"{"a": "x"}"#, false), PatternCase(later, #"{"b": 1}"#, false),
            PatternCase(earlier, #"{"a": "y"}"#, false), PatternCase(earlier, #"{"a": "x"}"#, true),
            PatternCase(earlier, #"{"a": "x", "b": 1}"#, true),
            PatternCase(nested, #"{"d": {"a": 1}}"#, true), PatternCase(nested, #"{"d": {"b": {"c": 2}}}"#, false),
            PatternCase(nested, #"{"d": {"b": {"d": 3}, "e": 4}}"#, true),
            PatternCase(
                #"{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}"#, #"{"b": 1, "c": 1}"#, true),
            PatternCase(#"{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}"#, #"{"b": 1}"#, false),
            PatternCase(#"{"u": {"$or": [{"a": [1], "b": [2]}, {"c": [3]}]}}"#, #"{"u": [{"a": 1}, {"b": 2}]}"#, false),
        ])
    func choices(_ row: PatternCase) throws { try row.check() }

    @Test("Rules are found together, each as if it were alone, in their order")
    func together() throws {
        let patterns = [
            #"{"a": ["x"]}"#, #"{"a": ["x", "y"]}"#, #"{"a": [{"anything-but": "x"}]}"#, #"{"a": ["x"], "b": [1]}"#,
            #"{"a": ["x"], "b": [{"exists": false}]}"#, #"{"$or": [{"a": ["y"]}, {"a": ["x"]}]}"#,
        ]
        let rules = EventRules(try patterns.enumerated().map { ($0, try EventPattern($1)) })
        #expect(rules.count == 6)
        #expect(try rules.matching(Array(#"{"a": "x"}"#.utf8)) == [0, 1, 4, 5])
        #expect(try rules.matching(Array(#"{"a": "y", "b": 1}"#.utf8)) == [1, 2, 5])
        #expect(try rules.matching(Array(#"{"b": 1, "a": "x"}"#.utf8)) == [0, 1, 3, 5])
        #expect(try rules.matching(Array("{}".utf8)) == [])
        #expect(try EventRules([(Int, EventPattern)]()).matching(Array("{}".utf8)) == [])
    }
}
