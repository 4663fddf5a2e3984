// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension TableNumber {
    /// The sum, exact.
    ///
    /// - Throws: ``TableError`` as `invalidValue` if it has more than 38 digits or is out of range: nothing is rounded.
    func adding(_ other: Self) throws(TableError) -> Self {
        let (first, second) = exponent >= other.exponent ? (self, other) : (other, self)
        guard first.coefficient != 0 else { return second }
        guard second.coefficient != 0 else { return first }
        let distance = Int(first.exponent) - Int(second.exponent)
        guard distance < Self.tens.count else { throw Self.tooPrecise }
        // What does not fit in 128 bits has 39 digits, of which the last one, the second number's, is not 0.
        let (scaled, isTooLarge) = first.coefficient.multipliedReportingOverflow(by: Self.tens[distance])
        guard !isTooLarge else { throw Self.tooPrecise }
        guard first.isNegative != second.isNegative else {
            let (sum, overflows) = scaled.addingReportingOverflow(second.coefficient)
            guard !overflows else { throw Self.tooPrecise }
            return try Self(coefficient: sum, exponent: Int(second.exponent), isNegative: isNegative)
        }
        let isFirstLarger = scaled >= second.coefficient
        return try Self(
            coefficient: isFirstLarger ? scaled - second.coefficient : second.coefficient - scaled,
            exponent: Int(second.exponent), isNegative: isFirstLarger ? first.isNegative : second.isNegative)
    }

    /// The difference, exact.
    ///
    /// - Throws: ``TableError`` as `invalidValue` if it has more than 38 digits or is out of range: nothing is rounded.
    func subtracting(_ other: Self) throws(TableError) -> Self {
        try adding(Self(coefficient: other.coefficient, exponent: Int(other.exponent), isNegative: !other.isNegative))
    }
}
