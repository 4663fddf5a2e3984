// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

/// What a receipt says: where a message is, which of its receives is meant, and in which queue; 48 digits to the base of 16.
struct ReceiptText {
    let number: Int64
    let fence: Int64

    init(number: Int64, fence: Int64) {
        self.number = number
        self.fence = fence
    }

    /// What a receipt says, if it is of the queue with this seed.
    init?(_ receipt: Receipt, seed: UInt64) {
        var words: [UInt64] = [0, 0, 0]
        var count = 0
        for byte in receipt.description.utf8 {
            let value: UInt8
            switch byte {
            case 0x30...0x39: value = byte - 0x30
            case 0x61...0x66: value = byte - 0x57
            default: return nil
            }
            guard count < 48 else { return nil }
            words[count / 16] = words[count / 16] << 4 | UInt64(value)
            count += 1
        }
        guard count == 48, words[2] == seed, let number = Int64(exactly: words[0]), number < 1 << MessagePlace.bits,
            let fence = Int64(exactly: words[1]), fence > 0
        else { return nil }
        self.init(number: number, fence: fence)
    }

    func receipt(seed: UInt64) -> Receipt {
        let words = [UInt64(number), UInt64(fence), seed]
        return Receipt(
            String(unsafeUninitializedCapacity: 48) { buffer in
                for index in 0..<48 {
                    let value = UInt8(truncatingIfNeeded: words[index / 16] >> UInt64(60 - 4 * (index % 16)) & 15)
                    buffer.initializeElement(at: index, to: value < 10 ? 0x30 + value : 0x57 + value)
                }
                return 48
            })
    }
}
