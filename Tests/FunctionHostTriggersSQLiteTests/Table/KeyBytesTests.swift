// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// The bytes of keys have the order of the keys.
@Suite struct KeyBytesTests {
    @Test("Keys are in the order of their bytes", arguments: 0..<20 as Range<UInt64>)
    func keys(seed: UInt64) throws {
        var values = TableValues(seed: seed)
        for kind in [AttributeValue.Kind.string, .number, .binary] {
            let keys = (0..<120).map { _ in ItemKey(partition: values.key(.string), sort: values.key(kind)) }
            for left in keys {
                for right in keys {
                    let bytes = [left, right].map { [Array($0.partitionBytes), $0.sortBytes] }
                    let isLess =
                        bytes[0][0] == bytes[1][0]
                        ? bytes[0][1].lexicographicallyPrecedes(bytes[1][1])
                        : bytes[0][0].lexicographicallyPrecedes(bytes[1][0])
                    try #require((left < right) == isLess, "\(left) and \(right), seed \(seed)")
                    try #require((left == right) == (bytes[0] == bytes[1]), "\(left) and \(right), seed \(seed)")
                }
            }
        }
    }

    @Test("Numbers at the ends of the range are in order, and one number is the same bytes however it was written")
    func numbers() throws {
        let nines = String(repeating: "9", count: 38)
        let ordered = [
            "-\(nines)e88", "-1e125", "-\(nines)", "-100", "-99.5", "-10", "-9", "-1.1", "-1", "-0.1", "-1e-129",
            "-1.1e-130", "-1e-130", "0", "1e-130", "1.1e-130", "1e-129", "0.1", "1", "1.00001", "1.1", "9", "10",
            "99.5", "100", nines, "1e125", "\(nines)e88",
        ]
        let bytes = try ordered.map { try AttributeValue.number($0).orderedBytes }
        for (left, right) in zip(bytes, bytes.dropFirst()) { #expect(left.lexicographicallyPrecedes(right)) }
        for (one, other) in [("100", "1e2"), ("0", "-0.00"), ("-2.50", "-25e-1")] {
            #expect(try AttributeValue.number(one).orderedBytes == AttributeValue.number(other).orderedBytes)
        }
    }

    @Test("What begins so ends before the next bytes that do not")
    func prefixes() {
        #expect(SortKeyRange.beginsWith("ab").bytes.to == Array("ac".utf8))
        #expect(SortKeyRange.beginsWith(.binary([1, 255, 255])).bytes.to == [2])
        #expect(SortKeyRange.beginsWith(.binary([255, 255])).bytes.to == nil)
        #expect(SortKeyRange.beginsWith("").bytes.to == nil)
        #expect(SortKeyRange.all.bytes.from == [])
    }
}
