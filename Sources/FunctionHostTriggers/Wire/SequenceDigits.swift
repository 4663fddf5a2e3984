// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Writes the decimal digits of sequence numbers, one after another.
///
/// The numbers of a batch are near each other: mostly only the last 19 digits are others, and those are a sum where all of
/// them would take divisions of 128 bits.
struct SequenceDigits {
    private static let base = SequenceNumber.partBase

    /// The digits before the last 19; empty if there are none.
    private var before: [UInt8] = []
    /// The last 19 digits.
    private var last: UInt64 = 0
    private var number = SequenceNumber(low: 0)

    /// The most digits there are.
    static let maximum = 58

    /// Writes a number, without zeros before it; returns what was written.
    @inline(__always)
    mutating func write(_ new: SequenceNumber, to cursor: inout ByteCursor) -> UnsafeBufferPointer<UInt8> {
        let (step, isBelow) = new.low.subtractingReportingOverflow(number.low)
        if new.high == number.high, !isBelow, step < UInt128(Self.base &- last) {
            last &+= UInt64(truncatingIfNeeded: step)
        } else {
            split(new)
        }
        number = new
        if before.isEmpty { return cursor.putDecimal(last) }
        let place = cursor.take(before.count + 19)
        before.withUnsafeBufferPointer { place.initialize(from: $0.baseAddress!, count: $0.count) }
        ByteCursor.writeDigits(last, count: 19, at: place + before.count)
        return UnsafeBufferPointer(start: place, count: before.count + 19)
    }

    private mutating func split(_ new: SequenceNumber) {
        let (rest, part) = new.dividedIntoParts
        before = rest == SequenceNumber(low: 0) ? [] : Array(rest.description.utf8)
        last = part
    }
}
