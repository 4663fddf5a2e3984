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
        var digits: [UInt8] = []
        var rest = self
        while rest.high != 0 || rest.low != 0 {
            let (quotient, remainder) = rest.high.quotientAndRemainder(dividingBy: 10)
            let part = UInt128(10).dividingFullWidth((UInt128(remainder), rest.low))
            digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: part.remainder))
            rest = Self(high: quotient, low: part.quotient)
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// The number after this one.
    public var next: Self {
        let (low, overflows) = low.addingReportingOverflow(1)
        return Self(high: overflows ? high &+ 1 : high, low: low)
    }

    /// Earlier ones come first.
    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
