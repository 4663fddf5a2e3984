// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why a text is no schedule expression.
public struct ScheduleExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text; cut off after the longest that an expression can be.
    public let expression: String
    /// Where it goes wrong, in bytes of UTF-8 from the beginning.
    public let position: Int
    /// The field it concerns, such as `day-of-week`; nil where it is about the whole.
    public let field: String?
    /// What is wrong, and what can be written instead.
    public let reason: String

    /// Expression, place and reason in one line.
    public var description: String {
        let place = field.map { ", \($0)" } ?? ""
        return "schedule \(expression.debugDescription), character \(position + 1)\(place): \(reason)"
    }
}

/// An error on its way out of the parser, which knows the place and not the whole text.
struct ScheduleFault: Error {
    var position: Int
    var field: String?
    var reason: String

    init(at position: Int, in field: String? = nil, _ reason: String) {
        self.position = position
        self.field = field
        self.reason = reason
    }
}
