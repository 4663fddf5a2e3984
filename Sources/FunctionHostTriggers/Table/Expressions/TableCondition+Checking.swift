// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension TableCondition {
    /// Refuses what makes no sense whatever the item is.
    ///
    /// - Throws: ``TableError`` as `invalidExpression`.
    func check() throws(TableError) {
        // First, since what is nested more deeply is not to be gone through.
        guard count <= Self.operatorLimit else {
            throw Self.fault("\(count) operators and functions: up to \(Self.operatorLimit)")
        }
        try Self.check(node)
    }

    private static func check(_ node: Node) throws(TableError) {
        switch node {
        case .exists, .notExists, .type, .compare(_, .equal, _), .compare(_, .notEqual, _): break
        case .contains(_, let part): try checkContains(part)
        case .beginsWith(let operand, let start):
            for operand in [operand, start] {
                guard operand.givenKind.map({ [.string, .binary].contains($0) }) ?? true else {
                    throw fault("beginsWith takes texts or bytes")
                }
            }
        case .compare(let left, _, let right):
            try checkOrder(left)
            try checkOrder(right)
        case .between(let operand, let low, let high): try checkBetween(operand, low, high)
        case .among(_, let operands):
            guard (1...100).contains(operands.count) else {
                throw fault("among takes from 1 to 100 operands, not \(operands.count)")
            }
        case .and(let left, let right), .or(let left, let right):
            try check(left)
            try check(right)
        case .not(let node): try check(node)
        }
    }

    private static func checkContains(_ part: Operand) throws(TableError) {
        if case .value(.map) = part.kind { return }
        guard part.givenKind.map({ ![.stringSet, .numberSet, .binarySet].contains($0) }) ?? true else {
            throw fault("contains takes one element, not a set")
        }
    }

    private static func checkBetween(_ operand: Operand, _ low: Operand, _ high: Operand) throws(TableError) {
        for operand in [operand, low, high] { try checkOrder(operand) }
        guard let kind = low.givenKind, let other = high.givenKind else { return }
        guard kind == other else { throw fault("between has bounds of different types") }
        if case .value(let low) = low.kind, case .value(let high) = high.kind, high.isLess(than: low) ?? false {
            throw fault("between has a lower bound above the upper one")
        }
    }

    private static func checkOrder(_ operand: Operand) throws(TableError) {
        guard operand.givenKind.map({ [.string, .number, .binary].contains($0) }) ?? true else {
            throw fault("only texts, numbers and bytes have an order")
        }
    }

    private static func fault(_ reason: String) -> TableError { TableError(.invalidExpression, reason: reason) }
}

extension TableCondition.Operand {
    /// Of which type it is, whatever the item is; nil where that depends on it.
    fileprivate var givenKind: AttributeValue.Kind? {
        switch kind {
        case .value(let value): value.kind
        case .path: nil
        case .size: .number
        }
    }
}
