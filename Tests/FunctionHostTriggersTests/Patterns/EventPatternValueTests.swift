// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// Numbers, addresses and wildcards.
@Suite struct EventPatternValueTests {
    @Test(
        "Numbers are equal by value if a double stands for them, and by text otherwise",
        arguments: [
            PatternCase(entries: "[300]", value: "300", true),
            PatternCase(entries: "[300]", value: "300.0", true),
            PatternCase(entries: "[300]", value: "3e2", true),
            PatternCase(entries: "[300]", value: "3.0E+2", true),
            PatternCase(entries: "[0]", value: "-0.0", true),
            PatternCase(entries: "[-0.0]", value: "0", true),
            PatternCase(entries: "[0]", value: "0e999999999999999999999", true),
            PatternCase(entries: "[0]", value: "1e-400", false),
            PatternCase(entries: "[0.1]", value: "0.10", true),
            PatternCase(entries: "[1E-320]", value: "1e-320", true),
            PatternCase(entries: "[1e-320]", value: "0.01e-318", true),
            PatternCase(entries: "[9007199254740993]", value: "9007199254740993", true),
            PatternCase(entries: "[9007199254740993]", value: "9007199254740993.0", false),
            PatternCase(entries: "[9007199254740992]", value: "9007199254740993", false),
            PatternCase(entries: "[0.1]", value: "0.10000000000000000001", false),
            PatternCase(entries: "[1e400]", value: "1e400", true),
            PatternCase(entries: "[1e400]", value: "1E400", false),
            PatternCase(entries: "[1e400]", value: "2e400", false),
            PatternCase(entries: "[1e23]", value: "100000000000000000000000", true),
            PatternCase(entries: "[-12.5]", value: "-125e-1", true),
            PatternCase(entries: "[1e99999999999999999999]", value: "1e99999999999999999998", false),
        ])
    func numbers(_ row: PatternCase) throws { try row.check() }

    @Test(
        "A range has the numbers between its bounds",
        arguments: [
            (#"[">", 5]"#, "5", false), (#"[">", 5]"#, "5.1", true), (#"[">=", 5]"#, "5", true),
            (#"["<", 5]"#, "5", false), (#"["<", 5]"#, "-1e300", true), (#"["<=", 5]"#, "5.0", true),
            (#"["=", 5]"#, "5.00", true), (#"["=", 5]"#, "6", false), (#"[">", 0, "<=", 5]"#, "5", true),
            (#"[">", 0, "<=", 5]"#, "0", false), (#"[">=", 0, "<", 5]"#, "-0", true),
            (#"[">=", 0, "<", 5]"#, "5", false), (#"[">", 0]"#, #""5""#, false), (#"[">", 0]"#, "true", false),
            (#"[">", 0]"#, "null", false), (#"[">", 0]"#, "1e400", false),
            (#"[">", 0]"#, "9007199254740993", false), (#"["<", 1e308]"#, "1.5e307", true),
            (#"[">", -5]"#, "[-7, -3]", true),
        ])
    func ranges(argument: String, value: String, matches: Bool) throws {
        try PatternCase(entries: "[{\"numeric\": \(argument)}]", value: value, matches).check()
    }

    @Test(
        "A block has the addresses of its family that begin with its bits",
        arguments: [
            ("10.0.0.77/24", "10.0.0.1", true), ("10.0.0.77/24", "10.0.1.1", false), ("10.0.0.0/31", "10.0.0.1", true),
            ("10.0.0.0/31", "10.0.0.2", false), ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false),
            ("::/0", "1.2.3.4", false), ("::/0", "2001:DB8::1", true), ("2001:db8::/32", "2001:0db8:0:0::5", true),
            ("2001:db8::/32", "2001:db9::", false), ("::/127", "::1", true), ("::/127", "::2", false),
            ("10.0.0.0/8", "::ffff:a00:1", true), ("10.0.0.0/8", "010.1.2.3", true),
            ("10.0.0.0/8", "10.0.0", false), ("10.0.0.0/8", "10.0.0.256", false), ("10.0.0.0/8", "10.a.0.1", false),
            ("10.0.0.0/8", "host", false), ("::/0", "fe80::1%eth0", false), ("::/0", "::ffff:1.2.3.4", false),
            ("::/0", "1::2::3", false), ("::/0", "1:2:3:4:5:6:7", false), ("::/0", "1:2:3:4:5:6:7::", true),
            ("::/0", "1:2:3:4:5:6:7:8", true), ("::/0", ":1::", false), ("::/0", "1::2:", false),
        ])
    func blocks(block: String, address: String, matches: Bool) throws {
        try PatternCase(entries: "[{\"cidr\": \"\(block)\"}]", value: "\"\(address)\"", matches).check()
    }

    @Test(
        "A text that is an address is compared as one",
        arguments: [
            ("::1", "0:0:0:0:0:0:0:1", true), ("10.0.0.01", "10.0.0.1", true), ("FE80::A", "fe80::a", true),
            ("12:34", "12:34", true), ("12:34", "0012:0034", false), ("1.2.3.400", "1.2.3.400", true),
            ("::ffff:a00:1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false),
        ])
    func addresses(literal: String, value: String, matches: Bool) throws {
        try PatternCase(entries: "[\"\(literal)\"]", value: "\"\(value)\"", matches).check()
    }

    @Test(
        "An asterisk stands for any run of characters, and nothing else does",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("", "", true), ("", "a", false), ("a*", "a", true),
            ("a*", "ba", false), ("*a", "ba", true), ("*a", "ab", false), ("a*c", "abc", true), ("a*c", "ac", true),
            ("a*a", "a", false), ("*b*", "abc", true), ("a*b*c", "axbyc", true), ("a*b*c", "acb", false),
            ("*ab*ab", "ab", false), ("*ab*ab", "abab", true), ("a?c", "abc", false), ("a[b]c", "abc", false),
            ("a.c", "abc", false), (#"a\\*c"#, "a*c", true), (#"a\\*c"#, "abc", false), (#"a\\\\c"#, #"a\\c"#, true),
            (#"*\\**"#, "x*y", true), (#"*\\**"#, "xy", false), ("a*c", #"a\nc"#, true), ("é*", "éa", true),
        ])
    func wildcards(wildcard: String, value: String, matches: Bool) throws {
        try PatternCase(entries: "[{\"wildcard\": \"\(wildcard)\"}]", value: "\"\(value)\"", matches).check()
    }

    @Test("A wildcard accepts no other type")
    func wildcardTypes() throws {
        for value in ["1", "null", "true", "[]", "{}"] {
            try PatternCase(entries: #"[{"wildcard": "*"}]"#, value: value, false).check()
        }
    }
}
