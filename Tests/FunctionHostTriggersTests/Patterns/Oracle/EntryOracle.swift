// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Whether one entry of a pattern accepts one leaf, straight from the tables of the reference.
enum EntryOracle {
    typealias Text = PlainJSON.Text

    static func accepts(_ entry: PlainJSON, _ value: PlainJSON) -> Bool {
        guard case .object(let members) = entry, let (key, argument) = members.first else {
            return literal(entry, equals: value)
        }
        let name = String(decoding: key, as: UTF16.self)
        switch name {
        case "exists": if case .word("true") = argument { return true } else { return false }
        case "anything-but": return !isExcepted(argument, value)
        case "numeric":
            guard case .number(let text) = value, case .list(let terms) = argument else { return false }
            return range(terms, holds: text)
        case "cidr":
            guard case .string(let text) = value, case .string(let block) = argument else { return false }
            return self.block(String(decoding: block, as: UTF16.self), holds: String(decoding: text, as: UTF16.self))
        default:
            guard case .string(let text) = value else { return false }
            return operation(name, argument, accepts: text)
        }
    }

    private static func operation(_ name: String, _ argument: PlainJSON, accepts text: Text) -> Bool {
        if case .object(let members) = argument, case .string(let own)? = members.first?.value {
            // A beginning or an end that ignores case: of any length that fits.
            return (0...text.count).contains { count in
                caseless(own, Array(name == "prefix" ? text.prefix(count) : text.suffix(count)))
            }
        }
        guard case .string(let own) = argument else { return false }
        switch name {
        case "exactly": return own == text
        case "prefix": return text.starts(with: own)
        case "suffix": return text.reversed().starts(with: own.reversed())
        case "equals-ignore-case": return caseless(own, text)
        case "wildcard": return wildcard(own[...], text[...])
        default: return false
        }
    }

    private static func literal(_ entry: PlainJSON, equals value: PlainJSON) -> Bool {
        switch (entry, value) {
        case (.string(let one), .string(let other)):
            if one == other { return true }
            guard let address = address(String(decoding: one, as: UTF16.self)) else { return false }
            return address == self.address(String(decoding: other, as: UTF16.self))
        case (.number(let one), .number(let other)):
            guard let number = comparable(one) else { return one == other }
            return number == comparable(other)
        case (.word(let one), .word(let other)): return one == other
        default: return false
        }
    }

    private static func isExcepted(_ argument: PlainJSON, _ value: PlainJSON) -> Bool {
        switch argument {
        case .list(let values): return values.contains { isExcepted($0, value) }
        case .string(let own): if case .string(let text) = value { return own == text } else { return false }
        case .number(let own):
            if case .number(let text) = value { return comparable(own) == comparable(text) && comparable(text) != nil }
            return false
        case .object(let members):
            guard case .string(let text) = value, let (key, inner) = members.first else { return false }
            let name = String(decoding: key, as: UTF16.self)
            guard case .list(let values) = inner else { return operation(name, inner, accepts: text) }
            return values.contains { operation(name, $0, accepts: text) }
        case .word: return false
        }
    }

    // MARK: Texts

    private static func caseless(_ own: Text, _ text: Text) -> Bool {
        guard let first = own.first else { return text.isEmpty }
        let isPair = own.count > 1 && UTF16.isLeadSurrogate(first) && UTF16.isTrailSurrogate(own[1])
        let character = Array(own.prefix(isPair ? 2 : 1))
        var forms = [character]
        // Half of a pair has no case.
        if isPair || !UTF16.isSurrogate(first),
            let scalar = String(decoding: character, as: UTF16.self).unicodeScalars.first
        {
            forms = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].map { Array($0.utf16) }
        }
        return forms.contains { form in
            text.starts(with: form)
                && caseless(Array(own.dropFirst(character.count)), Array(text.dropFirst(form.count)))
        }
    }

    private static func wildcard(_ own: ArraySlice<UInt16>, _ text: ArraySlice<UInt16>) -> Bool {
        guard let first = own.first else { return text.isEmpty }
        if first == 0x2A {
            return wildcard(own.dropFirst(), text) || !text.isEmpty && wildcard(own, text.dropFirst())
        }
        let length = first == 0x5C ? 2 : 1
        let literal = own[own.startIndex + length - 1]
        return text.first == literal && wildcard(own.dropFirst(length), text.dropFirst())
    }

    // MARK: Numbers

    /// The double, if its shortest text is the same decimal number.
    private static func comparable(_ text: String) -> Double? {
        guard let value = Double(text), value.isFinite, decimal(text) == decimal(value.description) else { return nil }
        return value == 0 ? 0 : value
    }

    /// Digits without zeros around them, and the power of ten of the last one.
    private static func decimal(_ text: String) -> String {
        let parts = text.lowercased().split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves = parts[0].split(separator: ".")
        if halves.count > 1 { exponent -= halves[1].count }
        var digits = halves.joined().drop { $0 == "-" || $0 == "0" }
        while digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        return digits.isEmpty ? "0" : "\(digits)e\(exponent)"
    }

    private static func range(_ terms: [PlainJSON], holds text: String) -> Bool {
        guard let value = comparable(text) else { return false }
        return stride(from: 0, to: terms.count, by: 2).allSatisfy { index in
            guard case .string(let sign) = terms[index], case .number(let own) = terms[index + 1],
                let bound = comparable(own)
            else { return false }
            switch String(decoding: sign, as: UTF16.self) {
            case "<": return value < bound
            case "<=": return value <= bound
            case ">": return value > bound
            case ">=": return value >= bound
            default: return value == bound
            }
        }
    }

    // MARK: Addresses

    /// An address as bits: 32 or 128 of them.
    private static func address(_ text: String) -> [Bool]? {
        func bits(_ number: Int, _ count: Int) -> [Bool] { (0..<count).reversed().map { number >> $0 & 1 == 1 } }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { "0123456789".contains($0) } }) {
            let numbers = parts.compactMap { Int($0) }
            return numbers.count == 4 && numbers.allSatisfy { $0 < 256 } ? numbers.flatMap { bits($0, 8) } : nil
        }
        func groups(_ text: Substring) -> [Int]? {
            if text.isEmpty { return [] }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { part -> Int? in
                guard (1...4).contains(part.count), !part.hasPrefix("+"), !part.hasPrefix("-") else { return nil }
                return Int(part, radix: 16)
            }
            return numbers.count == parts.count ? numbers : nil
        }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.contains(":"), let front = halves.first.flatMap(groups),
            let back = groups(halves.count > 1 ? halves[1] : "")
        else { return nil }
        let missing = 8 - front.count - back.count
        guard halves.count > 1 ? missing > 0 : missing == 0 else { return nil }
        let all = front + Array(repeating: 0, count: missing) + back
        let isMapped = all.prefix(5).allSatisfy { $0 == 0 } && all[5] == 0xFFFF
        return (isMapped ? Array(all.suffix(2)) : all).flatMap { bits($0, 16) }
    }

    private static func block(_ block: String, holds text: String) -> Bool {
        let parts = block.split(separator: "/")
        guard let own = address(String(parts[0])), let count = Int(parts[1]), let other = address(text) else {
            return false
        }
        return own.count == other.count && own.prefix(count) == other.prefix(count)
    }
}
