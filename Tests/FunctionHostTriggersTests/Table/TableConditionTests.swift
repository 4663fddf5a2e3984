// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FunctionHostTriggers

@Suite struct TableConditionTests {
    static let item: AttributeMap = [
        "id": "c1", "n": 10, "s": "hello", "b": .binary([1, 2, 3]), "yes": true, "nothing": .null,
        "m": ["x": 1, "y": ["z"]],
        "l": [1, "two", .stringSet(["q"])], "ss": .stringSet(["a", "b"]), "ns": .numberSet([1, 2]),
        "bs": .binarySet([[1], [2]]), "same": "hello",
    ]

    @Test(
        "A condition holds or does not",
        arguments: [
            (.exists("id"), true), (.exists("m.x"), true), (.exists("m.y[0]"), true), (.exists("m.y[1]"), false),
            (.exists("m.x.y"), false), (.exists("l.x"), false), (.exists("gone"), false), (.exists("nothing"), true),
            (.notExists("gone"), true), (.notExists("id"), false), (.notExists("gone.gone[3]"), true),
            (.type("s", is: .string), true), (.type("s", is: .number), false), (.type("gone", is: .null), false),
            (.type("nothing", is: .null), true), (.type("ss", is: .stringSet), true), (.type("l", is: .list), true),
            (.beginsWith("s", "hell"), true), (.beginsWith("s", ""), true), (.beginsWith("s", "ell"), false),
            (.beginsWith("b", .binary([1, 2])), true), (.beginsWith("b", "x"), false), (.beginsWith("n", "1"), false),
            (.contains("s", "ell"), true), (.contains("s", "elo"), false), (.contains("s", ""), true),
            (.contains("b", .binary([2, 3])), true), (.contains("b", .binary([3, 2])), false),
            (.contains("ss", "a"), true), (.contains("ss", "c"), false), (.contains("ns", 2), true),
            (.contains("ns", "2"), false),
            (.contains("bs", .binary([2])), true), (.contains("l", 1), true), (.contains("l", "two"), true),
            (.contains("l", "t"), false), (.contains("m", "x"), false), (.contains("gone", "x"), false),
            (.compare("n", .equal, 10), true), (.compare("n", .equal, "10"), false),
            (.compare("n", .notEqual, "10"), true),
            (.compare("n", .less, 11), true), (.compare("n", .less, 10), false), (.compare("n", .atMost, 10), true),
            (.compare("n", .greater, 9.5), true), (.compare("n", .atLeast, 10), true),
            (.compare("n", .atLeast, 11), false),
            (.compare("n", .less, "z"), false), (.compare("n", .atLeast, "a"), false),
            (.compare("yes", .equal, true), true),
            (.compare("m", .equal, ["y": ["z"], "x": 1]), true),
            (.compare("ss", .equal, .stringSet(["b", "a"])), true),
            (.compare("s", .greater, "Hello"), true), (.compare("b", .less, .binary([1, 2, 3, 0])), true),
            (.compare("gone", .equal, 1), false), (.compare("gone", .notEqual, 1), true),
            (.compare("gone", .less, 1), false),
            (.compare("gone", .atLeast, 0), false), (.compare(.path("s"), .equal, .path("same")), true),
            (.compare(.path("s"), .less, .path("n")), false), (.compare(.path("yes"), .less, .path("yes")), false),
            (.compare(.size("s"), .equal, .value(5)), true), (.compare(.size("b"), .equal, .value(3)), true),
            (.compare(.size("ss"), .equal, .value(2)), true), (.compare(.size("l"), .greater, .value(2)), true),
            (.compare(.size("m"), .equal, .value(2)), true), (.compare(.size("n"), .greater, .value(0)), false),
            (.compare(.size("gone"), .atLeast, .value(0)), false),
            (.between(.path("n"), .value(10), .value(20)), true), (.between(.path("n"), .value(1), .value(10)), true),
            (.between(.path("n"), .value(11), .value(20)), false),
            (.between(.path("n"), .value("1"), .value("2")), false),
            (.between(.path("gone"), .value(1), .value(2)), false),
            (.among(.path("n"), [.value(1), .value(10)]), true), (.among(.path("n"), [.value("10")]), false),
            (.among(.path("gone"), [.value(1)]), false), (.among(.path("s"), [.path("gone"), .path("same")]), true),
            (!.exists("gone"), true), (.exists("id") && .exists("n"), true), (.exists("id") && .exists("gone"), false),
            (.exists("gone") || .exists("n"), true), (.exists("gone") || .notExists("n"), false),
            (!(.exists("gone") || .exists("n")) || .exists("s"), true),
        ] as [(TableCondition, Bool)])
    func holds(condition: TableCondition, expected: Bool) throws {
        try condition.check()
        #expect(condition.holds(of: Self.item) == expected)
    }

    @Test(
        "A condition that makes no sense for any item is refused",
        arguments: [
            .compare("n", .less, true), .compare("n", .greater, []), .compare("n", .atLeast, .null),
            .compare("n", .atMost, .stringSet(["a"])), .compare(.value(["a": 1]), .less, .path("n")),
            .beginsWith("n", 1),
            .beginsWith("n", .null), .contains("ss", .stringSet(["a"])), .between(.path("n"), .value(1), .value("2")),
            .between(.path("n"), .value(2), .value(1)), .between(.path("n"), .value(true), .value(true)),
            .among(.path("n"), []), .among(.path("n"), Array(repeating: .value(1), count: 101)),
            !(.exists("a") && .compare("n", .less, false)),
        ] as [TableCondition])
    func refused(condition: TableCondition) {
        #expect { try condition.check() } throws: { ($0 as? TableError)?.code == .invalidExpression }
    }

    @Test("300 operators are enough, 301 too many")
    func limit() throws {
        let condition = (1..<150).reduce(TableCondition.exists("a")) { condition, _ in condition && .exists("a") }
        #expect(condition.count == 299)
        try (!condition).check()
        #expect(throws: TableError.self) { try (!(!condition)).check() }
    }

    @Test(
        "A path is read, and what is none is not",
        arguments: [
            ("a", "a"), ("a.b[0].c", "a.b[0].c"), ("a[1][2]", "a[1][2]"), ("größe.x-y", "größe.x-y"),
            ("a[007]", "a[7]"),
            ("", nil), (".", nil), ("a.", nil), (".a", nil), ("a[", nil), ("a[]", nil), ("a[x]", nil), ("a[-1]", nil),
            ("a]", nil), ("a[1]b", nil), ("a[+1]", nil), ("a[4294967296]", nil), ("[0]", nil),
        ] as [(String, String?)])
    func paths(text: String, path: String?) {
        #expect((try? AttributePath(text))?.description == path)
    }

    @Test("Looking for a part takes no longer for texts made for it")
    func contains() {
        let text = String(repeating: "a", count: 200_000)
        let part = String(repeating: "a", count: 100_000) + "b"
        // The product of both would take minutes.
        #expect(!TextOrder.contains(text.utf8, part.utf8))
        #expect(TextOrder.contains((text + "b").utf8, part.utf8))
        for (bytes, part, found) in [
            ("abcabd", "abd", true), ("aabaab", "aabb", false), ("ababac", "abac", true), ("", "a", false),
        ] {
            #expect(TextOrder.contains(bytes.utf8, part.utf8) == found)
        }
    }
}
