// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension TableCondition {
    /// Whether it holds of an item; it must have been checked.
    func holds(of item: AttributeMap) -> Bool { Self.holds(node, item) }

    private static func holds(_ node: Node, _ item: AttributeMap) -> Bool {
        switch node {
        case .exists(let path): item.value(at: path) != nil
        case .notExists(let path): item.value(at: path) == nil
        case .type(let path, let kind): item.value(at: path)?.kind == kind
        case .beginsWith(let operand, let start): begins(operand.value(in: item), with: start.value(in: item))
        case .contains(let operand, let part): contains(operand.value(in: item), part.value(in: item))
        case .compare(let left, let comparison, let right):
            comparison.holds(left.value(in: item), right.value(in: item))
        case .between(let operand, let low, let high): isBetween(operand, low, high, item)
        case .among(let operand, let operands):
            operand.value(in: item).map { value in operands.contains { $0.value(in: item) == value } } ?? false
        case .and(let left, let right): holds(left, item) && holds(right, item)
        case .or(let left, let right): holds(left, item) || holds(right, item)
        case .not(let node): !holds(node, item)
        }
    }

    private static func isBetween(_ operand: Operand, _ low: Operand, _ high: Operand, _ item: AttributeMap) -> Bool {
        let value = operand.value(in: item)
        return Comparison.atLeast.holds(value, low.value(in: item))
            && Comparison.atMost.holds(value, high.value(in: item))
    }

    private static func begins(_ value: AttributeValue?, with start: AttributeValue?) -> Bool {
        switch (value, start) {
        case (.string(let text), .string(let start)): text.utf8.starts(with: start.utf8)
        case (.binary(let bytes), .binary(let start)): bytes.starts(with: start)
        default: false
        }
    }

    private static func contains(_ value: AttributeValue?, _ part: AttributeValue?) -> Bool {
        guard let value, let part else { return false }
        switch (value, part) {
        case (.string(let text), .string(let part)): return TextOrder.contains(text.utf8, part.utf8)
        case (.binary(let bytes), .binary(let part)): return TextOrder.contains(bytes, part)
        case (.stringSet(let texts), .string(let text)): return texts.contains { TextOrder.isEqual($0, text) }
        case (.numberSet(let numbers), .number(let number)): return numbers.contains(number)
        case (.binarySet(let values), .binary(let bytes)): return values.contains(bytes)
        case (.list(let values), _): return values.contains(part)
        default: return false
        }
    }
}

extension TableCondition.Operand {
    /// What it is in an item; nil if it is not there.
    func value(in item: AttributeMap) -> AttributeValue? {
        switch kind {
        case .value(let value): value
        case .path(let path): item.value(at: path)
        case .size(let path):
            item.value(at: path)?.elementCount.flatMap { try? TableNumber($0) }.map(AttributeValue.number)
        }
    }
}

extension AttributeValue {
    /// How many characters, bytes or elements it has; nil for types that have none.
    fileprivate var elementCount: Int? {
        switch self {
        case .string(let text): text.unicodeScalars.count
        case .binary(let bytes): bytes.count
        case .map(let map): map.count
        case .list(let values): values.count
        case .stringSet(let texts): texts.count
        case .numberSet(let numbers): numbers.count
        case .binarySet(let values): values.count
        case .number, .bool, .null: nil
        }
    }
}

extension TableCondition.Comparison {
    /// Whether two values compare so; nil for one that is not there.
    func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
        guard let left, let right else { return self == .notEqual }
        return switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left.isLess(than: right) ?? false
        case .greater: right.isLess(than: left) ?? false
        case .atMost: right.isLess(than: left).map { !$0 } ?? false
        case .atLeast: left.isLess(than: right).map { !$0 } ?? false
        }
    }
}
