// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// Keys, items, conditions and updates by chance.
struct TableValues {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    /// One of not many, so that the same ones come again.
    mutating func key(_ kind: AttributeValue.Kind) -> AttributeValue {
        switch kind {
        case .number: number()
        case .binary:
            .binary((0..<below(3) + 1).map { _ in one(of: [0, 1, 127, 128, 254, 255]) })
        default: .string((0..<below(3) + 1).map { _ in one(of: ["a", "b", "é", "e\u{301}", "\u{0}", "𝄞"]) }.joined())
        }
    }

    mutating func number() -> AttributeValue {
        if chance(40) { return .number(TableNumber(integerLiteral: below(12) - 4)) }
        let sign = chance(50) ? "-" : ""
        let digits = (0..<one(of: [1, 2, 3, 38])).map { _ in one(of: ["0", "1", "5", "9"]) }.joined()
        let power = one(of: [-130, -90, -2, -1, 0, 1, 2, 60, 87])
        // The smallest ones have no digits to spare.
        return (try? .number("\(sign)\(digits)e\(power)")) ?? 0
    }

    mutating func item(_ key: AttributeMap) -> AttributeMap {
        var item = key
        if chance(70) { item["n"] = number() }
        if chance(50) { item["s"] = .stringSet(chance(50) ? ["b", "a"] : ["c"]) }
        if chance(30) { item["b"] = .binarySet([[2], [1, 255], [1]]) }
        if chance(30) { item["ns"] = .numberSet([3, 1]) }
        if chance(30) { item["m"] = ["x": ["y", true, .null, .binary([])], "q\"\u{1}": ""] }
        if chance(40) { item["ttl"] = .number(TableNumber(integerLiteral: 1_767_225_600 + below(900))) }
        if chance(2) { item["s"] = .stringSet([]) }
        return item
    }

    mutating func condition() -> TableCondition? {
        switch below(9) {
        case 0: .notExists("id")
        case 1: .exists("id")
        case 2: .compare("n", .less, 2)
        case 3: .contains("s", "b")
        case 4: .exists("m.x[1]") && !(.type("s", is: .stringSet))
        default: nil
        }
    }

    mutating func updates() -> [TableUpdate] {
        switch below(7) {
        case 0: [.set("n", to: number())]
        case 1: [.add("n", 1), .remove("s")]
        case 2: [.add("s", .stringSet(["a", "z"]))]
        case 3: [.set("m.x[0]", to: "deep")]
        case 4: [.set("total", .ifNotExists("n", .value(3)) + .value(1))]
        case 5: [.remove("gone")]
        default: [.set("id", to: "other")]
        }
    }

    mutating func range(_ kind: AttributeValue.Kind) -> SortKeyRange {
        let (one, other) = (key(kind), key(kind))
        switch below(9) {
        case 0: return .equal(one)
        case 1: return .less(one)
        case 2: return .atMost(one)
        case 3: return .greater(one)
        case 4: return .atLeast(one)
        case 5: return .between(one, other)
        case 6: return .beginsWith(one)
        default: return .all
        }
    }
}
