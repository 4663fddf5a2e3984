// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One change of an item's attributes; an update makes several, all of them or none.
///
/// ```swift
/// try carts.update(key, [.add("visits", 1), .set("tags", .ifNotExists("tags", .value([])))])
/// ```
///
/// What it reads of the item is as it was before the update. Where there is no item, one with the key alone is made first.
///
/// - Source: DynamoDB Developer Guide, *Using update expressions in DynamoDB*.
public struct TableUpdate: Sendable {
    /// What an attribute is set to.
    public struct Value: Sendable {
        indirect enum Kind: Sendable {
            case value(AttributeValue)
            case path(AttributePath)
            case ifNotExists(AttributePath, Value)
            case sum(Value, Value)
            case difference(Value, Value)
            case appended(Value, Value)
        }

        let kind: Kind
        let count: Int

        private init(_ kind: Kind, count: Int = 1) {
            self.kind = kind
            self.count = count
        }

        /// A value that is given.
        public static func value(_ value: AttributeValue) -> Self { Self(.value(value)) }
        /// What is at a path, which must be there.
        public static func path(_ path: AttributePath) -> Self { Self(.path(path)) }
        /// What is at a path, or else something else.
        public static func ifNotExists(_ path: AttributePath, _ value: Self) -> Self {
            Self(.ifNotExists(path, value), count: value.count + 1)
        }
        /// The sum of two numbers, exact.
        public static func + (left: Self, right: Self) -> Self {
            Self(.sum(left, right), count: left.count + right.count + 1)
        }
        /// The difference of two numbers, exact.
        public static func - (left: Self, right: Self) -> Self {
            Self(.difference(left, right), count: left.count + right.count + 1)
        }
        /// Two lists, one behind the other.
        public static func append(_ list: Self, _ other: Self) -> Self {
            Self(.appended(list, other), count: list.count + other.count + 1)
        }
    }

    enum Action: Sendable {
        case set(Value)
        case remove
        case add(AttributeValue)
        case delete(AttributeValue)
    }

    let path: AttributePath
    let action: Action

    /// Sets what is at the path. What is around it must be there; behind the end of a list it is appended.
    public static func set(_ path: AttributePath, _ value: Value) -> Self { Self(path: path, action: .set(value)) }

    /// Sets what is at the path to a value.
    public static func set(_ path: AttributePath, to value: AttributeValue) -> Self { set(path, .value(value)) }

    /// Takes away what is at the path, if it is there.
    public static func remove(_ path: AttributePath) -> Self { Self(path: path, action: .remove) }

    /// Adds a number to the one at the path, or elements to the set; where nothing is, this is what will be.
    public static func add(_ path: AttributePath, _ value: AttributeValue) -> Self {
        Self(path: path, action: .add(value))
    }

    /// Takes elements out of the set at the path; a set that has none left goes.
    public static func delete(_ path: AttributePath, _ elements: AttributeValue) -> Self {
        Self(path: path, action: .delete(elements))
    }

    fileprivate var count: Int {
        if case .set(let value) = action { return value.count }
        return 1
    }
}

extension [TableUpdate] {
    /// Refuses what makes no sense whatever the item is.
    ///
    /// - Parameter isKey: Whether an attribute is part of the key.
    /// - Throws: ``TableError`` as `invalidExpression`.
    func check(isKey: (String) -> Bool) throws(TableError) {
        let count = reduce(0) { $0 + $1.count }
        guard (1...TableCondition.operatorLimit).contains(count) else {
            throw TableError(
                .invalidExpression,
                reason: "an update of \(count) actions and operators: from 1 to \(TableCondition.operatorLimit)")
        }
        for update in self {
            guard !isKey(update.path.attribute) else {
                throw TableError(
                    .invalidExpression, reason: "an update may not change the key: delete the item and put it")
            }
            try update.checkOperand()
        }
        // In order, what one path is part of comes right before it, or before others of that kind.
        let paths = map(\.path.steps).sorted { $0.lexicographicallyPrecedes($1, by: AttributePath.Step.isLess) }
        for (path, next) in zip(paths, paths.dropFirst()) where next.starts(with: path) {
            throw TableError(
                .invalidExpression, reason: "two actions have paths that are the same, or one in the other")
        }
    }
}

extension AttributePath.Step {
    /// Names by their bytes, then places.
    static func isLess(_ left: Self, _ right: Self) -> Bool {
        switch (left, right) {
        case (.name(let left), .name(let right)): TextOrder.isLess(left, right)
        case (.index(let left), .index(let right)): left < right
        case (.name, .index): true
        case (.index, .name): false
        }
    }
}

extension TableUpdate {
    fileprivate func checkOperand() throws(TableError) {
        let kinds: Set<AttributeValue.Kind> = [.stringSet, .numberSet, .binarySet]
        switch action {
        case .set, .remove: return
        case .add(let value):
            guard kinds.contains(value.kind) || value.kind == .number else {
                throw TableError(.invalidExpression, reason: "add takes a number or a set")
            }
        case .delete(let value):
            guard kinds.contains(value.kind) else {
                throw TableError(.invalidExpression, reason: "delete takes a set")
            }
        }
    }
}
