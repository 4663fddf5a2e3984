// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension [TableUpdate] {
    /// The item that an update makes of another; it must have been checked.
    ///
    /// - Throws: ``TableError`` as `invalidExpression` if the item is not such that this can be done, or `invalidValue`.
    func applied(to old: AttributeMap) throws(TableError) -> AttributeMap {
        var item = old
        // In the order of places, so that of what is appended to a list the first comes first; and backwards what is taken away,
        // so that no place is another one by then.
        for update in sortedByPlace() {
            switch update.action {
            case .set(let value):
                let new = try value.value(in: old)
                try item.change(at: update.path) { $0 = new }
            case .add(let value):
                try item.change(at: update.path) { current throws(TableError) in
                    current = try current.map { current throws(TableError) in try current.adding(value) } ?? value
                }
            case .delete, .remove: break
            }
        }
        for update in sortedByPlace().reversed() {
            switch update.action {
            case .remove: try item.change(at: update.path) { $0 = nil }
            case .delete(let elements):
                try item.change(at: update.path) { current throws(TableError) in
                    guard let value = current else { return }
                    current = try value.deleting(elements)
                }
            case .set, .add: break
            }
        }
        return item
    }

    private func sortedByPlace() -> Self {
        sorted { $0.path.steps.lexicographicallyPrecedes($1.path.steps, by: AttributePath.Step.isLess) }
    }
}

extension TableUpdate.Value {
    fileprivate func value(in item: AttributeMap) throws(TableError) -> AttributeValue {
        switch kind {
        case .value(let value): return value
        case .path(let path):
            guard let value = item.value(at: path) else {
                throw TableError(.invalidExpression, reason: "an update reads an attribute that the item does not have")
            }
            return value
        case .ifNotExists(let path, let other):
            guard let value = item.value(at: path) else { return try other.value(in: item) }
            return value
        case .sum(let left, let right):
            let (first, second) = try Self.numbers(left, right, item)
            return .number(try first.adding(second))
        case .difference(let left, let right):
            let (first, second) = try Self.numbers(left, right, item)
            return .number(try first.subtracting(second))
        case .appended(let left, let right):
            guard case .list(let first) = try left.value(in: item), case .list(let second) = try right.value(in: item)
            else { throw TableError(.invalidExpression, reason: "append takes lists") }
            return .list(first + second)
        }
    }

    private static func numbers(
        _ left: Self, _ right: Self, _ item: AttributeMap
    ) throws(TableError) -> (TableNumber, TableNumber) {
        guard case .number(let first) = try left.value(in: item), case .number(let second) = try right.value(in: item)
        else { throw TableError(.invalidExpression, reason: "+ and - take numbers") }
        return (first, second)
    }
}

extension AttributeMap {
    /// Changes what is at a path; what is around it must be there.
    fileprivate mutating func change(
        at path: AttributePath, _ body: (inout AttributeValue?) throws(TableError) -> Void
    ) throws(TableError) {
        try change(path.attribute, path.steps.dropFirst(), body)
    }

    fileprivate mutating func change(
        _ name: String, _ rest: ArraySlice<AttributePath.Step>,
        _ body: (inout AttributeValue?) throws(TableError) -> Void
    ) throws(TableError) {
        guard rest.isEmpty else {
            let isThere = try change(name) { value throws(TableError) in try value.change(rest, body) }
            guard isThere else { throw AttributeValue.noSuchPath }
            return
        }
        var value = self[name]
        try body(&value)
        self[name] = value
    }
}

extension AttributeValue {
    fileprivate static let noSuchPath = TableError(
        .invalidExpression, reason: "an update has a path into what the item does not have, or has of another type")

    fileprivate mutating func change(
        _ steps: ArraySlice<AttributePath.Step>, _ body: (inout AttributeValue?) throws(TableError) -> Void
    ) throws(TableError) {
        let rest = steps.dropFirst()
        switch (steps[steps.startIndex], self) {
        case (.name(let name), .map(var map)):
            // So that the map is changed where it is, and not copied.
            self = .null
            try map.change(name, rest, body)
            self = .map(map)
        case (.index(let index), .list(var values)):
            self = .null
            try Self.change(&values, index, rest, body)
            self = .list(values)
        default: throw Self.noSuchPath
        }
    }

    private static func change(
        _ values: inout [AttributeValue], _ index: Int, _ rest: ArraySlice<AttributePath.Step>,
        _ body: (inout AttributeValue?) throws(TableError) -> Void
    ) throws(TableError) {
        guard rest.isEmpty else {
            guard index < values.count else { throw noSuchPath }
            return try values[index].change(rest, body)
        }
        var value: AttributeValue? = index < values.count ? values[index] : nil
        try body(&value)
        switch (value, index < values.count) {
        case (let value?, true): values[index] = value
        case (let value?, false): values.append(value)
        case (nil, true): values.remove(at: index)
        case (nil, false): break
        }
    }

    /// The sum of two numbers, or the union of two sets.
    fileprivate func adding(_ other: Self) throws(TableError) -> Self {
        switch (self, other) {
        case (.number(let number), .number(let other)): return .number(try number.adding(other))
        case (.stringSet(let texts), .stringSet(let others)):
            let there = Set(texts.map(UTF8Text.init))
            return .stringSet(texts + others.filter { !there.contains(UTF8Text($0)) })
        case (.numberSet(let numbers), .numberSet(let others)):
            let there = Set(numbers)
            return .numberSet(numbers + others.filter { !there.contains($0) })
        case (.binarySet(let values), .binarySet(let others)):
            let there = Set(values)
            return .binarySet(values + others.filter { !there.contains($0) })
        default: throw TableError(.invalidExpression, reason: "add has a value of another type than the attribute")
        }
    }

    /// A set without some of its elements; nil if it has none left.
    fileprivate func deleting(_ elements: Self) throws(TableError) -> Self? {
        switch (self, elements) {
        case (.stringSet(let texts), .stringSet(let others)):
            let gone = Set(others.map(UTF8Text.init))
            let left = texts.filter { !gone.contains(UTF8Text($0)) }
            return left.isEmpty ? nil : .stringSet(left)
        case (.numberSet(let numbers), .numberSet(let others)):
            let left = numbers.filter { [gone = Set(others)] in !gone.contains($0) }
            return left.isEmpty ? nil : .numberSet(left)
        case (.binarySet(let values), .binarySet(let others)):
            let left = values.filter { [gone = Set(others)] in !gone.contains($0) }
            return left.isEmpty ? nil : .binarySet(left)
        default: throw TableError(.invalidExpression, reason: "delete has a set of another type than the attribute")
        }
    }
}

/// A text whose equality is that of its bytes.
private struct UTF8Text: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Self, right: Self) -> Bool { TextOrder.isEqual(left.text, right.text) }
    func hash(into hasher: inout Hasher) { AttributeValue.hash(text, into: &hasher) }
}
