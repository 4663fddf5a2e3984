// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Looks over values before they are kept: how large they are, as DynamoDB counts, and whether they can be.
///
/// - Source: DynamoDB Developer Guide, *DynamoDB item sizes and formats*; *Quotas*, nested attribute depth.
struct ValueSurvey {
    static let depthLimit = 32
    static let itemSizeLimit = 400 << 10
    /// Of an attribute's name.
    static let nameLimit = 65_535

    private(set) var size = 0
    /// Whether a set is not in the order in which sets are kept.
    private(set) var needsSorting = false

    /// Adds an item's attributes.
    mutating func add(_ item: AttributeMap) throws(TableError) {
        for (name, value) in item {
            try add(name: name)
            try add(value, depth: 0)
        }
    }

    private mutating func add(name: String) throws(TableError) {
        guard (1...Self.nameLimit).contains(name.utf8.count) else {
            throw TableError(
                .invalidValue, reason: "an attribute's name has \(name.utf8.count) bytes: from 1 to 65,535")
        }
        size += name.utf8.count
    }

    private mutating func add(_ value: AttributeValue, depth: Int) throws(TableError) {
        switch value {
        case .string(let text): size += text.utf8.count
        case .number(let number): size += number.size
        case .binary(let bytes): size += bytes.count
        case .bool, .null: size += 1
        case .map(let map):
            try begin(depth, count: map.count)
            for (name, value) in map {
                try add(name: name)
                try add(value, depth: depth + 1)
            }
        case .list(let values):
            try begin(depth, count: values.count)
            for value in values { try add(value, depth: depth + 1) }
        case .stringSet(let texts): try add(texts, by: TextOrder.isLess) { $0.utf8.count }
        case .numberSet(let numbers): try add(numbers, by: <) { $0.size }
        case .binarySet(let values): try add(values, by: { $0.lexicographicallyPrecedes($1) }) { $0.count }
        }
    }

    private mutating func begin(_ depth: Int, count: Int) throws(TableError) {
        guard depth < Self.depthLimit else {
            throw TableError(.invalidValue, reason: "a value nests deeper than \(Self.depthLimit) levels")
        }
        size += 3 + count
    }

    private mutating func add<Element>(
        _ elements: [Element], by isLess: (Element, Element) -> Bool, size: (Element) -> Int
    ) throws(TableError) {
        guard !elements.isEmpty else {
            throw TableError(.invalidValue, reason: "a set is empty: it must have an element, or not be there")
        }
        for element in elements { self.size += size(element) }
        guard zip(elements, elements.dropFirst()).allSatisfy({ isLess($0, $1) }) else {
            needsSorting = true
            let sorted = elements.sorted(by: isLess)
            guard zip(sorted, sorted.dropFirst()).allSatisfy({ isLess($0, $1) }) else {
                throw TableError(.invalidValue, reason: "a set has an element twice")
            }
            return
        }
    }
}

extension AttributeMap {
    /// The item as it is kept, its sets in order, and its size.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    func surveyed() throws(TableError) -> (item: AttributeMap, size: Int) {
        var survey = ValueSurvey()
        try survey.add(self)
        guard survey.size <= ValueSurvey.itemSizeLimit else {
            throw TableError(
                .invalidValue,
                reason: "an item of \(survey.size) bytes, names included: up to \(ValueSurvey.itemSizeLimit)")
        }
        return (survey.needsSorting ? sorted : self, survey.size)
    }

    /// With the elements of sets in order, on all levels.
    private var sorted: Self { Self(map { ($0.name, $0.value.sorted) }) }
}

extension AttributeValue {
    /// With the elements of sets in order, on all levels.
    fileprivate var sorted: Self {
        switch self {
        case .map(let map): .map(AttributeMap(map.map { ($0.name, $0.value.sorted) }))
        case .list(let values): .list(values.map(\.sorted))
        case .stringSet(let texts): .stringSet(texts.sorted(by: TextOrder.isLess))
        case .numberSet(let numbers): .numberSet(numbers.sorted())
        case .binarySet(let values): .binarySet(values.sorted { $0.lexicographicallyPrecedes($1) })
        case .string, .number, .binary, .bool, .null: self
        }
    }
}
