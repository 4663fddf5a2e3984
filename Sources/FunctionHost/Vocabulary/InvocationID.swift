// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Names one invocation; all its attempts share it.
///
/// Written as a UUID of version 4, as Lambda's request ids are. Unique, drawn from the host's injected seed; not a secret.
public struct InvocationID: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes, the version among them.
    public let high: UInt64
    /// The last eight bytes, the variant among them.
    public let low: UInt64

    /// Makes an id of 128 bits, of which six are set to version and variant.
    public init(high: UInt64, low: UInt64) {
        self.high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        self.low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    }

    /// The id of a host's invocation of this number.
    ///
    /// The first half is random. The second counts, in steps that make neighbours look nothing alike, and ``number`` finds the
    /// steps again: tables keep ids that came one after another beside each other.
    package init(number: UInt64, seed: UInt64) {
        self.init(
            high: SplitMix64.mix(seed &+ number &* Self.step), low: (SplitMix64.mix(~seed) &+ number) &* Self.step)
    }

    /// What counts up from one id of a host to the next, modulo 2⁶², from a start that is random; of other ids anything.
    var number: UInt64 { low &* Self.stepInverse & (.max >> 2) }

    /// 2⁶⁴ divided by the golden ratio, and what it gives 1 with, modulo 2⁶⁴.
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let stepInverse: UInt64 = 0xF1DE_83E1_9937_733D

    /// Reads an id as it is written; nil if `text` is no UUID of version 4.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                if byte != UInt8(ascii: "-") { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            if index < 18 { halves.0 = halves.0 << 4 | UInt64(digit) } else { halves.1 = halves.1 << 4 | UInt64(digit) }
        }
        self.init(high: halves.0, low: halves.1)
        guard high == halves.0, low == halves.1 else { return nil }
    }

    /// The 36 characters of a UUID, in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            let digits: StaticString = "0123456789abcdef"
            var place = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[place] = UInt8(ascii: "-")
                    place += 1
                }
                let half = index < 16 ? high : low
                buffer[place] = digits.utf8Start[Int(half >> UInt64(60 - 4 * (index % 16)) & 15)]
                place += 1
            }
            return 36
        }
    }
}
