// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What an event must look like: an event pattern of Amazon EventBridge, compiled.
///
/// ```swift
/// let pattern = try EventPattern(#"{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}"#)
/// let matches = try pattern.matches(Array(#"{"source": "shop", "detail": {"total": 120}}"#.utf8))
/// ```
///
/// - Source: Amazon EventBridge User Guide, *Creating Amazon EventBridge event patterns*; where it is silent, what the service was
///   seen to do.
public struct EventPattern: Sendable, CustomStringConvertible {
    /// How deeply an event may nest: 1,000 objects and lists.
    public static let maximumEventDepth = RuleIndex.maximumEventDepth

    /// The text it was made from.
    public let json: String

    /// What satisfies it.
    let alternatives: [PatternAlternative]
    private let index: RuleIndex

    /// Reads a pattern.
    ///
    /// - Parameters:
    ///   - json: A JSON object.
    ///   - characterLimit: The most characters it may have, from 1 to 4,096. Defaults to 2,048, as for a rule of EventBridge.
    /// - Throws: ``EventPatternError``, which says what is wrong and where.
    public init(_ json: String, characterLimit: Int = 2_048) throws(EventPatternError) {
        precondition((1...4_096).contains(characterLimit), "a pattern's limit is 1 to 4,096 characters")
        self.init(json, alternatives: try Self.alternatives(of: json, in: .events, limit: characterLimit))
    }

    init(_ json: String, alternatives: [PatternAlternative]) {
        self.json = json
        self.alternatives = alternatives
        index = RuleIndex([alternatives])
    }

    static func alternatives(
        of json: String, in dialect: PatternDialect, limit: Int
    ) throws(EventPatternError) -> [PatternAlternative] {
        let bytes = Array(json.utf8)
        guard json.unicodeScalars.count <= limit else {
            throw EventPatternError("Event pattern is longer than \(limit) characters", at: bytes.count, in: bytes)
        }
        return try alternatives(of: try tape(of: bytes), in: dialect)
    }

    static func tape(of bytes: [UInt8]) throws(EventPatternError) -> JSONTape {
        do {
            return try JSONTape(bytes, maximumDepth: maximumEventDepth)
        } catch {
            throw EventPatternError("Invalid JSON: \(error.sentence)", at: error.offset, in: bytes)
        }
    }

    static func alternatives(
        of tape: JSONTape, in dialect: PatternDialect
    ) throws(EventPatternError) -> [PatternAlternative] {
        do {
            return try PatternCompiler.alternatives(of: tape, in: dialect)
        } catch {
            throw EventPatternError(error.reason, at: error.offset, in: tape.bytes)
        }
    }

    /// Whether `event` is as the pattern says.
    ///
    /// - Parameter event: A JSON object in UTF-8. All of it is checked, also what the pattern does not ask for.
    /// - Throws: ``EventError`` if it is none, nests too deeply, or cannot be judged in reasonable time.
    /// - Complexity: One pass over the event.
    public func matches(_ event: [UInt8]) throws(EventError) -> Bool {
        try event.withUnsafeBufferPointer { event throws(EventError) in try index.hasRule(matching: event) }
    }

    /// The text it was made from.
    public var description: String { json }
}
