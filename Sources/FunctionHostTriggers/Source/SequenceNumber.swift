// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where a record stands in its stream: a number of up to 192 bits, of which records of one shard have ever higher ones.
///
/// Kinesis writes 56 digits, which 128 bits do not hold.
public struct SequenceNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The bits from 128 on.
    public let high: UInt64
    /// The lower 128 bits.
    public let low: UInt128

    /// The number `high` · 2¹²⁸ + `low`.
    public init(high: UInt64 = 0, low: UInt128) {
        self.high = high
        self.low = low
    }

    /// Reads a number as it is written, in decimal digits without anything around them; nil if `text` is none, or too large.
    public init?(_ text: some StringProtocol) {
        var (high, low) = (UInt64(0), UInt128(0))
        guard !text.isEmpty else { return nil }
        for byte in text.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let product = low.multipliedFullWidth(by: 10)
            let sum = product.low.addingReportingOverflow(UInt128(byte - UInt8(ascii: "0")))
            let (tens, isTooLarge) = high.multipliedReportingOverflow(by: 10)
            let carry = UInt64(truncatingIfNeeded: product.high) + (sum.overflow ? 1 : 0)
            let (next, overflows) = tens.addingReportingOverflow(carry)
            if isTooLarge || overflows { return nil }
            (high, low) = (next, sum.partialValue)
        }
        self.init(high: high, low: low)
    }

    /// In decimal digits.
    public var description: String {
        if high == 0 { return String(low) }
        let (rest, part) = dividedIntoParts
        let digits = String(part)
        return rest.description + String(repeating: "0", count: 19 - digits.count) + digits
    }

    /// 10¹⁹, the highest power of ten in 64 bits.
    static let partBase: UInt64 = 10_000_000_000_000_000_000

    /// The number without its last 19 digits, and these.
    var dividedIntoParts: (rest: Self, part: UInt64) {
        let (first, carry) = high.quotientAndRemainder(dividingBy: Self.partBase)
        let second = Self.partBase.dividingFullWidth((carry, UInt64(truncatingIfNeeded: low >> 64)))
        let third = Self.partBase.dividingFullWidth((second.remainder, UInt64(truncatingIfNeeded: low)))
        return (Self(high: first, low: UInt128(second.quotient) << 64 | UInt128(third.quotient)), third.remainder)
    }

    /// The number after this one.
    public var next: Self {
        let (low, overflows) = low.addingReportingOverflow(1)
        return Self(high: overflows ? high &+ 1 : high, low: low)
    }

    /// The number so many after this one.
    package func advanced(by count: UInt64) -> Self {
        let (sum, overflows) = low.addingReportingOverflow(UInt128(count))
        return Self(high: overflows ? high &+ 1 : high, low: sum)
    }

    /// Earlier ones come first.
    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
