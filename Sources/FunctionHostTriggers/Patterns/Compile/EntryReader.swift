// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Reads the entries of a pattern's lists: what is equal to it, or an operator with its argument.
struct EntryReader {
    let tape: JSONTape
    let dialect: PatternDialect

    func entry(_ index: Int) throws(PatternFault) -> PatternEntry {
        let value = tape.values[index]
        switch value.kind {
        case .string(let text):
            if let address = text.withUnsafeBufferPointer(IPAddress.init) { return .address(address) }
            return .text(.equal(text))
        case .number: return try number(index).map(PatternEntry.number) ?? .numberText(Array(tape.text(of: index)))
        case .word(let word): return .word(word)
        case .list: throw fault("Match value must be String, number, true, false, or null", index)
        case .object:
            let argument = try onlyMember(of: index)
            return try operation(name(argument), argument)
        }
    }

    private func fault(_ reason: String, _ index: Int) -> PatternFault {
        PatternFault(reason, at: tape.values[index].range.lowerBound)
    }

    private func name(_ index: Int) -> String { String(decoding: tape.values[index].key ?? [], as: UTF8.self) }

    private func onlyMember(of index: Int) throws(PatternFault) -> Int {
        let members = tape.children(of: index)
        guard let first = members.first else { throw fault("Empty objects are not allowed", index) }
        if members.count > 1 {
            throw PatternFault("Only one key allowed in match expression", at: tape.values[members[1]].keyOffset)
        }
        return first
    }

    private func operation(_ name: String, _ argument: Int) throws(PatternFault) -> PatternEntry {
        guard dialect.operators.contains(name) else {
            throw PatternFault("Unrecognized match type \(name)", at: tape.values[argument].keyOffset)
        }
        switch name {
        case "exactly": return .text(.equal(try text(argument, of: name)))
        case "prefix", "suffix": return .text(try end(name, argument))
        case "equals-ignore-case": return .text(.caselessEqual(CaselessText(try text(argument, of: name))))
        case "wildcard": return .text(.wildcard(try wildcard(try text(argument, of: name), argument)))
        case "anything-but": return try anythingBut(argument)
        case "numeric": return try numeric(argument)
        case "cidr": return .block(try block(argument))
        default: return try exists(argument)
        }
    }

    private func text(_ argument: Int, of name: String) throws(PatternFault) -> [UInt8] {
        guard case .string(let text) = tape.values[argument].kind else {
            throw fault("\(name) match pattern must be a string", argument)
        }
        return text
    }

    private func end(_ name: String, _ argument: Int) throws(PatternFault) -> TextTest {
        guard dialect.hasCaselessEnds, case .object = tape.values[argument].kind else {
            let text = try text(argument, of: name)
            return name == "prefix" ? .prefix(text) : .suffix(text)
        }
        let inner = try onlyMember(of: argument)
        guard self.name(inner) == "equals-ignore-case" else {
            throw PatternFault("Unsupported \(name) pattern: \(self.name(inner))", at: tape.values[inner].keyOffset)
        }
        let text = CaselessText(try text(inner, of: "equals-ignore-case"))
        return name == "prefix" ? .caselessPrefix(text) : .caselessSuffix(text)
    }

    private func wildcard(_ text: [UInt8], _ argument: Int) throws(PatternFault) -> WildcardText {
        do {
            return try WildcardText(text)
        } catch {
            throw fault(error.reason, argument)
        }
    }

    private func block(_ argument: Int) throws(PatternFault) -> AddressBlock {
        let text = try text(argument, of: "cidr")
        do {
            return try AddressBlock(text)
        } catch {
            throw fault(error.reason, argument)
        }
    }

    private func exists(_ argument: Int) throws(PatternFault) -> PatternEntry {
        switch tape.values[argument].kind {
        case .word(.yes): return .present
        case .word(.no): return .absent
        default: throw fault("exists match pattern must be either true or false.", argument)
        }
    }
}

// MARK: Numbers

extension EntryReader {
    /// Nil for one that cannot be compared.
    fileprivate func number(_ index: Int) throws(PatternFault) -> Double? {
        let text = tape.text(of: index)
        let value = text.withUnsafeBufferPointer(ComparableNumber.value)
        guard let limits = dialect.numbers else { return value }
        let decimals = text.firstIndex(of: UInt8(ascii: ".")).map { text.endIndex - $0 - 1 } ?? 0
        guard let value, abs(value) <= limits.magnitude, decimals <= limits.decimals else {
            throw fault("Value must be between -1e9 and 1e9, with \(limits.decimals) decimals at most", index)
        }
        return value
    }

    private func comparable(_ index: Int) throws(PatternFault) -> Double {
        guard let value = try number(index) else {
            throw fault("Cannot compare number : \(String(decoding: tape.text(of: index), as: UTF8.self))", index)
        }
        return value
    }

    fileprivate func numeric(_ argument: Int) throws(PatternFault) -> PatternEntry {
        guard case .list = tape.values[argument].kind else {
            throw fault("Value of numeric must be an array.", argument)
        }
        let terms = tape.children(of: argument)
        guard !terms.isEmpty else { throw fault("Invalid member in numeric match: ]", argument) }
        let first = try bound(terms[...], isFirst: true)
        let rest = terms.dropFirst(2)
        if first.sign == "=", rest.isEmpty { return .number(first.value) }
        var range = NumberRange()
        range.set(first)
        guard let next = rest.first else { return .range(range) }
        guard first.sign.hasPrefix(">") else { throw fault("Too many terms in numeric range expression", next) }
        let second = try bound(rest, isFirst: false)
        guard rest.count == 2 else {
            throw fault("Too many terms in numeric range expression", rest[rest.startIndex + 2])
        }
        guard first.value < second.value else { throw fault("Bottom must be less than top", next) }
        range.set(second)
        return .range(range)
    }

    /// A sign and the number after it.
    private func bound(
        _ terms: ArraySlice<Int>, isFirst: Bool
    ) throws(PatternFault) -> (sign: String, value: Double) {
        let term = terms[terms.startIndex]
        guard case .string(let text) = tape.values[term].kind else {
            throw fault("Invalid member in numeric match", term)
        }
        let sign = String(decoding: text, as: UTF8.self)
        guard (isFirst ? ["=", "<", "<=", ">", ">="] : ["<", "<="]).contains(sign) else {
            throw fault("\(isFirst ? "Unrecognized" : "Bad") numeric range operator: \(sign)", term)
        }
        guard let number = terms.dropFirst().first, case .number = tape.values[number].kind else {
            throw fault("Value of \(sign) must be numeric", term)
        }
        return (sign, try comparable(number))
    }
}

extension NumberRange {
    fileprivate mutating func set(_ bound: (sign: String, value: Double)) {
        let isInclusive = bound.sign.hasSuffix("=")
        if bound.sign.hasPrefix(">") {
            (low, includesLow) = (bound.value, isInclusive)
        } else {
            (high, includesHigh) = (bound.value, isInclusive)
        }
    }
}

// MARK: anything-but

extension EntryReader {
    fileprivate func anythingBut(_ argument: Int) throws(PatternFault) -> PatternEntry {
        switch tape.values[argument].kind {
        case .string(let text): return .butTexts([.equal(text)])
        case .number: return .butNumbers([try comparable(argument)])
        case .word: throw fault("Value of anything-but must be an array or single string/number value.", argument)
        case .object:
            let inner = try onlyMember(of: argument)
            return .butTexts(try innerTests(name(inner), inner))
        case .list: return try anythingBut(list: argument)
        }
    }

    private func anythingBut(list: Int) throws(PatternFault) -> PatternEntry {
        var texts: [TextTest] = []
        var numbers: [Double] = []
        for child in tape.children(of: list) {
            switch tape.values[child].kind {
            case .string(let text): texts.append(.equal(text))
            case .number: numbers.append(try comparable(child))
            case .word, .object, .list:
                throw fault("Inside anything but list, start|null|boolean is not supported.", child)
            }
        }
        guard texts.isEmpty != numbers.isEmpty else {
            throw fault(
                "Inside anything but list, either all values are number or string, mixed type is not supported", list)
        }
        return texts.isEmpty ? .butNumbers(numbers) : .butTexts(texts)
    }

    private func innerTests(_ name: String, _ argument: Int) throws(PatternFault) -> [TextTest] {
        guard dialect.innerOperators.contains(name) else {
            throw PatternFault("Unsupported anything-but pattern: \(name)", at: tape.values[argument].keyOffset)
        }
        guard case .list = tape.values[argument].kind else { return [try innerTest(name, argument)] }
        let children = tape.children(of: argument)
        guard !children.isEmpty else { throw fault("Empty arrays are not allowed", argument) }
        var tests: [TextTest] = []
        for child in children { tests.append(try innerTest(name, child)) }
        return tests
    }

    private func innerTest(_ name: String, _ argument: Int) throws(PatternFault) -> TextTest {
        let text = try text(argument, of: name)
        switch name {
        case "equals-ignore-case": return .caselessEqual(CaselessText(text))
        case "wildcard": return .wildcard(try wildcard(text, argument))
        default:
            guard !text.isEmpty else { throw fault("Null prefix/suffix not allowed", argument) }
            return name == "prefix" ? .prefix(text) : .suffix(text)
        }
    }
}
