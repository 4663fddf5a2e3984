// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One entry of a pattern's list: what a leaf of an event may be.
enum PatternEntry: Hashable, Sendable {
    case text(TextTest)
    case address(IPAddress)
    case block(AddressBlock)
    case number(Double)
    /// A number that no double stands for: only the same text is equal to it.
    case numberText([UInt8])
    case range(NumberRange)
    case word(JSONWord)
    /// Any leaf.
    case present
    /// No leaf; the only entry that is not about one.
    case absent
    /// Any leaf but a string that passes one of these.
    case butTexts([TextTest])
    /// Any leaf but one of these numbers.
    case butNumbers([Double])
}

/// What the text of a string may be.
enum TextTest: Hashable, Sendable {
    case equal([UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    case caselessEqual(CaselessText)
    case caselessPrefix(CaselessText)
    case caselessSuffix(CaselessText)
    case wildcard(WildcardText)

    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .equal(let own): own.count == text.count && text.begins(with: own)
        case .prefix(let own): text.begins(with: own)
        case .suffix(let own): text.ends(with: own)
        case .caselessEqual(let own): own.end(in: text) == text.count
        case .caselessPrefix(let own): own.end(in: text) != nil
        case .caselessSuffix(let own): own.isEnd(of: text)
        case .wildcard(let own): own.accepts(text)
        }
    }
}

/// Numbers between two bounds, of which there may be only one.
struct NumberRange: Hashable, Sendable {
    var low = -Double.infinity
    var includesLow = false
    var high = Double.infinity
    var includesHigh = false

    @inline(__always)
    func contains(_ number: Double) -> Bool {
        (includesLow ? number >= low : number > low) && (includesHigh ? number <= high : number < high)
    }
}

extension UnsafeBufferPointer<UInt8> {
    func begins(with other: [UInt8]) -> Bool { holds(other, at: 0) }

    func ends(with other: [UInt8]) -> Bool { holds(other, at: count - other.count) }

    func holds(_ other: [UInt8], at start: Int) -> Bool {
        guard start >= 0, start + other.count <= count else { return false }
        return other.withUnsafeBufferPointer { other in
            for index in 0..<other.count where self[start + index] != other[index] { return false }
            return true
        }
    }
}
