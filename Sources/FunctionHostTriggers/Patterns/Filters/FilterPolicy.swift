// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which messages of a topic a subscriber gets: a filter policy of Amazon SNS.
///
/// ```swift
/// let policy = try FilterPolicy(#"{"store": ["north"], "price": [{"numeric": ["<", 10]}]}"#)
/// let isForUs = try policy.passes(attributes: ["store": .string("north"), "price": .number("7.5")], body: [])
/// ```
///
/// - Source: Amazon SNS Developer Guide, *Amazon SNS subscription filter policies*.
public struct FilterPolicy: Sendable {
    /// What of a message a policy is about.
    public struct Scope: Hashable, Sendable, CustomStringConvertible {
        /// The scope as SNS writes it.
        public let description: String

        /// The attributes, which is the default. A policy has no nested fields then.
        public static let messageAttributes = Self(description: "MessageAttributes")
        /// The body, which must be a JSON object to pass.
        public static let messageBody = Self(description: "MessageBody")
    }

    /// A message's attribute, as far as policies can see it.
    public struct Attribute: Hashable, Sendable {
        enum Kind: Hashable { case string, number, list, binary }
        let kind: Kind
        let value: String

        /// Text.
        public static func string(_ value: String) -> Self { Self(kind: .string, value: value) }
        /// A number as JSON writes it; what is none is compared as text.
        public static func number(_ value: String) -> Self { Self(kind: .number, value: value) }
        /// A JSON list of strings, numbers, true, false and null, of which any may match; anything else is ignored.
        public static func stringArray(_ json: String) -> Self { Self(kind: .list, value: json) }
        /// Bytes, which no policy sees.
        public static let binary = Self(kind: .binary, value: "")
    }

    /// How many bytes a policy may have: 256 KiB.
    public static let maximumSize = 256 * 1_024
    /// How many keys a policy may have: 5; of nested ones the outermost count.
    public static let maximumKeys = 5
    /// How many combinations of values a policy may have: 150.
    public static let maximumCombinations = 150

    /// What it is about.
    public let scope: Scope
    /// Nil for one that everything passes.
    private let pattern: EventPattern?

    /// Reads a policy.
    ///
    /// - Parameters:
    ///   - json: A JSON object; `{}` lets every message pass.
    ///   - scope: What of a message it is about. Defaults to the attributes.
    /// - Throws: ``FilterPolicyError``.
    public init(_ json: String, scope: Scope = .messageAttributes) throws(FilterPolicyError) {
        self.scope = scope
        let bytes = Array(json.utf8)
        guard bytes.count <= Self.maximumSize else {
            throw FilterPolicyError("Filter policy is larger than \(Self.maximumSize) bytes")
        }
        pattern = try Self.pattern(json, bytes, scope)
    }

    private static func pattern(
        _ json: String, _ bytes: [UInt8], _ scope: Scope
    ) throws(FilterPolicyError) -> EventPattern? {
        let tape: JSONTape
        let alternatives: [PatternAlternative]
        do throws(EventPatternError) {
            tape = try EventPattern.tape(of: bytes)
            if tape.values[0].kind == .object, tape.values.count == 1 { return nil }
            alternatives = try EventPattern.alternatives(of: tape, in: .topics)
        } catch {
            throw FilterPolicyError(error)
        }
        if let reason = PolicyLimits(tape: tape).fault(alternatives, scope) { throw FilterPolicyError(reason) }
        return EventPattern(json, alternatives: alternatives)
    }

    /// Whether a message is for the subscriber.
    ///
    /// - Parameters:
    ///   - attributes: Those of the message, by name.
    ///   - body: What it says; it counts in the scope ``Scope/messageBody`` only, and passes there if it is a JSON object and the
    ///     policy holds.
    /// - Throws: ``EventError`` as `tooComplex`, if it cannot be judged in reasonable time.
    public func passes(attributes: [String: Attribute], body: [UInt8]) throws(EventError) -> Bool {
        guard let pattern else { return true }
        guard scope == .messageBody else { return try pattern.matches(Self.event(of: attributes)) }
        do {
            return try pattern.matches(body)
        } catch {
            guard error.code != .tooComplex else { throw error }
            return false
        }
    }
}
