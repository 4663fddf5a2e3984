// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension ByteCursor {
    /// Writes bytes in base64: ``Base64/size(of:)`` characters.
    @inline(__always)
    mutating func putBase64(_ bytes: [UInt8]) {
        let place = take(Base64.size(of: bytes.count))
        Base64.pairs.withUnsafeBufferPointer { pairs in
            bytes.withUnsafeBufferPointer { bytes in
                let whole = bytes.count / 3
                let target = UnsafeMutableRawPointer(place)
                for group in 0..<whole {
                    let bits = Int(bytes[group * 3]) << 16 | Int(bytes[group * 3 + 1]) << 8 | Int(bytes[group * 3 + 2])
                    let word = UInt32(pairs[bits >> 12]) | UInt32(pairs[bits & 4095]) << 16
                    target.storeBytes(of: word.littleEndian, toByteOffset: group * 4, as: UInt32.self)
                }
                Self.putRest(bytes, from: whole * 3, at: target + whole * 4, pairs)
            }
        }
    }

    /// Writes the last one or two bytes.
    private static func putRest(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, at target: UnsafeMutableRawPointer,
        _ pairs: UnsafeBufferPointer<UInt16>
    ) {
        guard start < bytes.count else { return }
        let second = start + 1 < bytes.count ? Int(bytes[start + 1]) : nil
        let bits = Int(bytes[start]) << 16 | (second ?? 0) << 8
        let padding = UInt16(UInt8(ascii: "="))
        // The third character stands for the four lower bits of the second byte, and is padding where there is none.
        let last = second == nil ? padding : pairs[bits & 4095] & 0xFF
        let word = UInt32(pairs[bits >> 12]) | UInt32(last | padding << 8) << 16
        target.storeBytes(of: word.littleEndian, as: UInt32.self)
    }
}
