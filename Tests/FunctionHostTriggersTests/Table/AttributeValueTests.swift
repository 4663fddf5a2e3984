// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@testable import FunctionHostTriggers

@Suite struct AttributeValueTests {
    static let everything: AttributeMap = [
        "s": "Zoë \"\n😀", "n": .number(TableNumber(integerLiteral: -12)), "b": .binary([0, 255, 7]), "yes": true,
        "no": false,
        "nothing": .null, "map": ["a": ["b": 1], "empty": .map([:])], "list": [1, "two", [], .null],
        "ss": .stringSet(["a", "b"]), "ns": .numberSet([1, 2]), "bs": .binarySet([[], [1]]), "empty": "",
        "eb": .binary([]),
    ]

    @Test("Every type is written in DynamoDB's JSON, in the order of names")
    func writing() {
        let text = String(decoding: Self.everything.dynamoDBJSON, as: UTF8.self)
        #expect(
            text == #"{"b":{"B":"AP8H"},"bs":{"BS":["","AQ=="]},"eb":{"B":""},"empty":{"S":""},"list":{"L":[{"N":"1"},"#
                + #"{"S":"two"},{"L":[]},{"NULL":true}]},"map":{"M":{"a":{"M":{"b":{"N":"1"}}},"empty":{"M":{}}}},"#
                + #""n":{"N":"-12"},"no":{"BOOL":false},"nothing":{"NULL":true},"ns":{"NS":["1","2"]},"#
                + #""s":{"S":"Zoë \"\n😀"},"ss":{"SS":["a","b"]},"yes":{"BOOL":true}}"#)
    }

    @Test("What is written is read again, by the reader and by Codable")
    func roundTrip() throws {
        let json = Self.everything.dynamoDBJSON
        #expect(try AttributeMap(dynamoDBJSON: json) == Self.everything)
        let coder = JSONPayloadCoder()
        #expect(try coder.decode(AttributeMap.self, from: json) == Self.everything)
        #expect(try coder.decode(AttributeMap.self, from: coder.encode(Self.everything)) == Self.everything)
    }

    @Test(
        "JSON that is no item is refused",
        arguments: [
            "", "[]", "5", "{", #"{"a":5}"#, #"{"a":{}}"#, #"{"a":{"S":"x","N":"1"}}"#, #"{"a":{"X":"x"}}"#,
            #"{"a":{"S":1}}"#, #"{"a":{"N":1}}"#, #"{"a":{"N":"x"}}"#, #"{"a":{"B":"!"}}"#, #"{"a":{"BOOL":"true"}}"#,
            #"{"a":{"NULL":false}}"#, #"{"a":{"M":[]}}"#, #"{"a":{"L":{}}}"#, #"{"a":{"SS":"a"}}"#,
            #"{"a":{"SS":[1]}}"#,
            #"{"a":{"NS":[1]}}"#, #"{"a":{"BS":["?"]}}"#, #"{"a":{"S":"\ud800"}}"#, #"{"a":{"S":"x"}} x"#,
        ])
    func malformed(text: String) {
        #expect(throws: TableError.self) { try AttributeMap(dynamoDBJSON: Array(text.utf8)) }
    }

    @Test("A million brackets are refused, not followed")
    func hostileDepth() {
        let text = String(repeating: #"{"M":{"a":"#, count: 500_000)
        #expect(throws: TableError.self) { try AttributeMap(dynamoDBJSON: Array(#"{"a":\#(text)"#.utf8)) }
    }

    static func nested(_ depth: Int) -> AttributeValue {
        (0..<depth).reduce("x") { value, level in level % 2 == 0 ? .list([value]) : .map(["a": value]) }
    }

    @Test("Values nest 32 deep and no deeper, and such an item is read from JSON")
    func depth() throws {
        let item: AttributeMap = ["a": Self.nested(32)]
        #expect(throws: Never.self) { try item.surveyed() }
        #expect(try AttributeMap(dynamoDBJSON: item.dynamoDBJSON) == item)
        #expect(throws: TableError.self) { try (["a": Self.nested(33)] as AttributeMap).surveyed() }
    }

    @Test(
        "Sizes are counted as DynamoDB counts",
        arguments: [
            (["a": ""], 1), (["name": "Zoë"], 8), (["a": .binary([1, 2, 3])], 4), (["a": true], 2), (["a": .null], 2),
            (["a": 0], 2), (["a": 1], 3), (["a": 12], 3), (["a": 123], 4), (["a": -123], 5), (["a": 12000], 3),
            (["a": []], 4), (["a": ["x", "yz"]], 9), (["a": .map([:])], 4), (["a": .map(["bc": "xy"])], 9),
            (["a": .stringSet(["x", "yz"])], 4), (["a": .numberSet([1, 200])], 5), (["a": .binarySet([[1], []])], 2),
        ] as [(AttributeMap, Int)])
    func sizes(item: AttributeMap, size: Int) throws {
        #expect(try item.surveyed().size == size)
    }

    @Test("An item has up to 400 KB, names included")
    func largest() throws {
        let item: AttributeMap = ["ab": .binary(Array(repeating: 0, count: (400 << 10) - 2))]
        #expect(try item.surveyed().size == 400 << 10)
        #expect(throws: TableError.self) {
            try (["abc": .binary(Array(repeating: 0, count: (400 << 10) - 2))] as AttributeMap).surveyed()
        }
    }

    @Test(
        "What no table keeps is refused",
        arguments: [
            ["a": .stringSet([])], ["a": .numberSet([])], ["a": .binarySet([])], ["a": .stringSet(["x", "x"])],
            ["a": .numberSet([1, 1])], ["a": .binarySet([[1], [1]])], ["": "x"], ["a": .list([.stringSet([])])],
            ["a": ["": "x"]],
        ] as [AttributeMap])
    func refused(item: AttributeMap) {
        #expect(throws: TableError.self) { try item.surveyed() }
    }

    @Test("Sets have no order, lists have one")
    func sets() throws {
        #expect(AttributeValue.stringSet(["b", "a"]) == .stringSet(["a", "b"]))
        #expect(Set([AttributeValue.numberSet([2, 1]), .numberSet([1, 2])]).count == 1)
        #expect(AttributeValue.binarySet([[2], [1]]) == .binarySet([[1], [2]]))
        #expect(AttributeValue.list([2, 1]) != .list([1, 2]))
        let item: AttributeMap = [
            "a": ["x": [.stringSet(["b", "c", "a"]), .numberSet([10, 9]), .binarySet([[2], [1, 1]])]]
        ]
        #expect(
            String(decoding: try item.surveyed().item.dynamoDBJSON, as: UTF8.self)
                == #"{"a":{"M":{"x":{"L":[{"SS":["a","b","c"]},{"NS":["9","10"]},{"BS":["AQE=","Ag=="]}]}}}}"#)
    }

    @Test("Texts and names are the same if their bytes are, not if they look the same")
    func bytes() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(AttributeValue.string(composed) != .string(decomposed))
        #expect(Set([AttributeValue.string(composed), .string(decomposed)]).count == 2)
        var item = AttributeMap()
        item[composed] = 1
        item[decomposed] = 2
        #expect(item.count == 2)
        #expect(item[composed] == 1)
        #expect(try (["a": .stringSet([composed, decomposed])] as AttributeMap).surveyed().size == 6)
        #expect(AttributeValue.string("z").isLess(than: .string(composed)) == true)
    }

    @Test("Attributes are put, replaced and removed by name", arguments: 0..<20 as Range<UInt64>)
    func attributes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (map, model): (AttributeMap, [String: Int]) = ([:], [:])
        for step in 0..<300 {
            let name = "n\(random.below(40))"
            if random.chance(30) {
                map[name] = nil
                model[name] = nil
            } else {
                map[name] = .number(TableNumber(integerLiteral: step))
                model[name] = step
            }
            #expect(map.map(\.name) == model.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, "seed \(seed)")
        }
        #expect(model.allSatisfy { map[$0.key] == .number(TableNumber(integerLiteral: $0.value)) }, "seed \(seed)")
    }

    @Test(
        "Of attributes that come at once in whatever order the last of a name stays", arguments: 0..<20 as Range<UInt64>
    )
    func attributesAtOnce(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pairs = (0..<random.below(60)).map { ("n\(random.below(30))", AttributeValue.string("\($0)")) }
        let one = pairs.reduce(into: AttributeMap()) { $0[$1.0] = $1.1 }
        #expect(AttributeMap(pairs) == one, "seed \(seed)")
        let json = "{" + pairs.map { #""\#($0.0)":{"S":"\#($0.1.text)"}"# }.joined(separator: ",") + "}"
        #expect(try AttributeMap(dynamoDBJSON: Array(json.utf8)) == one, "seed \(seed)")
    }

    private struct Cart: Codable, Hashable {
        struct Line: Codable, Hashable {
            var name: String
            var count: Int
        }
        var id: String
        var total: Double
        var open: Bool
        var lines: [Line]
        var note: String?
    }

    @Test("A value of the program is an item, and comes back")
    func coding() throws {
        let cart = Cart(id: "c1", total: 12.5, open: true, lines: [.init(name: "tea", count: 2)])
        let table = try InMemoryTable("carts", partitionKey: .string("id"))
        try table.put(encoding: cart)
        #expect(
            try table.get(["id": "c1"]) == [
                "id": "c1", "total": 12.5, "open": true, "lines": [["name": "tea", "count": 2]],
            ])
        #expect(try table.get(["id": "c1"], as: Cart.self) == cart)
        #expect(try table.get(["id": "c2"], as: Cart.self) == nil)
        #expect(throws: TableError.self) { try table.put(encoding: [1, 2]) }
    }
}

extension AttributeValue {
    fileprivate var text: String { if case .string(let text) = self { text } else { "" } }
}
