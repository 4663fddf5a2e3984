// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Numbers of JSON as they can be compared.
enum ComparableNumber {
    /// The double that `text` stands for, if the text is the shortest decimal number that does; zero is never negative.
    ///
    /// `0.10` and `1e2` are comparable, since decimal numbers are compared and not digits; `9007199254740993` and `1e400` are not.
    ///
    /// - Parameter text: A number as JSON has them.
    static func value(of text: UnsafeBufferPointer<UInt8>) -> Double? {
        if let value = quickValue(of: text) { return value }
        let decimal = Decimal(text)
        guard !decimal.digits.isEmpty else { return 0 }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite, value != 0 else { return nil }
        var shortest = value.description
        return shortest.withUTF8 { Decimal($0) } == decimal ? value : nil
    }

    /// The value if there are at most 15 digits and the power of ten is exact: then one rounding is all there is, and no shorter
    /// text has the same value, because different numbers of 15 digits are different doubles.
    @inline(__always)
    private static func quickValue(of text: UnsafeBufferPointer<UInt8>) -> Double? {
        var digits: UInt64 = 0
        var count = 0
        var places = 0
        var isFraction = false
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit < 10 {
                digits = digits &* 10 &+ UInt64(digit)
                if digits != 0 { count += 1 }
                if isFraction { places += 1 }
                guard count <= 15, places <= 22 else { return nil }
            } else if text[index] == UInt8(ascii: ".") {
                isFraction = true
            } else {
                return nil
            }
            index += 1
        }
        let magnitude = Double(digits) / powersOfTen[places]
        return isNegative && digits != 0 ? -magnitude : magnitude
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]
}

/// The magnitude of a decimal number, in one form for all texts that have it.
private struct Decimal: Equatable {
    /// Neither the first nor the last is zero; none at all for zero.
    var digits: [UInt8] = []
    /// The power of ten that the last digit counts.
    var exponent = 0

    /// No double has an exponent near this.
    private static let largestExponent = 1 << 40

    init(_ text: UnsafeBufferPointer<UInt8>) {
        var isFraction = false
        var index = text.first == UInt8(ascii: "-") ? 1 : 0
        while index < text.count {
            let byte = text[index]
            if byte | 0x20 == UInt8(ascii: "e") { break }
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                if isFraction { exponent -= 1 }
                if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte) }
            }
            index += 1
        }
        exponent += Self.exponent(in: text, from: index)
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { exponent = 0 }
    }

    private static func exponent(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var exponent = 0
        var isNegative = false
        for index in min(start + 1, text.count)..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "-") { isNegative = true }
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { continue }
            exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), largestExponent)
        }
        return isNegative ? -exponent : exponent
    }
}
