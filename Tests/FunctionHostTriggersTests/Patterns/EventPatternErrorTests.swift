// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// What is no pattern, and how it is told.
@Suite struct EventPatternErrorTests {
    @Test(
        "A pattern that is none is refused with Amazon's reason",
        arguments: [
            ("5", "Filter is not an object"), ("[]", "Filter is not an object"), ("null", "Filter is not an object"),
            (#"{"a": "x"}"#, #""a" must be an object or an array"#),
            (#"{"a": {"b": null}}"#, #""b" must be an object or an array"#),
            (#"{"a": []}"#, "Empty arrays are not allowed"), ("{}", "Empty objects are not allowed"),
            (#"{"a": {}}"#, "Empty objects are not allowed"), (#"{"a": [{}]}"#, "Empty objects are not allowed"),
            (#"{"a": [["x"]]}"#, "Match value must be String, number, true, false, or null"),
            (#"{"$or": {"a": [1]}}"#, "It must be an Array followed with $or."),
            (#"{"$or": [{"a": [1]}]}"#, "There must have at least 2 Objects in $or relationship."),
            (#"{"$or": []}"#, "There must have at least 2 Objects in $or relationship."),
            (#"{"$or": [{"a": [1]}, 5]}"#, "Only JSON object is allowed in array of $or relationship."),
            (#"{"$or": [{"a": [1]}, {}]}"#, "Empty objects are not allowed"),
            (
                #"{"$or": [{"a": [1]}, {"b": {"prefix": [1]}}]}"#,
                "prefix is Ruler reserved fieldName which cannot be used inside $or."
            ),
        ])
    func structure(pattern: String, reason: String) { expect(pattern, reason) }

    @Test(
        "An entry that is none is refused with Amazon's reason",
        arguments: [
            (#"{"EXISTS": true}"#, "Unrecognized match type EXISTS"),
            (#"{"prefix": "a", "suffix": "b"}"#, "Only one key allowed in match expression"),
            (#"{"prefix": 5}"#, "prefix match pattern must be a string"),
            (#"{"suffix": ["a"]}"#, "suffix match pattern must be a string"),
            (#"{"exactly": 1}"#, "exactly match pattern must be a string"),
            (#"{"wildcard": ["a"]}"#, "wildcard match pattern must be a string"),
            (#"{"equals-ignore-case": ["a"]}"#, "equals-ignore-case match pattern must be a string"),
            (#"{"prefix": {"wildcard": "a"}}"#, "Unsupported prefix pattern: wildcard"),
            (#"{"suffix": {"prefix": "a"}}"#, "Unsupported suffix pattern: prefix"),
            (#"{"cidr": "10.0.0.0"}"#, "Malformed CIDR, one '/' required"),
            (#"{"cidr": "10.0.0.0/8/8"}"#, "Malformed CIDR, one '/' required"),
            (#"{"cidr": "10.0.0.0/x"}"#, "Malformed CIDR, mask bits must be an integer"),
            (#"{"cidr": "10.0.0.0/"}"#, "Malformed CIDR, mask bits must be an integer"),
            (#"{"cidr": "10.0.0.0/-1"}"#, "Malformed CIDR, mask bits must not be negative"),
            (#"{"cidr": "10.0.0.0/32"}"#, "IPv4 mask bits must be < 32"),
            (#"{"cidr": "::/128"}"#, "IPv6 mask bits must be < 128"),
            (#"{"cidr": "localhost/8"}"#, "Nonstandard IP address: localhost"),
            (#"{"cidr": "::1.2.3.4/8"}"#, "Nonstandard IP address: ::1.2.3.4"),
            (#"{"cidr": 5}"#, "cidr match pattern must be a string"),
            (#"{"exists": "true"}"#, "exists match pattern must be either true or false."),
            (#"{"wildcard": "a\\b"}"#, "Invalid escape character at pos 2"),
            (#"{"wildcard": "ab\\"}"#, "Invalid escape character at pos 3"),
            (#"{"wildcard": "ab**"}"#, "Consecutive wildcard characters at pos 3"),
        ])
    func entries(entry: String, reason: String) { expect("{\"f\": [\(entry)]}", reason) }

    @Test(
        "A range that is none is refused with Amazon's reason",
        arguments: [
            ("5", "Value of numeric must be an array."), ("[]", "Invalid member in numeric match: ]"),
            ("[5]", "Invalid member in numeric match"), (#"["!=", 5]"#, "Unrecognized numeric range operator: !="),
            (#"["==", 5]"#, "Unrecognized numeric range operator: =="),
            (#"[">", 1, ">", 2]"#, "Bad numeric range operator: >"),
            (#"["<", 5, ">", 1]"#, "Too many terms in numeric range expression"),
            (#"["=", 5, "<", 6]"#, "Too many terms in numeric range expression"),
            (#"[">", 1, "<", 2, 3]"#, "Too many terms in numeric range expression"),
            (#"[">"]"#, "Value of > must be numeric"), (#"[">", "5"]"#, "Value of > must be numeric"),
            (#"[">", 1, "<"]"#, "Value of < must be numeric"), (#"[">", 1, "<", 1]"#, "Bottom must be less than top"),
            (#"[">=", 2, "<=", 1]"#, "Bottom must be less than top"),
            (#"[">", 1e400]"#, "Cannot compare number : 1e400"),
            (#"["=", 9007199254740993]"#, "Cannot compare number : 9007199254740993"),
        ])
    func ranges(argument: String, reason: String) { expect("{\"f\": [{\"numeric\": \(argument)}]}", reason) }

    private static let mixed =
        "Inside anything but list, either all values are number or string, mixed type is not supported"

    @Test(
        "An exception that is none is refused with Amazon's reason",
        arguments: [
            ("null", "Value of anything-but must be an array or single string/number value."),
            ("true", "Value of anything-but must be an array or single string/number value."),
            ("[null]", "Inside anything but list, start|null|boolean is not supported."),
            (#"["a", {"prefix": "b"}]"#, "Inside anything but list, start|null|boolean is not supported."),
            (#"["a", 1]"#, mixed), ("[]", mixed), ("[1e400]", "Cannot compare number : 1e400"),
            (#"{"numeric": [">", 1]}"#, "Unsupported anything-but pattern: numeric"),
            (#"{"cidr": "::/1"}"#, "Unsupported anything-but pattern: cidr"),
            (#"{"exists": true}"#, "Unsupported anything-but pattern: exists"),
            (#"{"anything-but": "a"}"#, "Unsupported anything-but pattern: anything-but"),
            (#"{"prefix": {"equals-ignore-case": "a"}}"#, "prefix match pattern must be a string"),
            (#"{"prefix": ""}"#, "Null prefix/suffix not allowed"),
            (#"{"suffix": ["a", ""]}"#, "Null prefix/suffix not allowed"),
            (#"{"prefix": []}"#, "Empty arrays are not allowed"),
            (#"{"wildcard": ["a", "**"]}"#, "Consecutive wildcard characters at pos 1"),
            (#"{"prefix": "a", "suffix": "b"}"#, "Only one key allowed in match expression"),
        ])
    func exceptions(argument: String, reason: String) { expect("{\"f\": [{\"anything-but\": \(argument)}]}", reason) }

    @Test(
        "Text that is not JSON is refused where it goes wrong",
        arguments: [
            (#"{"a": [01]}"#, 8), (#"{"a": [NaN]}"#, 7), (#"{"a": [+1]}"#, 7), (#"{"a": [.5]}"#, 7), ("", 0),
            (#"{"a": [1]} x"#, 11), (#"{"a": [1,]}"#, 9), (#"{"a": [1]"#, 9), (#"{'a': [1]}"#, 1),
            ("{\"a\": [\"\u{1}\"]}", 8), (#"{"a": ["\x"]}"#, 8), (#"{"a" [1]}"#, 5), (#"{"a": [1.]}"#, 9),
            (#"{"a": [1e]}"#, 9), (#"{"a": [tru]}"#, 7),
        ])
    func syntax(pattern: String, offset: Int) {
        let error = #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
        #expect(error?.offset == offset)
        #expect(error?.reason.hasPrefix("Invalid JSON: ") == true)
    }

    @Test("An error tells the line and the column")
    func place() {
        let error = #expect(throws: EventPatternError.self) { try EventPattern("{\n  \"ä\": [\"é\", []]}") }
        #expect(error?.line == 2)
        #expect(error?.column == 14)
        #expect(error?.offset == 17)
        #expect(
            error?.description
                == "Event pattern is not valid. Reason: Match value must be String, number, true, false, or null "
                + "at line 2, column 14")
    }

    private func expect(_ pattern: String, _ reason: String) {
        let error = #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
        #expect(error?.reason == reason)
    }
}
