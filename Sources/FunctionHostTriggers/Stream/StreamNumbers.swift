// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

package import FunctionHost

/// The sequence numbers of a stream: those of its records, which it counts from 1 on, above one that tells when it began.
///
/// 56 digits as Kinesis has them: four that are always the same, 16 of microseconds since 1970, and 36 zeros to count in. So those
/// of an earlier life are lower.
package struct StreamNumbers: Sendable {
    let base: SequenceNumber

    /// The numbers above another base.
    init(base: SequenceNumber) { self.base = base }

    /// The numbers of a stream that began then.
    package init(beganAt wallTime: Timestamp) {
        let microseconds = UInt128(max(0, wallTime.nanoseconds) / 1_000)
        let beginning = 49_650_000_000_000_000_000 + microseconds
        let product = beginning.multipliedFullWidth(by: 1_000_000_000_000_000_000_000_000_000_000_000_000)
        base = SequenceNumber(high: UInt64(truncatingIfNeeded: product.high), low: product.low)
    }

    /// What the record of this number is told by.
    package subscript(number: UInt64) -> SequenceNumber { base.advanced(by: number) }

    /// The number of the record that is told by this: 0 for all before the first, and the highest for all from `next` on.
    package func number(of sequenceNumber: SequenceNumber, next: UInt64) -> UInt64 {
        guard sequenceNumber > base else { return 0 }
        guard sequenceNumber < base.advanced(by: next) else { return .max }
        return UInt64(truncatingIfNeeded: sequenceNumber.low &- base.low)
    }
}
