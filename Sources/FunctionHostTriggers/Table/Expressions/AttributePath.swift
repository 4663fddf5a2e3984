// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where in an item a value is: an attribute's name, then names in maps and places in lists, such as `cart.lines[2].total`.
///
/// - Source: DynamoDB Developer Guide, *Document paths*.
public struct AttributePath: Sendable, Hashable, CustomStringConvertible {
    enum Step: Sendable, Hashable {
        case name(String)
        case index(Int)

        static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.name(let left), .name(let right)): TextOrder.isEqual(left, right)
            case (.index(let left), .index(let right)): left == right
            default: false
            }
        }

        func hash(into hasher: inout Hasher) {
            switch self {
            case .name(let name): AttributeValue.hash(name, into: &hasher)
            case .index(let index): hasher.combine(index)
            }
        }
    }

    /// The first one is a name.
    private(set) var steps: [Step]

    /// The attribute of a name, whatever characters it has.
    public init(name: String) { steps = [.name(name)] }

    /// Reads a path: names with points between them, places in lists in brackets.
    ///
    /// - Throws: ``TableError`` as `invalidExpression`.
    public init(_ text: some StringProtocol) throws(TableError) {
        steps = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty, !name.contains("]") else { throw Self.malformed }
            steps.append(.name(String(name)))
            for piece in pieces.dropFirst() {
                guard piece.last == "]", let index = UInt32(piece.dropLast()), piece.first != "+" else {
                    throw Self.malformed
                }
                steps.append(.index(Int(index)))
            }
        }
        guard !steps.isEmpty, steps.count <= ValueSurvey.depthLimit + 1 else { throw Self.malformed }
    }

    private static let malformed = TableError(
        .invalidExpression,
        reason: "a path is names with points between them and places in brackets, such as a.b[0], 33 steps at most")

    /// The value of a name in the map that is here.
    public func member(_ name: String) -> Self { with(.name(name)) }

    /// The value at a place, from 0, of the list that is here.
    public func element(_ index: Int) -> Self {
        precondition(index >= 0, "places in a list are counted from 0")
        return with(.index(index))
    }

    private func with(_ step: Step) -> Self {
        var path = self
        path.steps.append(step)
        return path
    }

    /// The attribute's name.
    var attribute: String {
        guard case .name(let name) = steps[0] else { preconditionFailure("a path begins with a name") }
        return name
    }

    /// As it is read.
    public var description: String {
        steps.enumerated().reduce(into: "") { text, step in
            switch step.element {
            case .name(let name): text += step.offset == 0 ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

extension AttributePath: ExpressibleByStringLiteral {
    /// The path that is written; one that is none is a programmer's error.
    public init(stringLiteral value: String) {
        guard let path = try? Self(value) else { preconditionFailure("“\(value)” is no path such as a.b[0]") }
        self = path
    }
}

extension AttributeMap {
    /// The value at a path; nil if there is none.
    func value(at path: AttributePath) -> AttributeValue? {
        var value = self[path.attribute]
        for step in path.steps.dropFirst() {
            switch (step, value) {
            case (.name(let name), .map(let map)): value = map[name]
            case (.index(let index), .list(let values)): value = index < values.count ? values[index] : nil
            default: return nil
            }
        }
        return value
    }
}
