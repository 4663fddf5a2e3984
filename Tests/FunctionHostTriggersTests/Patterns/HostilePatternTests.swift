// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// What is made to be slow is done in good time, or given up with an error. A search that tried everything would not end.
@Suite(.timeLimit(.minutes(25))) struct HostilePatternTests {
    private func list(_ count: Int, _ element: (Int) -> String) -> String {
        "[" + (0..<count).map(element).joined(separator: ",") + "]"
    }

    @Test("Two fields in ten thousand objects are never in the same one")
    func wideList() throws {
        let pattern = try EventPattern(#"{"x": {"a": [1], "b": [2], "c": [{"exists": false}]}}"#)
        let apart = list(10_000) { $0.isMultiple(of: 2) ? #"{"a":1,"b":1}"# : #"{"a":2,"b":2}"# }
        #expect(try !pattern.matches(Array("{\"x\":\(apart)}".utf8)))
        let once = list(10_000) { $0 == 7_777 ? #"{"a":1,"b":2}"# : #"{"a":1,"b":1,"c":0}"# }
        #expect(try pattern.matches(Array("{\"x\":\(once)}".utf8)))
    }

    @Test("Lists side by side do not multiply")
    func siblings() throws {
        let names = (0..<40).map { "x\($0)" }
        let pattern = names.map { "\"\($0)\":{\"a\":[1],\"b\":[1]}" }.joined(separator: ",")
        let event = names.map { "\"\($0)\":" + list(40) { "{\"a\":1,\"b\":\($0 % 2)}" } }.joined(separator: ",")
        #expect(try EventPattern("{\(pattern)}").matches(Array("{\(event)}".utf8)))
        let never = try EventPattern("{\(pattern),\"z\":[1]}")
        #expect(try !never.matches(Array("{\(event)}".utf8)))
    }

    @Test("Lists within lists do not multiply")
    func nested() throws {
        let pattern = try EventPattern(#"{"x": {"a": [1], "y": {"b": [1], "z": {"c": [1], "d": [2]}}}}"#)
        let inner = list(8) { "{\"c\":\($0 % 2),\"d\":\($0 % 2 + 1)}" }
        let middle = list(20) { _ in "{\"b\":1,\"z\":\(inner)}" }
        let event = "{\"x\":" + list(20) { _ in "{\"a\":1,\"y\":\(middle)}" } + "}"
        #expect(try pattern.matches(Array(event.utf8)))
        let never = try EventPattern(#"{"x": {"a": [1], "y": {"b": [1], "z": {"c": [0], "d": [2]}}}}"#)
        #expect(try !never.matches(Array(event.utf8)))
    }

    @Test("Lists with the same path multiply, and the search is given up")
    func twins() throws {
        let fields = (0..<20).map { "\"f\($0)\":[1]" }.joined(separator: ",")
        let element = "{" + (0..<20).map { "\"f\($0)\":1" }.joined(separator: ",") + "}"
        let lists = (0..<12).map { _ in "\"x\":" + list(12) { _ in element } }.joined(separator: ",")
        let event = Array("{\(lists)}".utf8)
        #expect(try EventPattern("{\"x\":{\(fields)}}").matches(event))
        let never = try EventPattern("{\"x\":{\(fields),\"g\":[1]}}")
        let error = #expect(throws: EventError.self) { try never.matches(event) }
        #expect(error?.code == .tooComplex)
    }

    @Test("A thousand combinations of many fields are compiled and matched")
    func combinations() throws {
        let choices = (0..<3).map { choice in
            "\"$or\":" + list(10) { "{\"c\(choice)\":[\($0)]}" }
        }
        let fields = (0..<200).map { "\"\($0)\":[1]" }
        let pattern = try EventPattern(
            "{" + (fields + choices).joined(separator: ",") + "}", characterLimit: 4_096)
        let event = "{" + fields.map { $0.filter { !"[]".contains($0) } }.joined(separator: ",")
        #expect(try pattern.matches(Array((event + #","c0":3,"c1":4,"c2":5}"#).utf8)))
        #expect(try !pattern.matches(Array((event + #","c0":3,"c1":4,"c2":10}"#).utf8)))
    }

    @Test("Wildcards are tried on long texts in time")
    func wildcards() throws {
        let entries = list(40) { _ in #"{"wildcard":"*aaaaaaa*b*c"}"# }
        let pattern = try EventPattern("{\"f\":\(entries)}")
        let text = String(repeating: "a", count: 100_000)
        #expect(try !pattern.matches(Array("{\"f\":\"\(text)\"}".utf8)))
        #expect(try pattern.matches(Array("{\"f\":\"\(text)bc\"}".utf8)))
    }

    @Test("Equal leaves are counted once, however many they are")
    func equalLeaves() throws {
        let rules = EventRules(
            try (0..<100).map { ($0, try EventPattern("{\"f\":[{\"anything-but\":\"\($0)\"}],\"g\":[1]}")) })
        let event = "{\"f\":" + list(20_000) { _ in "0" } + ",\"g\":" + list(20_000) { _ in "1" } + "}"
        #expect(try rules.matching(Array(event.utf8)).count == 100)
    }

    @Test("Numbers of any length and exponent are read")
    func numbers() throws {
        let pattern = try EventPattern(#"{"f": [{"numeric": ["=", 1]}]}"#)
        let zeros = String(repeating: "0", count: 50_000)
        #expect(try pattern.matches(Array("{\"f\":1.\(zeros)}".utf8)))
        #expect(try pattern.matches(Array("{\"f\":0.\(zeros)1e50001}".utf8)))
        #expect(try pattern.matches(Array("{\"f\":1\(zeros)E-50000}".utf8)))
        #expect(try !pattern.matches(Array("{\"f\":1e\(zeros)1}".utf8)))
        #expect(try !pattern.matches(Array("{\"f\":1e-9\(zeros)}".utf8)))
    }
}
