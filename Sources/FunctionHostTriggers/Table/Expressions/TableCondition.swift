// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What must hold of an item as it is, or nothing is written.
///
/// ```swift
/// try carts.put(cart, if: .notExists("id") || .compare("total", .less, 100))
/// ```
///
/// Where there is no item, it has no attributes.
///
/// - Source: DynamoDB Developer Guide, *Condition and filter expressions, operators, and functions*.
public struct TableCondition: Sendable {
    /// What is compared.
    public struct Operand: Sendable {
        enum Kind: Sendable {
            case value(AttributeValue), path(AttributePath), size(AttributePath)
        }

        let kind: Kind

        /// A value that is given.
        public static func value(_ value: AttributeValue) -> Self { Self(kind: .value(value)) }
        /// What is at a path.
        public static func path(_ path: AttributePath) -> Self { Self(kind: .path(path)) }
        /// How large what is at a path is: characters (Unicode scalars) of text, bytes, elements of sets, lists and maps.
        public static func size(_ path: AttributePath) -> Self { Self(kind: .size(path)) }
    }

    /// How two values are compared.
    public enum Comparison: String, Sendable, CaseIterable {
        /// Of the same type and the same value.
        case equal = "="
        /// Of other types or values, or not there.
        case notEqual = "<>"
        /// Of the same type and before it: texts, numbers and bytes.
        case less = "<"
        /// Of the same type and not after it.
        case atMost = "<="
        /// Of the same type and after it.
        case greater = ">"
        /// Of the same type and not before it.
        case atLeast = ">="
    }

    indirect enum Node: Sendable {
        case exists(AttributePath)
        case notExists(AttributePath)
        case type(AttributePath, AttributeValue.Kind)
        case beginsWith(Operand, Operand)
        case contains(Operand, Operand)
        case compare(Operand, Comparison, Operand)
        case between(Operand, Operand, Operand)
        case among(Operand, [Operand])
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
    }

    /// As many as an expression of DynamoDB may have.
    static let operatorLimit = 300

    let node: Node
    /// How many operators and functions it has.
    let count: Int

    init(_ node: Node, count: Int = 1) {
        self.node = node
        self.count = count
    }

    /// There is a value at the path.
    public static func exists(_ path: AttributePath) -> Self { Self(.exists(path)) }

    /// There is no value at the path.
    public static func notExists(_ path: AttributePath) -> Self { Self(.notExists(path)) }

    /// What is at the path is of a type.
    public static func type(_ path: AttributePath, is kind: AttributeValue.Kind) -> Self { Self(.type(path, kind)) }

    /// The text or the bytes at the path begin so.
    public static func beginsWith(_ path: AttributePath, _ value: AttributeValue) -> Self {
        Self(.beginsWith(.path(path), .value(value)))
    }

    /// The text or the bytes at the path have these among them, or the set or list has this element.
    public static func contains(_ path: AttributePath, _ value: AttributeValue) -> Self {
        Self(.contains(.path(path), .value(value)))
    }

    /// What is at the path compares so with a value.
    public static func compare(_ path: AttributePath, _ comparison: Comparison, _ value: AttributeValue) -> Self {
        compare(.path(path), comparison, .value(value))
    }

    /// Two things compare so.
    public static func compare(_ left: Operand, _ comparison: Comparison, _ right: Operand) -> Self {
        Self(.compare(left, comparison, right))
    }

    /// Something is not before one and not after another, all of the same type.
    public static func between(_ operand: Operand, _ low: Operand, _ high: Operand) -> Self {
        Self(.between(operand, low, high))
    }

    /// Something is equal to one of these, 1 to 100.
    public static func among(_ operand: Operand, _ operands: [Operand]) -> Self { Self(.among(operand, operands)) }

    /// Both hold.
    public static func && (left: Self, right: Self) -> Self {
        Self(.and(left.node, right.node), count: left.count + right.count + 1)
    }

    /// One holds, or both.
    public static func || (left: Self, right: Self) -> Self {
        Self(.or(left.node, right.node), count: left.count + right.count + 1)
    }

    /// It does not hold.
    public static prefix func ! (condition: Self) -> Self { Self(.not(condition.node), count: condition.count + 1) }
}
