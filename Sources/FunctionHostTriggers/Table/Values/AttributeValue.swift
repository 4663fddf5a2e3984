// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The value of an attribute, of one of DynamoDB's ten types.
///
/// - Source: DynamoDB Developer Guide, *Supported data types and naming rules*.
public enum AttributeValue: Sendable {
    /// Text (`S`); may be empty, except in keys.
    case string(String)
    /// A number (`N`).
    case number(TableNumber)
    /// Bytes (`B`); may be empty, except in keys.
    case binary([UInt8])
    /// Yes or no (`BOOL`).
    case bool(Bool)
    /// Nothing (`NULL`), which is not the same as no attribute.
    case null
    /// Values by name (`M`).
    case map(AttributeMap)
    /// Values in order (`L`), of any types.
    case list([AttributeValue])
    /// Texts without order, each once, one at least (`SS`).
    case stringSet([String])
    /// Numbers without order, each once, one at least (`NS`).
    case numberSet([TableNumber])
    /// Byte strings without order, each once, one at least (`BS`).
    case binarySet([[UInt8]])

    /// A type of values.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Text.
        case string = "S"
        /// A number.
        case number = "N"
        /// Bytes.
        case binary = "B"
        /// Yes or no.
        case bool = "BOOL"
        /// Nothing.
        case null = "NULL"
        /// Values by name.
        case map = "M"
        /// Values in order.
        case list = "L"
        /// A set of texts.
        case stringSet = "SS"
        /// A set of numbers.
        case numberSet = "NS"
        /// A set of byte strings.
        case binarySet = "BS"
    }

    /// Its type.
    public var kind: Kind {
        switch self {
        case .string: .string
        case .number: .number
        case .binary: .binary
        case .bool: .bool
        case .null: .null
        case .map: .map
        case .list: .list
        case .stringSet: .stringSet
        case .numberSet: .numberSet
        case .binarySet: .binarySet
        }
    }

    /// The number that `text` is.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    public static func number(_ text: String) throws(TableError) -> Self { .number(try TableNumber(text)) }

    /// Whether this comes before another of the same type, which has an order: text and bytes by their bytes, numbers by what
    /// they are worth; nil for others.
    func isLess(than other: Self) -> Bool? {
        switch (self, other) {
        case (.string(let left), .string(let right)): TextOrder.isLess(left, right)
        case (.number(let left), .number(let right)): left < right
        case (.binary(let left), .binary(let right)): left.lexicographicallyPrecedes(right)
        default: nil
        }
    }
}

extension AttributeValue: Hashable {
    /// Whether they are of the same type and the same value; sets in whatever order.
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): TextOrder.isEqual(left, right)
        case (.number(let left), .number(let right)): left == right
        case (.binary(let left), .binary(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        case (.map(let left), .map(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.stringSet(let left), .stringSet(let right)):
            left.count == right.count
                && zip(left.sorted(by: TextOrder.isLess), right.sorted(by: TextOrder.isLess))
                    .allSatisfy(TextOrder.isEqual)
        case (.numberSet(let left), .numberSet(let right)): left.sorted() == right.sorted()
        case (.binarySet(let left), .binarySet(let right)):
            left.sorted { $0.lexicographicallyPrecedes($1) } == right.sorted { $0.lexicographicallyPrecedes($1) }
        default: false
        }
    }

    /// Hashes type and value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        switch self {
        case .string(let text): Self.hash(text, into: &hasher)
        case .number(let number): hasher.combine(number)
        case .binary(let bytes): hasher.combine(bytes)
        case .bool(let value): hasher.combine(value)
        case .null: break
        case .map(let map): hasher.combine(map)
        case .list(let values): hasher.combine(values)
        case .stringSet(let texts): for text in texts.sorted(by: TextOrder.isLess) { Self.hash(text, into: &hasher) }
        case .numberSet(let numbers): hasher.combine(numbers.sorted())
        case .binarySet(let values): hasher.combine(values.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }

    /// By its bytes, as it is compared.
    static func hash(_ text: String, into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(TableNumber(integerLiteral: value)) }
    /// A number, of the shortest digits that tell it from others.
    public init(floatLiteral value: Double) {
        guard let number = try? TableNumber("\(value)") else {
            preconditionFailure("\(value) is out of the range of numbers in tables")
        }
        self = .number(number)
    }
    /// Yes or no.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    public init(arrayLiteral elements: AttributeValue...) { self = .list(elements) }
    /// A map.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) { self = .map(AttributeMap(elements)) }
}
