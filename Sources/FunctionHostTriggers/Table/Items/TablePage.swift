// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Items that were found, in order.
public struct TablePage: Sendable {
    /// No more than the limit, and of about a megabyte at most.
    public let items: [AttributeMap]
    /// The key to start after for those that are left; nil if there are none.
    public let next: AttributeMap?

    package init(items: [AttributeMap], next: AttributeMap?) {
        self.items = items
        self.next = next
    }

    /// What a page holds at most, in bytes as DynamoDB counts, unless its only item is larger.
    package static let byteLimit = 1 << 20
}

/// Which items of a partition are wanted, by their sort keys.
public struct SortKeyRange: Sendable {
    enum Kind: Sendable {
        case all
        case range(from: Bound?, to: Bound?)
        case prefix(AttributeValue)
    }

    struct Bound: Sendable {
        let value: AttributeValue
        let isIncluded: Bool
    }

    let kind: Kind

    /// All of them.
    public static var all: Self { Self(kind: .all) }
    /// The one of this sort key.
    public static func equal(_ value: AttributeValue) -> Self { between(value, value) }
    /// Those before it.
    public static func less(_ value: AttributeValue) -> Self { to(value, false) }
    /// Those not after it.
    public static func atMost(_ value: AttributeValue) -> Self { to(value, true) }
    /// Those after it.
    public static func greater(_ value: AttributeValue) -> Self { from(value, false) }
    /// Those not before it.
    public static func atLeast(_ value: AttributeValue) -> Self { from(value, true) }
    /// Those not before one and not after another.
    public static func between(_ low: AttributeValue, _ high: AttributeValue) -> Self {
        Self(kind: .range(from: Bound(value: low, isIncluded: true), to: Bound(value: high, isIncluded: true)))
    }
    /// Those that begin so; texts and bytes only.
    public static func beginsWith(_ start: AttributeValue) -> Self { Self(kind: .prefix(start)) }

    private static func to(_ value: AttributeValue, _ isIncluded: Bool) -> Self {
        Self(kind: .range(from: nil, to: Bound(value: value, isIncluded: isIncluded)))
    }

    private static func from(_ value: AttributeValue, _ isIncluded: Bool) -> Self {
        Self(kind: .range(from: Bound(value: value, isIncluded: isIncluded), to: nil))
    }

    /// - Parameter attribute: The table's sort key.
    /// - Throws: ``TableError`` as `invalidKey`.
    package func check(_ attribute: TableKeyAttribute?) throws(TableError) {
        let values: [AttributeValue]
        switch kind {
        case .all: return
        case .range(let from, let to):
            values = [from, to].compactMap { $0?.value }
            if let from, let to, to.value.isLess(than: from.value) ?? false {
                throw TableError(.invalidKey, reason: "a range has a lower bound above the upper one")
            }
        case .prefix(let start):
            values = [start]
            guard start.kind != .number else {
                throw TableError(.invalidKey, reason: "a number begins with nothing: give a range")
            }
        }
        guard let attribute, values.allSatisfy({ $0.kind == attribute.kind }) else {
            throw TableError(
                .invalidKey, reason: "the range of a sort key is of another type, or the table has no sort key")
        }
    }

    /// Whether a sort key is before the range.
    func isBefore(_ sort: AttributeValue?) -> Bool {
        guard let sort else { return false }
        switch kind {
        case .all, .range(nil, _): return false
        case .range(let from?, _):
            return sort.isLess(than: from.value) ?? false || !from.isIncluded && sort == from.value
        case .prefix(let start): return sort.isLess(than: start) ?? false
        }
    }

    /// Whether a sort key is behind the range.
    func isBehind(_ sort: AttributeValue?) -> Bool {
        guard let sort else { return false }
        switch kind {
        case .all, .range(_, nil): return false
        case .range(_, let to?):
            return to.value.isLess(than: sort) ?? false || !to.isIncluded && sort == to.value
        case .prefix(let start): return !(sort.isLess(than: start) ?? false) && !sort.begins(with: start)
        }
    }
}

extension AttributeValue {
    fileprivate func begins(with start: Self) -> Bool {
        switch (self, start) {
        case (.string(let text), .string(let start)): text.utf8.starts(with: start.utf8)
        case (.binary(let bytes), .binary(let start)): bytes.starts(with: start)
        default: false
        }
    }
}
