// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct PayloadCodecTests {
    private struct Opaque: Sendable {}
    private struct OnlyRead: Decodable, Sendable {}
    private struct OnlyWritten: Encodable, Sendable {}

    private let coder = JSONPayloadCoder()

    private func decode<Value: Sendable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decode = try #require(PayloadCodec<Value>().decode)
        return try decode(Array(text.utf8), coder)
    }

    private func encode<Value: Sendable>(_ value: Value) throws -> String {
        let encode = try #require(PayloadCodec<Value>().encode)
        return String(decoding: try encode(value, coder), as: UTF8.self)
    }

    @Test("Nothing is made of any payload, and is null", arguments: ["", "null", "{\"a\":1}", "no JSON \u{0}"])
    func void(text: String) throws {
        try decode(Void.self, text)
        #expect(try encode(()) == "null")
    }

    @Test("An optional is null or its value", arguments: [(nil, "null"), (7, "7")])
    func optional(value: Int?, text: String) throws {
        #expect(try encode(value) == text)
        #expect(try decode(Int?.self, text) == value)
    }

    @Test("Arrays and dictionaries pass through the coder")
    func collections() throws {
        #expect(try decode([Int?].self, "[1,null]") == [1, nil])
        #expect(try encode([1, nil] as [Int?]) == "[1,null]")
        #expect(try decode([String: [Bool]].self, #"{"a":[true]}"#) == ["a": [true]])
        #expect(try decode([UInt8].self, "[1,2]") == [1, 2])
    }

    @Test("A type that is not Codable has no codec, nor has an array or an optional of it")
    func opaque() {
        #expect(PayloadCodec<Opaque>().decode == nil)
        #expect(PayloadCodec<Opaque>().encode == nil)
        #expect(PayloadCodec<[Opaque]>().decode == nil)
        #expect(PayloadCodec<[Opaque]>().encode == nil)
        #expect(PayloadCodec<Opaque?>().encode == nil)
        #expect(PayloadCodec<(@Sendable () -> Void)>().encode == nil)
    }

    @Test("Only Void is nothing: a type that could hold it loses no value")
    func anything() {
        #expect(PayloadCodec<any Sendable>().decode == nil)
        #expect(PayloadCodec<any Sendable>().encode == nil)
        #expect(PayloadCodec<Void?>().encode == nil)
    }

    @Test("A type that can only be read or only be written has half a codec")
    func half() throws {
        #expect(PayloadCodec<OnlyRead>().decode != nil)
        #expect(PayloadCodec<OnlyRead>().encode == nil)
        #expect(PayloadCodec<OnlyWritten>().decode == nil)
        #expect(try encode(OnlyWritten()) == "{}")
    }

    @Test("Raw bytes pass as they are", arguments: [[], [0, 255], Array("[1]".utf8)] as [[UInt8]])
    func raw(bytes: [UInt8]) throws {
        let codec = PayloadCodec(raw: ())
        #expect(try codec.decode?(bytes, coder) == bytes)
        #expect(try codec.encode?(bytes, coder) == bytes)
    }
}
