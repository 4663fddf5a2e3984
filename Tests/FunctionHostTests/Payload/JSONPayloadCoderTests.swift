// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct JSONPayloadCoderTests {
    struct Order: Codable, Sendable, Equatable { var price: Int }

    struct Basket: Codable, Sendable, Equatable {
        var orders: [Order] = []
        var byName: [String: Order]?
        var byNumber: [Int: Int]?
        var choice: Choice?
    }

    enum Choice: String, Codable, Sendable { case red, green }

    private let coder = JSONPayloadCoder()

    private func fault<Value: Decodable>(_ text: String, as type: Value.Type = Basket.self) throws -> PayloadFault {
        let error = #expect(throws: PayloadFault.self) { try coder.decode(type, from: Array(text.utf8)) }
        return try #require(error)
    }

    @Test("What is encoded is decoded to the same")
    func roundTrip() throws {
        let basket = Basket(orders: [Order(price: 1), Order(price: -2)], byName: ["é": Order(price: 3)], choice: .red)
        #expect(try coder.decode(Basket.self, from: coder.encode(basket)) == basket)
        #expect(try coder.decode(String?.self, from: coder.encode(String?.none)) == nil)
        #expect(try coder.decode(Int.self, from: coder.encode(7)) == 7)
    }

    @Test(
        "A fault names its place and what is wrong there",
        arguments: [
            (#"{"orders":[{"price":1},{"price":2},{"price":"3"}]}"#, "orders[2].price", "the value is not Int"),
            (#"{"orders":[{"price":null}]}"#, "orders[0].price", "null stands where Int is needed"),
            (#"{"orders":[{"price":1},{}]}"#, "orders[1]", #"the key "price" is missing"#),
            (#"{"orders":7}"#, "orders", "the value is not Array<Any>"),
            (#"{"orders":[],"choice":"blue"}"#, "choice", "the value cannot be used"),
            ("{}", "the top level", #"the key "orders" is missing"#),
        ])
    func place(text: String, place: String, reason: String) throws {
        #expect(try fault(text) == PayloadFault(place: place, reason: reason))
    }

    @Test(
        "What is no JSON, or a number too large for its type, is told at the top level",
        arguments: [
            "", "[", "nonsense", #"{"orders":[}"#, #"{"orders":[{"price":1.5}]}"#, #"{"orders":[{"price":1e400}]}"#,
        ])
    func noJSON(text: String) throws {
        let reason = "the payload is not JSON, or holds a number that its type does not"
        #expect(try fault(text) == PayloadFault(place: "the top level", reason: reason))
    }

    @Test("Places in nested arrays are told by their numbers")
    func nested() throws {
        #expect(try fault("[[1],[2,true]]", as: [[Int]].self).place == "[1][1]")
    }

    /// Keys of a dictionary are the payload's own; a place shows only keys that the program has declared.
    @Test(
        "Nothing of the payload is told",
        arguments: [
            #"{"orders":[{"price":"4111111111111111"}]}"#, #"{"orders":[],"byName":{"4111111111111111":{}}}"#,
            #"{"orders":[],"byName":{"4111111111111111":{"price":"x"}}}"#,
            #"{"orders":[],"byNumber":{"4111111111111111":"x"}}"#, #"{"orders":[],"byNumber":{"a4111111111111111":1}}"#,
            #"{"orders":[],"choice":"4111111111111111"}"#, #"{"orders":4111111111111111}"#,
            #"{"orders":[4111111111111111e999]}"#, "4111111111111111x",
        ])
    func secret(text: String) throws {
        #expect(try !"\(fault(text))".contains("4111"))
    }

    @Test("A place within a dictionary is told without the key")
    func dictionary() throws {
        #expect(try fault(#"{"orders":[],"byName":{"secret":{"price":"x"}}}"#).place == "byName.*.price")
        #expect(try fault(#"{"orders":[],"byNumber":{"7":"x"}}"#).place == "byNumber.*")
        #expect(try fault(#"{"Index 3":"x"}"#, as: [String: Int].self).place == "*")
    }

    @Test("A value that cannot be JSON is refused, and where is told", arguments: [Double.infinity, -.infinity, .nan])
    func unencodable(value: Double) throws {
        let error = #expect(throws: PayloadFault.self) { try coder.encode(["secret": [1, value]]) }
        #expect(error?.place == "*[1]")
    }

    @Test("The depth is the coder's own", arguments: [(1, true), (2, false)])
    func depth(levels: Int, isFine: Bool) throws {
        let shallow = JSONPayloadCoder(maximumDepth: 1)
        let bytes = Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        if isFine {
            #expect(try shallow.decode([Int].self, from: bytes).isEmpty)
        } else {
            let error = #expect(throws: PayloadFault.self) { try shallow.decode([[Int]].self, from: bytes) }
            #expect(error?.description == "the JSON nests deeper than 1 levels at byte 1")
        }
    }

    @Test("A client context is read with any of Lambda's three parts missing", arguments: ["{}", #"{"custom":{}}"#])
    func clientContext(text: String) throws {
        #expect(try coder.decode(ClientContext.self, from: Array(text.utf8)) == ClientContext())
    }

    @Test("A client context is written as Lambda reads it")
    func clientContextKeys() throws {
        let context = ClientContext(client: ["a": "1"], custom: ["b": "2"], environment: ["c": "3"])
        let raw = try coder.decode([String: [String: String]].self, from: coder.encode(context))
        #expect(raw == ["client": ["a": "1"], "custom": ["b": "2"], "env": ["c": "3"]])
        #expect(try coder.decode(ClientContext.self, from: coder.encode(context)) == context)
    }
}
