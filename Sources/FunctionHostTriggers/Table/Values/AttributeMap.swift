// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Attributes by name: an item, a key, or a map in an item.
///
/// ```swift
/// let item: AttributeMap = ["id": "c1", "total": 12.5, "tags": .stringSet(["a", "b"])]
/// ```
///
/// They are in the order of their names' UTF-8, whatever the order in which they came; two names are the same if their bytes are.
public struct AttributeMap: Sendable, Hashable {
    private struct Entry: Sendable {
        var name: String
        var value: AttributeValue
    }

    private var entries: ContiguousArray<Entry> = []

    /// No attributes.
    public init() {}

    /// Attributes, of those with the same name the last one.
    ///
    /// - Complexity: O(*n* log *n*), O(*n*) if they are in order.
    public init(_ attributes: some Sequence<(String, AttributeValue)>) {
        entries = ContiguousArray(attributes.map { Entry(name: $0.0, value: $0.1) })
        guard !zip(entries, entries.dropFirst()).allSatisfy({ TextOrder.isLess($0.name, $1.name) }) else { return }
        // The sort keeps the order of equal ones: the last one is the last.
        entries.sort { TextOrder.isLess($0.name, $1.name) }
        let isLast = entries.indices.map { index in
            index + 1 == entries.count || !TextOrder.isEqual(entries[index].name, entries[index + 1].name)
        }
        entries = ContiguousArray(zip(entries, isLast).filter(\.1).map(\.0))
    }

    /// The attribute of a name; nil if there is none.
    public subscript(name: String) -> AttributeValue? {
        get {
            let place = place(of: name)
            return isName(name, at: place) ? entries[place].value : nil
        }
        set {
            let place = place(of: name)
            switch (newValue, isName(name, at: place)) {
            case (let value?, true): entries[place].value = value
            case (let value?, false): entries.insert(Entry(name: name, value: value), at: place)
            case (nil, true): entries.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Changes a value where it is; false if there is none of this name.
    mutating func change<Failure: Error>(
        _ name: String, _ body: (inout AttributeValue) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        let place = place(of: name)
        guard isName(name, at: place) else { return false }
        try body(&entries[place].value)
        return true
    }

    /// Where a name is, or belongs.
    private func place(of name: String) -> Int {
        // Mostly they come in order.
        guard let last = entries.last, !TextOrder.isLess(last.name, name) else { return entries.count }
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if TextOrder.isLess(entries[middle].name, name) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isName(_ name: String, at place: Int) -> Bool {
        place < entries.count && TextOrder.isEqual(entries[place].name, name)
    }

    /// Whether they have the same attributes.
    public static func == (left: Self, right: Self) -> Bool {
        left.entries.count == right.entries.count
            && zip(left.entries, right.entries).allSatisfy {
                TextOrder.isEqual($0.name, $1.name) && $0.value == $1.value
            }
    }

    /// Hashes names and values.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(entries.count)
        for entry in entries {
            AttributeValue.hash(entry.name, into: &hasher)
            hasher.combine(entry.value)
        }
    }
}

extension AttributeMap: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { entries.count }

    /// The attribute that so many names come before.
    public subscript(index: Int) -> (name: String, value: AttributeValue) {
        (entries[index].name, entries[index].value)
    }
}

extension AttributeMap: ExpressibleByDictionaryLiteral {
    /// These attributes, of those with the same name the last one.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) { self.init(elements) }
}
