// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Puts conditions into a ``LeafIndex``.
struct LeafIndexBuilder {
    private typealias Key = ByteTable.Key

    /// A table to be, with the lengths of its keys for each path.
    private struct Draft {
        var values: [Key: Int32] = [:]
        var lengths: [Set<Int>]

        init(paths: Int) { lengths = Array(repeating: [], count: paths) }

        var ends: LeafIndex.Ends { .init(table: ByteTable(values), lengths: lengths.map { $0.sorted() }) }
    }

    private struct TextDraft {
        var equal: Draft
        var prefixes: Draft
        var suffixes: Draft

        init(paths: Int) {
            equal = Draft(paths: paths)
            prefixes = equal
            suffixes = equal
        }

        var texts: LeafIndex.Texts {
            .init(equal: ByteTable(equal.values), prefixes: prefixes.ends, suffixes: suffixes.ends)
        }
    }

    private var index = LeafIndex.Parts()
    private var texts: TextDraft
    private var caseless: TextDraft
    private var addresses: Draft
    private var numbers: Draft
    private var numberTexts: Draft

    /// - Parameter conditions: A condition's number is its index.
    static func index(of conditions: [PathCondition], paths: Int) -> LeafIndex {
        var builder = LeafIndexBuilder(paths: paths)
        for (number, condition) in conditions.enumerated() {
            for entry in condition.entries { builder.add(entry, to: Int(condition.path), Int32(number)) }
        }
        return builder.finished()
    }

    private init(paths: Int) {
        index.paths = Array(repeating: .init(), count: paths)
        texts = TextDraft(paths: paths)
        caseless = texts
        addresses = Draft(paths: paths)
        numbers = addresses
        numberTexts = addresses
    }

    private consuming func finished() -> LeafIndex {
        index.texts = texts.texts
        index.caselessTexts = caseless.texts
        index.addresses = ByteTable(addresses.values)
        index.numbers = ByteTable(numbers.values)
        index.numberTexts = ByteTable(numberTexts.values)
        for path in index.paths.indices { index.paths[path].ranges.sort { $0.range.low < $1.range.low } }
        return LeafIndex(index)
    }

    private mutating func add(_ entry: PatternEntry, to path: Int, _ condition: Int32) {
        switch entry {
        case .text(let test): add(test, to: path, condition)
        case .address(let address):
            index.paths[path].hasAddresses = true
            add(condition, to: \.addresses, path, address.bytes)
        case .block(let block):
            index.paths[path].hasAddresses = true
            index.paths[path].blocks.append(.init(block: block, condition: condition))
        case .number(let number):
            index.paths[path].hasNumbers = true
            add(condition, to: \.numbers, path, withUnsafeBytes(of: number.bitPattern) { Array($0) })
        case .numberText(let text):
            index.paths[path].hasNumbers = true
            add(condition, to: \.numberTexts, path, text)
        case .range(let range):
            index.paths[path].hasNumbers = true
            index.paths[path].ranges.append(.init(range: range, condition: condition))
        case .word(.null): index.paths[path].null.append(condition)
        case .word(.yes): index.paths[path].yes.append(condition)
        case .word(.no): index.paths[path].no.append(condition)
        case .present: index.paths[path].present.append(condition)
        case .absent: index.paths[path].hasAbsence = true
        case .butTexts(let tests): index.paths[path].exceptTexts.append(.init(tests: tests, condition: condition))
        case .butNumbers(let numbers):
            index.paths[path].hasNumbers = true
            index.paths[path].exceptNumbers.append(.init(numbers: numbers, condition: condition))
        }
    }

    private mutating func add(_ test: TextTest, to path: Int, _ condition: Int32) {
        switch test {
        case .equal(let text): add(condition, toTexts: \.texts.equal, path, text)
        case .prefix(let text): add(condition, toTexts: \.texts.prefixes, path, text)
        case .suffix(let text): add(condition, toTexts: \.texts.suffixes, path, text)
        case .caselessEqual(let text): add(condition, toCaseless: \.caseless.equal, path, text.asciiLowercase, test)
        case .caselessPrefix(let text): add(condition, toCaseless: \.caseless.prefixes, path, text.asciiLowercase, test)
        case .caselessSuffix(let text): add(condition, toCaseless: \.caseless.suffixes, path, text.asciiLowercase, test)
        case .wildcard(let wildcard):
            // What it begins or ends with is looked up, so that few texts are left to be tested.
            if !wildcard.head.isEmpty {
                add(condition, toTexts: \.texts.prefixes, path, wildcard.head, test)
            } else if !wildcard.tail.isEmpty {
                add(condition, toTexts: \.texts.suffixes, path, wildcard.tail, test)
            } else {
                addTested(test, to: path, condition)
            }
        }
    }

    private mutating func add(
        _ condition: Int32, toTexts draft: WritableKeyPath<Self, Draft>, _ path: Int, _ text: [UInt8],
        _ test: TextTest? = nil
    ) {
        index.paths[path].hasTexts = true
        add(condition, to: draft, path, text, test)
    }

    /// Only texts in ASCII have one form in lower case that is theirs alone; others are tested one by one.
    private mutating func add(
        _ condition: Int32, toCaseless draft: WritableKeyPath<Self, Draft>, _ path: Int, _ lower: [UInt8]?,
        _ test: TextTest
    ) {
        guard let lower else { return addTested(test, to: path, condition) }
        index.paths[path].hasCaselessTexts = true
        add(condition, to: draft, path, lower)
    }

    private mutating func addTested(_ test: TextTest, to path: Int, _ condition: Int32) {
        index.paths[path].tested.append(.init(condition: condition, test: number(of: test)))
    }

    private mutating func number(of test: TextTest) -> Int32 {
        index.tests.append(test)
        return Int32(index.tests.count - 1)
    }

    private mutating func add(
        _ condition: Int32, to draft: WritableKeyPath<Self, Draft>, _ path: Int, _ bytes: [UInt8],
        _ test: TextTest? = nil
    ) {
        let key = Key(tag: Int32(path), bytes: bytes)
        self[keyPath: draft].lengths[path].insert(bytes.count)
        let candidate = LeafIndex.Candidate(condition: condition, test: test.map { number(of: $0) } ?? -1)
        if let value = self[keyPath: draft].values[key] {
            index.candidates[Int(value)].append(candidate)
        } else {
            self[keyPath: draft].values[key] = Int32(index.candidates.count)
            index.candidates.append([candidate])
        }
    }
}
