// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct JSONTextTests {
    private func isValid(_ text: String, depth: Int = 128) -> Bool {
        JSONText.isValid(Array(text.utf8), maximumDepth: depth)
    }

    @Test(
        "What RFC 8259 takes for JSON is taken for JSON",
        arguments: [
            "0", "-0", "10", "1.5", "-1.25e+10", "1E5", "1e-0", "0e1", "0.0", "true", "false", "null", "\"\"",
            "\"é 😀 \u{7F} \u{2028}\"", #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, "[]", "{}", "[ ]", "{ }",
            " [ 1 , 2 ] ", "\t\r\n 1\n", #"{"a":1,"a":2}"#, #"{"":{"b":[null,[],{}]}}"#, "[[[[]]]]",
            "123456789012345678901234567890", "1e999",
        ])
    func valid(text: String) {
        #expect(isValid(text))
    }

    @Test(
        "What it does not take is refused",
        arguments: [
            "", " ", "tru", "truee", "True", "nul", "NaN", "Infinity", "01", "-", "-01", "+1", "1.", ".5", "1e", "1e+",
            "1.e1", "0x10", "1 2", "[1,]", "[,1]", "[1", "1]", "]", "[1 2]", "[1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
            "{a:1}", "{1:1}", "{\"a\":1", "{\"a\" 1}", "{\"a\"::1}", "{,}", "\"", "\"a", "'a'", "\"\n\"", "\"\t\"",
            "\"\u{1F}\"", #""\x""#, #""\u12""#, #""\u12g4""#, #""\"#, #""\ud800""#, #""\ude00""#, #""\ud83dx""#,
            #""\ud83d\n""#, #""\ud83d\u0041""#, "\u{FEFF}1", "1\u{0}", "1\u{A0}", "\u{B}1", "// c\n1", "{}{}",
        ])
    func invalid(text: String) {
        #expect(!isValid(text))
    }

    @Test("Bytes that are not UTF-8 are no JSON")
    func encoding() {
        #expect(!JSONText.isValid([0x22, 0xFF, 0x22], maximumDepth: 128))
        #expect(!JSONText.isValid([0x22, 0xED, 0xA0, 0x80, 0x22], maximumDepth: 128))
    }

    @Test("JSON may nest to the limit and no deeper", arguments: [127, 128, 129, 1_000_000])
    func depth(levels: Int) {
        let arrays = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let objects = String(repeating: "{\"a\":", count: levels) + "1" + String(repeating: "}", count: levels)
        #expect(isValid(arrays) == (levels <= 128))
        #expect(isValid(objects) == (levels <= 128))
    }

    /// Any JSON, for a decoder to say whether it is any.
    private struct Anything: Decodable {
        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: Key.self) {
                for key in members.allKeys { _ = try members.decode(Self.self, forKey: key) }
            } else if var elements = try? decoder.unkeyedContainer() {
                while !elements.isAtEnd { _ = try elements.decode(Self.self) }
            } else {
                let value = try decoder.singleValueContainer()
                if value.decodeNil() { return }
                if (try? value.decode(Bool.self)) != nil { return }
                if (try? value.decode(String.self)) != nil { return }
                _ = try value.decode(Double.self)
            }
        }
    }

    @Test("JSON that somebody has changed here and there is told apart as the decoder does it", arguments: 1...4)
    func oracle(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = Array(#"[]{}:,"\ 0123456789-+.eEtruefalsn/bu"#.utf8)
        let sources = [
            #"{"a":[1,-2.5e3,true,null],"b\u00e9\n":{"c":""}}"#, #"[[],[{}],"\ud83d\ude00x",0.10,1E+2,false]"#, "-0.5",
            #" { "k" : [ "\\\"" , 0 ] } "#,
        ].map { Array($0.utf8) }
        var (valid, invalid) = (0, 0)
        for _ in 0..<6_000 {
            var bytes = sources[random.below(sources.count)]
            for _ in 0..<1 + random.below(2) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(pieces[random.below(pieces.count)], at: place)
                default: bytes[place] = pieces[random.below(pieces.count)]
                }
            }
            // The decoder takes a comma before a closing bracket, and does not take `0E5`: there it is no oracle.
            let dense = String(decoding: bytes.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self).lowercased()
            if [",]", ",}", "0e"].contains(where: dense.contains) { continue }
            let isTaken = (try? JSONPayloadCoder().decode(Anything.self, from: bytes)) != nil
            if isTaken { valid += 1 } else { invalid += 1 }
            #expect(
                JSONText.isValid(bytes, maximumDepth: 128) == isTaken,
                "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(valid > 300 && invalid > 300)
    }
}
