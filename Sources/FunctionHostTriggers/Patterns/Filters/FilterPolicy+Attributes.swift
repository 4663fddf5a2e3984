// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension FilterPolicy {
    /// Attributes as the event that a pattern is matched with.
    static func event(of attributes: [String: Attribute]) -> [UInt8] {
        var text = "{"
        for (name, attribute) in attributes {
            guard let value = json(of: attribute) else { continue }
            text += "\(text.utf8.count > 1 ? "," : "")\(JSONText.quoted(name)):\(value)"
        }
        return Array((text + "}").utf8)
    }

    /// Nil for one that policies do not see.
    private static func json(of attribute: Attribute) -> String? {
        switch attribute.kind {
        case .string: return JSONText.quoted(attribute.value)
        case .number:
            // What is not JSON is no number.
            guard let tape = try? JSONTape(Array(attribute.value.utf8), maximumDepth: 1), tape.values[0].kind == .number
            else { return JSONText.quoted(attribute.value) }
            return attribute.value
        case .list:
            guard let tape = try? JSONTape(Array(attribute.value.utf8), maximumDepth: 1), tape.values[0].kind == .list
            else { return nil }
            return attribute.value
        case .binary: return nil
        }
    }
}

/// Why a filter policy is none.
///
/// - Source: Amazon SNS answers `InvalidParameter` with this text.
public struct FilterPolicyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as SNS says it.
    public let reason: String
    /// Where in its text, if it is about a place.
    public let place: EventPatternError?

    init(_ reason: String) {
        self.reason = reason
        place = nil
    }

    init(_ error: EventPatternError) {
        reason = error.reason
        place = error
    }

    /// One sentence with the reason and the place.
    public var description: String {
        "Invalid parameter: FilterPolicy: \(reason)" + (place.map { " at line \($0.line), column \($0.column)" } ?? "")
    }
}
