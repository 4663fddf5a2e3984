// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension TableCondition {
    /// Reads a condition as DynamoDB has them in text.
    ///
    /// ```swift
    /// let isOpen = try TableCondition(
    ///     "attribute_exists(id) AND #total < :limit", names: ["#total": "total"], values: [":limit": 100])
    /// ```
    ///
    /// Unlike there, words that are reserved may be names.
    ///
    /// - Parameters:
    ///   - expression: The text, up to 4,096 bytes.
    ///   - names: What placeholders stand for that begin with `#`; each must be used.
    ///   - values: What placeholders stand for that begin with `:`; each must be used.
    /// - Throws: ``TableError`` as `invalidExpression`, with the place.
    /// - Source: DynamoDB Developer Guide, *Condition and filter expressions, operators, and functions*.
    public init(
        _ expression: String, names: [String: String] = [:], values: [String: AttributeValue] = [:]
    ) throws(TableError) {
        guard expression.utf8.count <= 4_096 else {
            throw TableError(.invalidExpression, reason: "an expression of \(expression.utf8.count) bytes: up to 4,096")
        }
        var parser = try ConditionParser(expression, names: names, values: values)
        self = try parser.condition()
        try check()
    }
}

/// Reads conditions by descending from what binds least: OR, AND, NOT, comparisons.
private struct ConditionParser {
    private var scan: ExpressionScan
    private let names: [String: String]
    private let values: [String: AttributeValue]
    private var used: Set<String> = []
    private var depth = 0

    init(_ text: String, names: [String: String], values: [String: AttributeValue]) throws(TableError) {
        scan = try ExpressionScan(text)
        self.names = names
        self.values = values
    }

    mutating func condition() throws(TableError) -> TableCondition {
        let condition = try disjunction()
        guard scan.token == .end else { throw scan.fault("the end, AND or OR is expected") }
        guard used.count == names.count + values.count else {
            throw TableError(.invalidExpression, reason: "a placeholder is given and not used")
        }
        return condition
    }

    private mutating func disjunction() throws(TableError) -> TableCondition {
        var condition = try conjunction()
        while try scan.passes(keyword: "OR") { condition = try condition || conjunction() }
        return condition
    }

    private mutating func conjunction() throws(TableError) -> TableCondition {
        var condition = try negation()
        while try scan.passes(keyword: "AND") { condition = try condition && negation() }
        return condition
    }

    private mutating func negation() throws(TableError) -> TableCondition {
        // Each level is a few calls, and a task's stack is small.
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw scan.fault("the expression nests deeper than 50 levels") }
        if try scan.passes(keyword: "NOT") { return try !negation() }
        guard scan.token == .sign("(") else { return try comparison() }
        try scan.advance()
        let condition = try disjunction()
        try scan.pass(")")
        return condition
    }

    private mutating func comparison() throws(TableError) -> TableCondition {
        if case .word(let name) = scan.token, let function = ConditionFunction(rawValue: name) {
            var next = scan
            try next.advance()
            if next.token == .sign("(") {
                scan = next
                return try call(function)
            }
        }
        let left = try operand()
        if try scan.passes(keyword: "BETWEEN") {
            let low = try operand()
            guard try scan.passes(keyword: "AND") else { throw scan.fault("AND is expected") }
            return .between(left, low, try operand())
        }
        if try scan.passes(keyword: "IN") { return .among(left, try operands()) }
        guard case .sign(let sign) = scan.token, let comparison = TableCondition.Comparison(rawValue: sign) else {
            throw scan.fault("a comparison, BETWEEN or IN is expected")
        }
        try scan.advance()
        return .compare(left, comparison, try operand())
    }

    private mutating func call(_ function: ConditionFunction) throws(TableError) -> TableCondition {
        try scan.pass("(")
        switch function {
        case .exists, .notExists:
            let path = try path()
            try scan.pass(")")
            return function == .exists ? .exists(path) : .notExists(path)
        case .type:
            let path = try path()
            try scan.pass(",")
            guard case .value(.string(let name)) = try operand().kind, let kind = AttributeValue.Kind(rawValue: name)
            else {
                throw scan.fault("a placeholder for the name of a type, such as SS, is expected")
            }
            try scan.pass(")")
            return .type(path, is: kind)
        case .beginsWith, .contains:
            let left = try operand()
            try scan.pass(",")
            let right = try operand()
            try scan.pass(")")
            return TableCondition(function == .contains ? .contains(left, right) : .beginsWith(left, right))
        }
    }

    private mutating func operands() throws(TableError) -> [TableCondition.Operand] {
        try scan.pass("(")
        var operands = [try operand()]
        while scan.token == .sign(",") {
            try scan.advance()
            operands.append(try operand())
        }
        try scan.pass(")")
        return operands
    }

    private mutating func operand() throws(TableError) -> TableCondition.Operand {
        if case .valuePlaceholder(let name) = scan.token {
            guard let value = values[name] else { throw scan.fault("no value is given for the placeholder") }
            used.insert(name)
            try scan.advance()
            return .value(value)
        }
        if scan.token == .word("size") {
            var next = scan
            try next.advance()
            if next.token == .sign("(") {
                scan = next
                try scan.pass("(")
                let path = try path()
                try scan.pass(")")
                return .size(path)
            }
        }
        return .path(try path())
    }

    private mutating func path() throws(TableError) -> AttributePath {
        var path = AttributePath(name: try name())
        while case .sign(let sign) = scan.token, sign == "." || sign == "[" {
            try scan.advance()
            if sign == "." {
                path = path.member(try name())
                continue
            }
            guard case .number(let index) = scan.token else { throw scan.fault("a place in a list is expected") }
            try scan.advance()
            try scan.pass("]")
            path = path.element(index)
        }
        return path
    }

    private mutating func name() throws(TableError) -> String {
        let token = scan.token
        let name: String
        switch token {
        case .word(let word): name = word
        case .namePlaceholder(let placeholder):
            guard let given = names[placeholder] else { throw scan.fault("no name is given for the placeholder") }
            used.insert(placeholder)
            name = given
        case .valuePlaceholder, .number, .sign, .end: throw scan.fault("an attribute's name is expected")
        }
        try scan.advance()
        return name
    }
}

/// Functions that are conditions.
private enum ConditionFunction: String {
    case exists = "attribute_exists"
    case notExists = "attribute_not_exists"
    case type = "attribute_type"
    case beginsWith = "begins_with"
    case contains
}
