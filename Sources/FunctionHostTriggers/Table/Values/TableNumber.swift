// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A number as DynamoDB has them: decimal and exact, up to 38 significant digits.
///
/// Zero, or from 10⁻¹³⁰ to 9.99…·10¹²⁵, positive or negative. Two that are the same number are equal, however they were written.
///
/// - Source: DynamoDB Developer Guide, *Supported data types and naming rules*, Number.
public struct TableNumber: Sendable, Hashable {
    /// How many significant digits there may be.
    static let digitLimit = 38
    /// The powers of ten that the first digit may stand for.
    static let magnitudes = -130...125

    /// In two parts: an integer of 128 bits would be laid out in twice as many bytes here.
    private let high: UInt64
    private let low: UInt64
    /// The power of ten that the last digit stands for.
    let exponent: Int16
    let isNegative: Bool

    /// All significant digits; the last one is not 0, except for zero itself.
    var coefficient: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Reads a number: digits with or without a point, a sign and a power of ten, such as `-12.50` or `1e9`.
    ///
    /// - Throws: ``TableError`` as `invalidValue` if it is none, has too many digits, or is out of range.
    public init(_ text: some StringProtocol) throws(TableError) {
        var reader = TableNumberReader()
        for byte in text.utf8 where !reader.take(byte) { throw Self.malformed }
        guard reader.isComplete else { throw Self.malformed }
        guard !reader.isTooPrecise else { throw Self.tooPrecise }
        let (exponent, isTooLarge) = reader.exponent
        try self.init(
            coefficient: reader.coefficient, exponent: exponent, isTooLarge: isTooLarge, isNegative: reader.isNegative)
    }

    /// An integer; every one of 64 bits is a number here.
    public init(_ value: some FixedWidthInteger) throws(TableError) { try self.init(String(value)) }

    /// ± `coefficient` · 10^`exponent`, in whatever form.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    init(
        coefficient: UInt128, exponent: Int, isTooLarge: Bool = false, isNegative: Bool
    ) throws(TableError) {
        guard coefficient != 0 else {
            self.init(high: 0, low: 0, exponent: 0, isNegative: false)
            return
        }
        var (coefficient, exponent) = (coefficient, exponent)
        while true {
            let (quotient, rest) = coefficient.quotientAndRemainder(dividingBy: 10)
            guard rest == 0 else { break }
            (coefficient, exponent) = (quotient, exponent + 1)
        }
        let digits = Self.digitCount(coefficient)
        guard digits <= Self.digitLimit else { throw Self.tooPrecise }
        guard !isTooLarge, Self.magnitudes.contains(exponent + digits - 1) else {
            throw TableError(
                .invalidValue, reason: "a number is out of range: from 1E-130 to 9.99E+125, positive or negative, or 0")
        }
        self.init(
            high: UInt64(truncatingIfNeeded: coefficient >> 64), low: UInt64(truncatingIfNeeded: coefficient),
            exponent: Int16(exponent), isNegative: isNegative)
    }

    private init(high: UInt64, low: UInt64, exponent: Int16, isNegative: Bool) {
        self.high = high
        self.low = low
        self.exponent = exponent
        self.isNegative = isNegative
    }

    private static let malformed = TableError(
        .invalidValue, reason: "a text is no number: digits, with a point, a sign and a power of ten or without")
    static let tooPrecise = TableError(.invalidValue, reason: "a number has more than 38 significant digits")

    static func digitCount(_ value: UInt128) -> Int { tens.prefix { $0 <= value }.count }

    /// 1, 10, 100 and so on, as far as they go.
    static let tens: [UInt128] = (0..<38).reduce(into: [1]) { tens, _ in tens.append(tens.last! * 10) }

    /// What it counts for in the size of an item: a byte for two digits, and one or two beside them.
    ///
    /// - Source: DynamoDB Developer Guide, *DynamoDB item sizes and formats*: an approximation there too.
    var size: Int {
        let coefficient = coefficient
        return coefficient == 0 ? 1 : (Self.digitCount(coefficient) + 1) / 2 + (isNegative ? 2 : 1)
    }
}

extension TableNumber: ExpressibleByIntegerLiteral {
    /// The number that is written.
    public init(integerLiteral value: Int) {
        self.init(
            high: 0, low: 0, exponent: 0, isNegative: false)
        // An integer of 64 bits has 19 digits at most.
        if let number = try? Self(value) { self = number }
    }
}

extension TableNumber: CustomStringConvertible {
    /// Its normal form: all digits without a power of ten, and no zeros that say nothing.
    public var description: String {
        let digits = String(coefficient)
        let sign = isNegative ? "-" : ""
        let point = digits.utf8.count + Int(exponent)
        if exponent >= 0 { return sign + digits + String(repeating: "0", count: Int(exponent)) }
        if point > 0 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        return sign + "0." + String(repeating: "0", count: -point) + digits
    }
}

extension TableNumber: Comparable {
    /// By what they are worth.
    public static func < (left: Self, right: Self) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? isCloserToZero(right, left) : isCloserToZero(left, right)
    }

    private static func isCloserToZero(_ left: Self, _ right: Self) -> Bool {
        let (first, second) = (left.coefficient, right.coefficient)
        if left.exponent == right.exponent || first == 0 || second == 0 { return first < second }
        let (digits, others) = (digitCount(first), digitCount(second))
        let (magnitude, other) = (digits + Int(left.exponent), others + Int(right.exponent))
        if magnitude != other { return magnitude < other }
        return first * tens[digitLimit - digits] < second * tens[digitLimit - others]
    }
}

/// Reads the text of a number, byte by byte.
private struct TableNumberReader {
    private enum Place { case start, whole, fraction, powerStart, power }

    private var place = Place.start
    private var hasDigits = false
    private var hasPowerDigits = false
    private var hasPowerSign = false
    private(set) var isNegative = false
    private(set) var coefficient: UInt128 = 0
    private var digits = 0
    /// Zeros behind the last other digit, which count only if another one comes.
    private var zeros = 0
    private var fractionDigits = 0
    private var power = 0
    private var isPowerNegative = false
    private(set) var isTooPrecise = false

    var isComplete: Bool { hasDigits && (place != .powerStart && (place != .power || hasPowerDigits)) }

    /// What the last digit stands for, and whether it is beyond all that could be.
    var exponent: (Int, Bool) {
        let exponent = (isPowerNegative ? -power : power) - fractionDigits + zeros
        return (exponent, abs(exponent) > 1_000)
    }

    /// False if the byte cannot be here.
    mutating func take(_ byte: UInt8) -> Bool {
        switch (byte, place) {
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): return take(digit: Int(byte - UInt8(ascii: "0")))
        case (UInt8(ascii: "+"), .start), (UInt8(ascii: "-"), .start):
            isNegative = byte == UInt8(ascii: "-")
            place = .whole
        case (UInt8(ascii: "."), .start), (UInt8(ascii: "."), .whole): place = .fraction
        case (UInt8(ascii: "e"), .whole), (UInt8(ascii: "E"), .whole), (UInt8(ascii: "e"), .fraction),
            (UInt8(ascii: "E"), .fraction):
            guard hasDigits else { return false }
            place = .powerStart
        case (UInt8(ascii: "+"), .powerStart), (UInt8(ascii: "-"), .powerStart):
            isPowerNegative = byte == UInt8(ascii: "-")
            place = .power
        default: return false
        }
        return true
    }

    private mutating func take(digit: Int) -> Bool {
        switch place {
        case .powerStart, .power:
            place = .power
            hasPowerDigits = true
            // Held where no number of digits brings it back into the range.
            power = min(power * 10 + digit, 1 << 40)
            return true
        case .start: place = .whole
        case .whole: break
        case .fraction: fractionDigits += 1
        }
        hasDigits = true
        if digit == 0 {
            if digits > 0 { zeros += 1 }
            return true
        }
        digits += digits > 0 ? zeros + 1 : 1
        guard digits <= TableNumber.digitLimit else {
            isTooPrecise = true
            return true
        }
        coefficient = coefficient * TableNumber.tens[zeros] * 10 + UInt128(digit)
        zeros = 0
        return true
    }
}
