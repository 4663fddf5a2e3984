// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct JSONStructureTests {
    private func fault(_ text: String, depth: Int = 128) -> String? {
        JSONStructure.fault(in: Array(text.utf8), maximumDepth: depth)?.description
    }

    @Test(
        "JSON may nest to the limit and no deeper", arguments: [127, 128, 129, 1_000_000], ["[", "{", "{\"a\":"])
    func depth(levels: Int, opening: String) {
        let text = String(repeating: opening, count: levels)
        let place = 128 * opening.utf8.count
        #expect(fault(text) == (levels <= 128 ? nil : "the JSON nests deeper than 128 levels at byte \(place)"))
    }

    @Test(
        "Only brackets that nest count",
        arguments: [
            ("[[]]", true), ("[[[]]]", false), ("[[],[],[],[]]", true), ("[{}]", true), ("[{\"a\":[]}]", false),
            (#"["[[[[{{{{"]"#, true), (#"[["\"[[["]]"#, true), (#"["\\",[[]]]"#, false), (#"["\\\"[[["]"#, true),
            (#""[[[[[["#, true), (#""\"#, true), (#"["a\"#, true), ("", true), ("]]]]", true), ("[[[", false),
        ])
    func brackets(text: String, isFine: Bool) {
        #expect((fault(text, depth: 2) == nil) == isFine)
    }

    @Test("The depth is that of any text, whatever it holds", arguments: 1...4)
    func depthOracle(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<300 {
            var text = ""
            var (depth, deepest) = (0, 0)
            for _ in 0..<40 {
                switch random.below(5) {
                case 0, 1:
                    text += random.chance(50) ? "[" : "{"
                    depth += 1
                case 2 where depth > 0:
                    text += "]"
                    depth -= 1
                case 3: text += #""[\"{\\""#
                default: text += "1,"
                }
                deepest = max(deepest, depth)
            }
            #expect(fault(text, depth: deepest) == nil, "seed \(seed): \(text)")
            guard deepest > 0 else { continue }
            #expect(fault(text, depth: deepest - 1) != nil, "seed \(seed): \(text)")
        }
    }

    @Test(
        "Text that is not UTF-8 is refused, and where is told",
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0xC0, 0x80], 0), ([0x61, 0xE0, 0x80, 0x80], 1), ([0xED, 0xA0, 0x80], 0),
            ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0x80], 0), ([0x20, 0xE2, 0x82], 1),
            ([0xE2, 0x82, 0x20], 0), ([0xC3], 0), ([0xF0, 0x9F, 0x98], 0), ([0xFE, 0xFF], 0),
        ] as [([UInt8], Int)])
    func invalid(bytes: [UInt8], place: Int) {
        let fault = JSONStructure.fault(in: bytes, maximumDepth: 128)
        #expect(fault == PayloadFault(place: "byte \(place)", reason: "the text is not UTF-8"))
    }

    /// UTF-16 and UTF-32 would hide brackets from the look at the depth, and always hold a byte of zero.
    @Test("JSON in UTF-16 or UTF-32 is refused before a decoder can make it out", arguments: [2, 4], [true, false])
    func otherEncodings(width: Int, isLittleEndian: Bool) {
        let bytes = "[\"\u{2200}\"]".unicodeScalars.flatMap { scalar in
            let low = [UInt8(scalar.value & 0xFF), UInt8(scalar.value >> 8)]
            let padded = low + Array(repeating: 0, count: width - 2)
            return isLittleEndian ? padded : padded.reversed()
        }
        let fault = JSONStructure.fault(in: bytes, maximumDepth: 128)
        #expect(fault == PayloadFault(place: "byte \(isLittleEndian ? 1 : 0)", reason: "the text is not UTF-8"))
    }

    @Test("UTF-8 is told from other bytes as the standard library does it", arguments: 1...4)
    func oracle(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let edges: [UInt8] = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4]
        var (valid, invalid) = (0, 0)
        for _ in 0..<8_000 {
            var bytes: [UInt8] = []
            for _ in 0..<random.below(5) {
                switch random.below(3) {
                case 0: bytes.append(edges[random.below(edges.count)])
                case 1: bytes.append(UInt8.random(in: 0x80...0xFF, using: &random))
                default: bytes += Array(String(UnicodeScalar(UInt32(random.below(0xD7FF)) + 1) ?? "a").utf8)
                }
            }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            if isValid { valid += 1 } else { invalid += 1 }
            let fault = JSONStructure.fault(in: bytes, maximumDepth: 128)
            #expect((fault == nil) == isValid, "seed \(seed): \(bytes)")
        }
        #expect(valid > 500 && invalid > 500)
    }
}
