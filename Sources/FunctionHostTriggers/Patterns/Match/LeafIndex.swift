// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// From a leaf of an event to the conditions that it fulfils: one look into a table for all exact values of a path, one for each
/// length of beginnings and ends, and one after the other for what is neither.
final class LeafIndex: Sendable {
    /// A condition that is fulfilled, if a text passes the test.
    struct Candidate: Sendable {
        let condition: Int32
        /// Below zero for none.
        var test: Int32 = -1
    }

    /// Ends or beginnings of texts that are looked up.
    struct Ends: Sendable {
        var table = ByteTable([:])
        /// For each path, the lengths there are.
        var lengths: [[Int]] = []
    }

    /// What texts are looked up in, as they are or in lower case.
    struct Texts: Sendable {
        var equal = ByteTable([:])
        var prefixes = Ends()
        var suffixes = Ends()
    }

    struct RangeCandidate: Sendable {
        let range: NumberRange
        let condition: Int32
    }

    struct BlockCandidate: Sendable {
        let block: AddressBlock
        let condition: Int32
    }

    struct ExceptTexts: Sendable {
        let tests: [TextTest]
        let condition: Int32
    }

    struct ExceptNumbers: Sendable {
        let numbers: [Double]
        let condition: Int32
    }

    /// What a path has, beside what is in the tables.
    struct Path: Sendable {
        var hasTexts = false
        var hasCaselessTexts = false
        var hasAddresses = false
        var hasNumbers = false
        /// Whether some condition is fulfilled by there being no leaf.
        var hasAbsence = false
        var tested: [Candidate] = []
        var present: [Int32] = []
        var null: [Int32] = []
        var yes: [Int32] = []
        var no: [Int32] = []
        /// In the order of their low bounds.
        var ranges: [RangeCandidate] = []
        var blocks: [BlockCandidate] = []
        var exceptTexts: [ExceptTexts] = []
        var exceptNumbers: [ExceptNumbers] = []
    }

    /// A path is read where it is, without copying its lists.
    final class PathBox: Sendable {
        let path: Path

        init(_ path: Path) { self.path = path }
    }

    /// All of it, as it is built.
    struct Parts: Sendable {
        var paths: [Path] = []
        var texts = Texts()
        var caselessTexts = Texts()
        var addresses = ByteTable([:])
        var numbers = ByteTable([:])
        var numberTexts = ByteTable([:])
        /// What the tables' values stand for.
        var candidates: [[Candidate]] = []
        var tests: [TextTest] = []
    }

    private let paths: [PathBox]
    private let parts: Parts

    init(_ parts: Parts) {
        paths = parts.paths.map(PathBox.init)
        self.parts = parts
    }

    /// Whether some condition on the path is fulfilled by there being no leaf.
    @inline(__always)
    func hasAbsence(_ path: Int32) -> Bool { paths[Int(path)].path.hasAbsence }
}

extension LeafIndex {
    /// Adds what a string fulfils.
    func find(_ text: UnsafeBufferPointer<UInt8>, at path: Int32, in frame: Int32, _ hits: inout HitList) {
        let own = paths[Int(path)]
        if own.path.hasTexts { find(text, text, in: parts.texts, path, frame, &hits) }
        if own.path.hasCaselessTexts {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, text.count)) { lower in
                for index in 0..<text.count { lower.initializeElement(at: index, to: ASCII.lowercased(text[index])) }
                let lower = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(lower)[..<text.count])
                find(lower, text, in: parts.caselessTexts, path, frame, &hits)
            }
        }
        if own.path.hasAddresses, let address = IPAddress(text) { find(address, at: path, own, in: frame, &hits) }
        add(own.path.tested, text, frame, &hits)
        for except in own.path.exceptTexts where !except.tests.contains(where: { $0.accepts(text) }) {
            hits.add(except.condition, frame: frame)
        }
        for except in own.path.exceptNumbers { hits.add(except.condition, frame: frame) }
        for condition in own.path.present { hits.add(condition, frame: frame) }
    }

    /// Adds what a number fulfils.
    func find(number text: UnsafeBufferPointer<UInt8>, at path: Int32, in frame: Int32, _ hits: inout HitList) {
        let own = paths[Int(path)]
        if own.path.hasNumbers {
            let number = ComparableNumber.value(of: text)
            if let number {
                let value = withUnsafeBytes(of: number.bitPattern) { bits in
                    bits.withMemoryRebound(to: UInt8.self) { parts.numbers.value(path, $0) }
                }
                add(value, text, frame, &hits)
                for range in own.path.ranges {
                    if range.range.low > number { break }
                    if range.range.contains(number) { hits.add(range.condition, frame: frame) }
                }
            } else {
                add(parts.numberTexts.value(path, text), text, frame, &hits)
            }
            for except in own.path.exceptNumbers {
                if let number, except.numbers.contains(number) { continue }
                hits.add(except.condition, frame: frame)
            }
        }
        for except in own.path.exceptTexts { hits.add(except.condition, frame: frame) }
        for condition in own.path.present { hits.add(condition, frame: frame) }
    }

    /// Adds what true, false or null fulfils.
    func find(_ word: JSONWord, at path: Int32, in frame: Int32, _ hits: inout HitList) {
        let own = paths[Int(path)]
        let equal =
            switch word {
            case .null: own.path.null
            case .yes: own.path.yes
            case .no: own.path.no
            }
        for condition in equal { hits.add(condition, frame: frame) }
        for except in own.path.exceptTexts { hits.add(except.condition, frame: frame) }
        for except in own.path.exceptNumbers { hits.add(except.condition, frame: frame) }
        for condition in own.path.present { hits.add(condition, frame: frame) }
    }

    /// Looks `key` up; what is found and has a test is tested with `text`.
    private func find(
        _ key: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>, in texts: Texts, _ path: Int32,
        _ frame: Int32, _ hits: inout HitList
    ) {
        add(texts.equal.value(path, key), text, frame, &hits)
        for length in texts.prefixes.lengths[Int(path)] {
            if length > key.count { break }
            let start = UnsafeBufferPointer(rebasing: key[..<length])
            add(texts.prefixes.table.value(path, start), text, frame, &hits)
        }
        for length in texts.suffixes.lengths[Int(path)] {
            if length > key.count { break }
            let end = UnsafeBufferPointer(rebasing: key[(key.count - length)...])
            add(texts.suffixes.table.value(path, end), text, frame, &hits)
        }
    }

    private func find(_ address: IPAddress, at path: Int32, _ own: PathBox, in frame: Int32, _ hits: inout HitList) {
        let value = address.bytes.withUnsafeBufferPointer { parts.addresses.value(path, $0) }
        if value >= 0 { for candidate in parts.candidates[Int(value)] { hits.add(candidate.condition, frame: frame) } }
        for block in own.path.blocks where block.block.contains(address) { hits.add(block.condition, frame: frame) }
    }

    /// Adds the candidates behind a table's value, if there is one.
    @inline(__always)
    private func add(_ value: Int32, _ text: UnsafeBufferPointer<UInt8>, _ frame: Int32, _ hits: inout HitList) {
        if value >= 0 { add(parts.candidates[Int(value)], text, frame, &hits) }
    }

    @inline(__always)
    private func add(
        _ candidates: [Candidate], _ text: UnsafeBufferPointer<UInt8>, _ frame: Int32, _ hits: inout HitList
    ) {
        for candidate in candidates where candidate.test < 0 || parts.tests[Int(candidate.test)].accepts(text) {
            hits.add(candidate.condition, frame: frame)
        }
    }
}

extension IPAddress {
    /// As a table's key.
    var bytes: [UInt8] {
        var bytes: [UInt8] = [isIPv4 ? 4 : 6]
        withUnsafeBytes(of: high) { bytes += $0 }
        withUnsafeBytes(of: low) { bytes += $0 }
        return bytes
    }
}
