// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FunctionHostTriggers

@Suite struct TableUpdateTests {
    static let item: AttributeMap = [
        "id": "c1", "n": 10, "s": "x", "l": [1, 2, 3], "m": ["a": 1, "l": ["p"]], "ss": .stringSet(["a", "b"]),
        "ns": .numberSet([1, 2]), "bs": .binarySet([[1]]),
    ]

    /// The item with some attributes others; `.null` stands for none.
    private static func with(_ changes: AttributeMap) -> AttributeMap {
        changes.reduce(into: item) { item, change in item[change.name] = change.value == .null ? nil : change.value }
    }

    @Test(
        "An update makes of an item what it says",
        arguments: [
            ([.set("n", to: 11)], ["n": 11]), ([.set("new", to: ["x": 1])], ["new": ["x": 1]]),
            ([.set("n", .path("n") + .value(5))], ["n": 15]), ([.set("n", .value(5) - .path("n"))], ["n": -5]),
            ([.set("m.a", to: "y")], ["m": ["a": "y", "l": ["p"]]]),
            ([.set("m.b", to: 2)], ["m": ["a": 1, "b": 2, "l": ["p"]]]),
            ([.set("m.l[0]", to: 7)], ["m": ["a": 1, "l": [7]]]), ([.set("l[1]", to: "two")], ["l": [1, "two", 3]]),
            ([.set("l[9]", to: 9), .set("l[7]", to: 7)], ["l": [1, 2, 3, 7, 9]]),
            ([.set("x", .ifNotExists("n", .value(0)))], ["x": 10]),
            ([.set("x", .ifNotExists("gone", .value(0)))], ["x": 0]),
            ([.set("x", .ifNotExists("gone", .value(0)) + .value(1))], ["x": 1]),
            ([.set("l", .append(.path("l"), .value([4])))], ["l": [1, 2, 3, 4]]),
            ([.set("l", .append(.value([0]), .path("l")))], ["l": [0, 1, 2, 3]]),
            ([.set("a", .path("n")), .set("n", to: 1)], ["a": 10, "n": 1]),
            ([.set("n", .path("s")), .set("s", .path("n"))], ["n": "x", "s": 10]),
            ([.remove("n")], ["n": .null]), ([.remove("gone")], [:]), ([.remove("m.a")], ["m": ["l": ["p"]]]),
            ([.remove("m.gone")], [:]), ([.remove("l[0]"), .remove("l[2]")], ["l": [2]]), ([.remove("l[8]")], [:]),
            ([.set("l[1]", to: 9), .remove("l[0]")], ["l": [9, 3]]),
            ([.add("n", 2)], ["n": 12]), ([.add("n", -20)], ["n": -10]), ([.add("new", 3)], ["new": 3]),
            ([.add("m.a", 1)], ["m": ["a": 2, "l": ["p"]]]),
            ([.add("ss", .stringSet(["b", "c"]))], ["ss": .stringSet(["a", "b", "c"])]),
            ([.add("ns", .numberSet([3]))], ["ns": .numberSet([1, 2, 3])]),
            ([.add("bs", .binarySet([[1], [2]]))], ["bs": .binarySet([[1], [2]])]),
            ([.add("new", .stringSet(["q"]))], ["new": .stringSet(["q"])]),
            ([.delete("ss", .stringSet(["a", "z"]))], ["ss": .stringSet(["b"])]),
            ([.delete("ss", .stringSet(["a", "b"]))], ["ss": .null]),
            ([.delete("ns", .numberSet([1]))], ["ns": .numberSet([2])]),
            ([.delete("bs", .binarySet([[1]]))], ["bs": .null]), ([.delete("gone", .stringSet(["a"]))], [:]),
            ([.set("a[0]", to: 1), .set("l", to: [])], nil),
            ([.set("m.x.y", to: 1)], nil), ([.set("gone.x", to: 1)], nil), ([.set("s[0]", to: 1)], nil),
            ([.set("n.x", to: 1)], nil),
            ([.set("l[5].x", to: 1)], nil), ([.remove("gone.x")], nil), ([.set("a", .path("gone"))], nil),
            ([.set("a", .path("s") + .value(1))], nil), ([.set("a", .append(.path("n"), .value([])))], nil),
            ([.add("s", 1)], nil), ([.add("ss", .numberSet([1]))], nil), ([.add("n", .stringSet(["a"]))], nil),
            ([.delete("ns", .stringSet(["1"]))], nil), ([.delete("n", .numberSet([1]))], nil),
            ([.set("n", to: 1), .add("s", 1)], nil),
        ] as [([TableUpdate], AttributeMap?)])
    func applied(updates: [TableUpdate], changes: AttributeMap?) throws {
        try updates.check { $0 == "id" }
        guard let changes else {
            #expect { try updates.applied(to: Self.item) } throws: { ($0 as? TableError)?.code == .invalidExpression }
            return
        }
        #expect(try updates.applied(to: Self.item) == Self.with(changes))
    }

    @Test(
        "An update that makes no sense for any item is refused",
        arguments: [
            [], [.set("id", to: "c2")], [.remove("id")], [.set("id.x", to: 1)], [.set("a", to: 1), .set("a", to: 2)],
            [.set("a", to: 1), .remove("a")], [.set("a", to: ["x": 1]), .set("a.x", to: 2)],
            [.set("a.b[0].c", to: 1), .set("z", to: 1), .set("a.b[0]", to: 1)], [.add("a", "x")], [.add("a", [1])],
            [.delete("a", 1)],
            [.delete("a", [1])], (0...300).map { .set(AttributePath(name: "a\($0)"), to: 1) },
        ] as [[TableUpdate]])
    func refused(updates: [TableUpdate]) {
        #expect { try updates.check { $0 == "id" } } throws: { ($0 as? TableError)?.code == .invalidExpression }
    }

    @Test("Paths next to each other are no conflict")
    func neighbours() throws {
        try [
            TableUpdate.set("a.b", to: 1), .set("a.c", to: 1), .set("ab", to: 1), .set("l[1]", to: 1),
            .set("l[10]", to: 1),
        ]
        .check { _ in false }
    }
}
