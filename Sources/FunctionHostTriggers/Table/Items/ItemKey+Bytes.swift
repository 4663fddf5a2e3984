// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Keys as bytes whose order, byte by byte, is the order of the keys: for whoever keeps items by bytes.
extension ItemKey {
    /// The partition: its hash, then its value.
    package var partitionBytes: [UInt8] {
        withUnsafeBytes(of: hash.bigEndian) { Array($0) } + partition.orderedBytes
    }

    /// The sort key; nothing if there is none, which no sort key is.
    package var sortBytes: [UInt8] { sort?.orderedBytes ?? [] }
}

extension AttributeValue {
    /// Bytes in the order of the values of its type; nothing for types that have none.
    package var orderedBytes: [UInt8] {
        switch self {
        case .string(let text): Array(text.utf8)
        case .binary(let bytes): bytes
        case .number(let number): number.orderedBytes
        case .bool, .null, .map, .list, .stringSet, .numberSet, .binarySet: []
        }
    }
}

extension TableNumber {
    /// The sign, the power of ten of the first digit, and 38 digits as an integer; of negative ones the complement of the latter
    /// two, since they are the lower the farther they are from zero.
    fileprivate var orderedBytes: [UInt8] {
        guard coefficient != 0 else { return [1] }
        let digits = Self.digitCount(coefficient)
        let scaled = coefficient * Self.tens[Self.digitLimit - digits]
        let magnitude = UInt8(digits + Int(exponent) - 1 - Self.magnitudes.lowerBound)
        let rest = [magnitude] + withUnsafeBytes(of: scaled.bigEndian) { Array($0) }
        return isNegative ? [0] + rest.map(~) : [2] + rest
    }
}

extension SortKeyRange {
    /// The sort keys' bytes from the first that is wanted to the first behind those that are; nil if none is behind.
    package var bytes: (from: [UInt8], to: [UInt8]?) {
        switch kind {
        case .all: ([], nil)
        case .range(let from, let to):
            (from?.bytes(isBefore: from?.isIncluded ?? true) ?? [], to.map { $0.bytes(isBefore: !$0.isIncluded) })
        case .prefix(let start): (start.orderedBytes, Self.behind(start.orderedBytes))
        }
    }

    /// The first bytes that are behind all that begin so; nil if none are.
    private static func behind(_ start: [UInt8]) -> [UInt8]? {
        guard let last = start.lastIndex(where: { $0 < .max }) else { return nil }
        return start[..<last] + [start[last] + 1]
    }
}

extension SortKeyRange.Bound {
    /// The bytes right before the value, which are its own, or right behind it.
    fileprivate func bytes(isBefore: Bool) -> [UInt8] { value.orderedBytes + (isBefore ? [] : [0]) }
}
