// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// The filter policies of topics.
@Suite struct FilterPolicyTests {
    private let attributes: [String: FilterPolicy.Attribute] = [
        "store": .string("north"), "price": .number("7.50"), "tags": .stringArray(#"["a", 5, true, null]"#),
        "blob": .binary, "odd": .number("seven"), "broken": .stringArray("5"), "ip": .string("10.0.0.7"),
    ]

    @Test(
        "Attributes are matched by their types",
        arguments: [
            ("{}", true), (#"{"store": ["north"]}"#, true), (#"{"store": ["south"]}"#, false),
            (#"{"store": [{"prefix": "no"}], "price": [7.5]}"#, true), (#"{"price": ["7.50"]}"#, false),
            (#"{"price": [{"numeric": [">", 0, "<=", 7.5]}]}"#, true), (#"{"tags": [5]}"#, true),
            (#"{"tags": ["5"]}"#, false), (#"{"tags": [true]}"#, true), (#"{"tags": [null]}"#, true),
            (#"{"tags": [{"anything-but": "a"}]}"#, true), (#"{"blob": [{"exists": true}]}"#, false),
            (#"{"blob": [{"exists": false}]}"#, true), (#"{"none": [{"exists": false}]}"#, true),
            (#"{"none": ["x"]}"#, false), (#"{"odd": ["seven"]}"#, true), (#"{"broken": [{"exists": true}]}"#, false),
            (#"{"ip": [{"cidr": "10.0.0.0/24"}]}"#, true), (#"{"store": [{"suffix": "th"}]}"#, true),
            (#"{"store": [{"equals-ignore-case": "NORTH"}]}"#, true),
            (#"{"store": [{"anything-but": {"prefix": "so"}}]}"#, true),
            (#"{"$or": [{"store": ["south"]}, {"price": [7.5]}]}"#, true),
            (#"{"$or": ["x"]}"#, false), (#"{"$or": [{"prefix": "x"}]}"#, false),
        ])
    func matching(policy: String, passes: Bool) throws {
        #expect(try FilterPolicy(policy).passes(attributes: attributes, body: Array("text".utf8)) == passes)
    }

    @Test("An or that is not shaped like one is an attribute's name")
    func orAsName() throws {
        let policy = try FilterPolicy(#"{"$or": ["x", {"prefix": "y"}]}"#)
        #expect(try policy.passes(attributes: ["$or": .string("yes")], body: []))
    }

    @Test(
        "A body is matched if it is a JSON object",
        arguments: [
            (#"{"a": {"b": [1]}}"#, #"{"a": [{"b": 1}]}"#, true), (#"{"a": {"b": [1]}}"#, #"{"a": {"b": 2}}"#, false),
            (#"{"a": [{"exists": false}]}"#, "text", false), (#"{"a": [{"exists": false}]}"#, "[]", false),
            (#"{"a": [{"exists": false}]}"#, "{}", true), ("{}", "text", true),
        ])
    func bodies(policy: String, body: String, passes: Bool) throws {
        let policy = try FilterPolicy(policy, scope: .messageBody)
        #expect(try policy.passes(attributes: [:], body: Array(body.utf8)) == passes)
    }

    @Test(
        "A policy that is none is refused with Amazon's reason",
        arguments: [
            ("[]", "Filter is not an object"), (#"{"a": "x"}"#, #""a" must be an object or an array"#),
            (#"{"a": {"b": [1]}}"#, "Filter policy scope MessageAttributes does not support nested filter policy"),
            (
                #"{"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]}"#,
                "Filter policy can not have more than 5 keys"
            ),
            (#"{"a": [{"wildcard": "x*"}]}"#, "Unrecognized match type wildcard"),
            (#"{"a": [{"anything-but": {"suffix": "x"}}]}"#, "Unsupported anything-but pattern: suffix"),
            (#"{"a": [{"prefix": {"equals-ignore-case": "x"}}]}"#, "prefix match pattern must be a string"),
            (#"{"a": [1e10]}"#, "Value must be between -1e9 and 1e9, with 5 decimals at most"),
            (#"{"a": [{"numeric": ["<", 1.123456]}]}"#, "Value must be between -1e9 and 1e9, with 5 decimals at most"),
        ])
    func invalid(policy: String, reason: String) {
        let error = #expect(throws: FilterPolicyError.self) { try FilterPolicy(policy) }
        #expect(error?.reason == reason)
        #expect(error?.description.hasPrefix("Invalid parameter: FilterPolicy: \(reason)") == true)
    }

    @Test(
        "Values multiply to 150 combinations at most, times how deep they are",
        arguments: [
            ([10, 15], true), ([10, 16], false), ([150], true), ([151], false), ([3, 5, 10], true),
            ([2, 2, 2, 2, 10], false),
        ])
    func combinations(counts: [Int], isValid: Bool) throws {
        func list(_ count: Int) -> String { "[" + (0..<count).map(String.init).joined(separator: ",") + "]" }
        let fields = counts.enumerated().map { "\"\($0)\":\(list($1))" }
        expect("{" + fields.joined(separator: ",") + "}", scope: .messageAttributes, isValid: isValid)
    }

    @Test("A field counts as often as it is deep", arguments: [("0, 1, 2, 3, 4", true), ("0, 1, 2, 3, 4, 5", false)])
    func depth(values: String, isValid: Bool) {
        let policy = #"{"a": {"b": {"c": [\#(values)]}}, "d": [1, 2, 3, 4, 5], "e": {"f": [1]}}"#
        expect(policy, scope: .messageBody, isValid: isValid)
    }

    @Test("The branches of an or are added up", arguments: [(75, true), (76, false)])
    func branches(count: Int, isValid: Bool) {
        let list = "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
        let policy = "{\"$or\":[{\"a\":\(list)},{\"b\":[\(1)]},{\"c\":[" + String(repeating: "1,", count: 73) + "1]}]}"
        expect(policy, scope: .messageAttributes, isValid: isValid)
    }

    private func expect(_ policy: String, scope: FilterPolicy.Scope, isValid: Bool) {
        if isValid {
            #expect(throws: Never.self) { try FilterPolicy(policy, scope: scope) }
        } else {
            let error = #expect(throws: FilterPolicyError.self) { try FilterPolicy(policy, scope: scope) }
            #expect(error?.reason == "Filter policy is too complex")
        }
    }
}
