// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Cuts bytes as MD5 and SHA-256 do: into blocks of 64, the last of them filled up with a one bit, zeros and the length.
enum Blocks {
    /// Calls `body` with each block of 64 bytes.
    @inline(__always)
    static func forEach(
        of bytes: UnsafeRawBufferPointer, lengthIsBigEndian: Bool, _ body: (UnsafeRawPointer) -> Void
    ) {
        let whole = bytes.count & ~63
        for start in stride(from: 0, to: whole, by: 64) { body(bytes.baseAddress! + start) }
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { tail in
            tail.initializeMemory(as: UInt8.self, repeating: 0)
            let rest = bytes.count - whole
            tail.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[whole...]))
            tail[rest] = 0x80
            let size = rest < 56 ? 64 : 128
            let length = UInt64(truncatingIfNeeded: bytes.count) &* 8
            tail.storeBytes(
                of: lengthIsBigEndian ? length.bigEndian : length.littleEndian, toByteOffset: size - 8, as: UInt64.self)
            for start in stride(from: 0, to: size, by: 64) { body(UnsafeRawPointer(tail.baseAddress!) + start) }
        }
    }
}
