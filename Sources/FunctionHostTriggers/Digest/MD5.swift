// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The digest that streams place partition keys by, and that queues let bodies be checked with. Not for secrets.
///
/// Source: RFC 1321.
package enum MD5 {
    /// The digest of a text's UTF-8, its first byte the highest.
    package static func hash(_ text: String) -> UInt128 {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of bytes, its first byte the highest.
    package static func hash(_ bytes: [UInt8]) -> UInt128 {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of bytes, its first byte the highest.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        var state = State()
        sines.withUnsafeBufferPointer { sines in
            Blocks.forEach(of: bytes, lengthIsBigEndian: false) { state.add($0, sines) }
        }
        return UInt128(state.a.byteSwapped) << 96 | UInt128(state.b.byteSwapped) << 64
            | UInt128(state.c.byteSwapped) << 32 | UInt128(state.d.byteSwapped)
    }

    private struct State {
        var a: UInt32 = 0x6745_2301
        var b: UInt32 = 0xEFCD_AB89
        var c: UInt32 = 0x98BA_DCFE
        var d: UInt32 = 0x1032_5476

        /// The four rounds of one block of 64 bytes.
        mutating func add(_ block: UnsafeRawPointer, _ sines: UnsafeBufferPointer<UInt32>) {
            let word = { UInt32(littleEndian: block.loadUnaligned(fromByteOffset: ($0 & 15) * 4, as: UInt32.self)) }
            var (a, b, c, d) = (self.a, self.b, self.c, self.d)
            for i in stride(from: 0, to: 16, by: 4) {
                Self.step(&a, b, d ^ (b & (c ^ d)), word(i), sines[i], 7)
                Self.step(&d, a, c ^ (a & (b ^ c)), word(i + 1), sines[i + 1], 12)
                Self.step(&c, d, b ^ (d & (a ^ b)), word(i + 2), sines[i + 2], 17)
                Self.step(&b, c, a ^ (c & (d ^ a)), word(i + 3), sines[i + 3], 22)
            }
            for i in stride(from: 0, to: 16, by: 4) {
                Self.step(&a, b, c ^ (d & (b ^ c)), word(5 * i + 1), sines[i + 16], 5)
                Self.step(&d, a, b ^ (c & (a ^ b)), word(5 * i + 6), sines[i + 17], 9)
                Self.step(&c, d, a ^ (b & (d ^ a)), word(5 * i + 11), sines[i + 18], 14)
                Self.step(&b, c, d ^ (a & (c ^ d)), word(5 * i + 16), sines[i + 19], 20)
            }
            for i in stride(from: 0, to: 16, by: 4) {
                Self.step(&a, b, b ^ c ^ d, word(3 * i + 5), sines[i + 32], 4)
                Self.step(&d, a, a ^ b ^ c, word(3 * i + 8), sines[i + 33], 11)
                Self.step(&c, d, d ^ a ^ b, word(3 * i + 11), sines[i + 34], 16)
                Self.step(&b, c, c ^ d ^ a, word(3 * i + 14), sines[i + 35], 23)
            }
            for i in stride(from: 0, to: 16, by: 4) {
                Self.step(&a, b, c ^ (b | ~d), word(7 * i), sines[i + 48], 6)
                Self.step(&d, a, b ^ (a | ~c), word(7 * i + 7), sines[i + 49], 10)
                Self.step(&c, d, a ^ (d | ~b), word(7 * i + 14), sines[i + 50], 15)
                Self.step(&b, c, d ^ (c | ~a), word(7 * i + 21), sines[i + 51], 21)
            }
            self.a &+= a
            self.b &+= b
            self.c &+= c
            self.d &+= d
        }

        @inline(__always)
        private static func step(
            _ a: inout UInt32, _ b: UInt32, _ mixed: UInt32, _ word: UInt32, _ sine: UInt32, _ shift: UInt32
        ) {
            let sum = a &+ mixed &+ word &+ sine
            a = b &+ (sum &<< shift | sum &>> (32 &- shift))
        }
    }

    /// ⌊2³² · |sin i|⌋ for i from 1 to 64.
    private static let sines: [UInt32] = [
        0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613, 0xFD46_9501,
        0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821,
        0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
        0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A,
        0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70,
        0x289B_7EC6, 0xEAA1_27FA, 0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
        0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
        0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
    ]
}
