// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FunctionHostTriggers

@Suite struct ConditionTextTests {
    private static let item: AttributeMap = [
        "id": "c1", "n": 10, "s": "hello", "tags": .stringSet(["a"]), "m": ["x": ["y", 2]], "size": 3, "contains": 1,
        "odd.name": true, "AND": 1,
    ]
    private static let names = ["#odd": "odd.name", "#m": "m", "#and": "AND"]
    private static let values: [String: AttributeValue] = [
        ":1": 1, ":2": 2, ":5": 5, ":10": 10, ":20": 20, ":he": "he", ":a": "a", ":S": "S", ":SS": "SS", ":yes": true,
        ":q": "q",
    ]

    /// Only the placeholders that are in the text.
    private func read(_ text: String) throws(TableError) -> TableCondition {
        let words = Set(text.split { !($0.isLetter || $0.isNumber || "#:_".contains($0)) }.map(String.init))
        return try TableCondition(
            text, names: Self.names.filter { words.contains($0.key) },
            values: Self.values.filter { words.contains($0.key) })
    }

    @Test(
        "A text means what DynamoDB means by it",
        arguments: [
            ("attribute_exists(id)", true), ("attribute_not_exists(id)", false), ("attribute_exists(m.x[1])", true),
            ("attribute_exists(#m.x[2])", false), ("attribute_type(s, :S)", true), ("attribute_type(tags,:SS)", true),
            ("attribute_type(tags,:S)", false), ("begins_with(s, :he)", true), ("begins_with(s, :a)", false),
            ("contains(tags, :a)", true), ("contains(s,:q)", false), ("n = :10", true), ("n=:10", true),
            ("n <> :10", false),
            ("n < :20", true), ("n<=:10", true), ("n > :20", false), ("n>=:10", true), (":10 = n", true),
            ("n = n", true),
            ("size(s) = :5", true), ("size(tags) < :1", false), ("size > :2", true), ("contains = :1", true),
            ("#odd = :yes", true), ("#and = :1", true), ("n BETWEEN :1 AND :20", true), ("n between :1 and :5", false),
            ("n BETWEEN :1 AND :20 AND s = :q", false), ("n IN (:1, :10)", true), ("n in (:1)", false),
            ("NOT n = :10", false), ("NOT NOT n = :10", true), ("n = :1 OR n = :10", true),
            ("n = :10 OR n = :1 AND s = :q", true),
            ("(n = :10 OR n = :1) AND s = :q", false), ("NOT n = :1 AND n = :10", true),
            ("not (n = :10 and s = :q)", true),
            ("  attribute_exists ( id )\n AND\tn = :10 ", true), ("m.x[0] = :q", false), ("gone <> :1", true),
        ])
    func meaning(text: String, holds: Bool) throws {
        #expect(try read(text).holds(of: Self.item) == holds)
    }

    @Test(
        "A text that means nothing is refused",
        arguments: [
            "", " ", "n", "n =", "= :1", "n = = :1", "n = :1 :1", "n = :1 AND", "AND n = :1", "(n = :1", "n = :1)",
            "()",
            "attribute_exists()", "attribute_exists(:1)", "attribute_exists(id", "attribute_exists(id, n)",
            "attribute_type(s, n)",
            "attribute_type(s, :1)", "begins_with(s)", "begins_with(s, :1)", "n BETWEEN :1", "n BETWEEN :1 OR :2",
            "n BETWEEN :20 AND :1", "n IN ()", "n IN :1", "n IN (:1", "n = :none", "#none = :1", "n < :yes", "n = 5",
            "n = 'x'",
            "m.x[ = :1", "m.x[-1] = :1", "m. = :1", "m[x] = :1", "n == :1", "n != :1", "n = :", "# = :1",
            "m.x[99999999999] = :1",
            "size(n)", "size(:1) = :1", "n = :1 ; n = :2", "größe = :1",
        ])
    func refused(text: String) {
        #expect { try read(text) } throws: { ($0 as? TableError)?.code == .invalidExpression }
    }

    @Test("A placeholder that is given is used, and a text has an end")
    func limits() throws {
        #expect(throws: TableError.self) { try TableCondition("n = :1", values: [":1": 1, ":2": 2]) }
        #expect(throws: TableError.self) { try TableCondition("n = :1", names: ["#n": "n"], values: [":1": 1]) }
        #expect(throws: TableError.self) { try read(String(repeating: "(", count: 4_000)) }
        #expect(throws: TableError.self) { try read(String(repeating: "NOT ", count: 1_000) + "n = :1") }
        #expect(throws: TableError.self) { try read("n = :1" + String(repeating: " ", count: 4_091)) }
        #expect(throws: Never.self) { try read("n = :1" + String(repeating: " ", count: 4_090)) }
        #expect(throws: Never.self) {
            try read(String(repeating: "(", count: 49) + "n=:1" + String(repeating: ")", count: 49))
        }
        #expect(throws: TableError.self) { try read("n=:1" + String(repeating: " AND n=:1", count: 150)) }
    }
}
