// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The filters of an event source mapping: which records of a queue or a stream its function gets.
///
/// A record that no filter lets through is never delivered: it is deleted from the queue, and passed over in the stream. Without
/// filters all are delivered. What is delivered is never changed; what is decoded here is for the filters alone.
///
/// ```swift
/// let criteria = try FilterCriteria([#"{"body": {"total": [{"numeric": [">", 100]}]}}"#], of: .sqs)
/// ```
///
/// - Source: AWS Lambda Developer Guide, *Control which events Lambda sends to your function*.
public struct FilterCriteria: Sendable {
    /// Where records come from; it decides what of them is data, and how that is read.
    public struct Source: Hashable, Sendable {
        enum Kind { case sqs, kinesis, dynamoDB }
        let kind: Kind

        /// Messages of a queue: what is in `body` is text, or JSON as text.
        public static let sqs = Self(kind: .sqs)
        /// Records of a Kinesis stream: what is in `data` is JSON in base64. Patterns see what is in the record's `kinesis`.
        public static let kinesis = Self(kind: .kinesis)
        /// Changes of a DynamoDB table, in `dynamodb`: typed values, of which numbers are strings.
        public static let dynamoDB = Self(kind: .dynamoDB)

        /// The field of which patterns say whether data is text or JSON.
        var dataKey: String {
            switch kind {
            case .sqs: "body"
            case .kinesis: "data"
            case .dynamoDB: "dynamodb"
            }
        }

        /// What whoever polls adds to records, which is not there for filters.
        var hiddenKeys: Set<String> {
            let keys: Set = [
                "eventSource", "eventSourceARN", "awsRegion", "eventVersion", "eventID", "invokeIdentityArn",
            ]
            return kind == .dynamoDB ? keys : keys.union(["eventName"])
        }
    }

    /// Where the records come from.
    public let source: Source
    /// How many filters there are; without any, each record passes.
    public let filterCount: Int
    private let wantingText: RuleIndex?
    private let wantingJSON: RuleIndex?
    private let wantingNoData: RuleIndex?

    /// Reads the patterns of filters.
    ///
    /// - Parameters:
    ///   - patterns: Event patterns of up to 4,096 characters each; one of them must match. Empty lets every record pass.
    ///   - source: Where the records come from.
    ///   - filterLimit: How many there may be, from 1 to 10. Defaults to 5.
    /// - Throws: ``FilterCriteriaError``.
    public init(
        _ patterns: [String], of source: Source, filterLimit: Int = 5
    ) throws(FilterCriteriaError) {
        precondition((1...10).contains(filterLimit), "a mapping has a limit of 1 to 10 filters")
        guard patterns.count <= filterLimit else {
            throw FilterCriteriaError(.tooManyFilters, reason: "there are more than \(filterLimit) filters")
        }
        self.source = source
        filterCount = patterns.count
        var groups: [DataKind: [PatternAlternative]] = [:]
        for (number, pattern) in patterns.enumerated() {
            for alternative in try Self.alternatives(of: pattern, number: number) {
                let kind = DataKind(of: alternative, key: source.dataKey)
                if source.kind != .sqs, kind == .text || kind == .both {
                    throw FilterCriteriaError(
                        .dataMustBeJSON, filter: number,
                        reason: "the pattern of \"\(source.dataKey)\" must be an object")
                }
                if let seen = Self.withoutHidden(alternative, source.hiddenKeys) {
                    groups[kind, default: []].append(seen)
                }
            }
        }
        wantingText = groups[.text].map { RuleIndex([$0]) }
        wantingJSON = groups[.json].map { RuleIndex([$0]) }
        wantingNoData = groups[.none].map { RuleIndex([$0]) }
    }

    private static func alternatives(
        of pattern: String, number: Int
    ) throws(FilterCriteriaError) -> [PatternAlternative] {
        do {
            return try EventPattern.alternatives(of: pattern, in: .events, limit: 4_096)
        } catch {
            throw FilterCriteriaError(.invalidPattern, filter: number, pattern: error, reason: error.description)
        }
    }

    /// What is left to be looked at if hidden fields are absent; nil if it can then not be satisfied.
    private static func withoutHidden(
        _ alternative: PatternAlternative, _ hidden: Set<String>
    ) -> PatternAlternative? {
        var seen = alternative
        for (path, entries) in alternative {
            guard hidden.contains(String(decoding: path.segments[0], as: UTF8.self)) else { continue }
            guard entries.contains(.absent) else { return nil }
            seen[path] = nil
        }
        return seen
    }

    /// Whether a record is to be delivered.
    ///
    /// - Parameter record: One record of the batch as JSON in UTF-8, as its function would get it.
    /// - Throws: ``EventError`` if it is no JSON object, nests too deeply, or cannot be judged in reasonable time.
    public func passes(_ record: [UInt8]) throws(EventError) -> Bool {
        guard filterCount > 0 else { return true }
        let view = try RecordView(record, of: source)
        if let wantingNoData, try Self.holds(wantingNoData, view.record) { return true }
        if let json = view.json {
            guard let wantingJSON else { return false }
            return try Self.holds(wantingJSON, json)
        }
        guard let wantingText else { return false }
        return try Self.holds(wantingText, view.record)
    }

    private static func holds(_ index: RuleIndex, _ bytes: [UInt8]) throws(EventError) -> Bool {
        try bytes.withUnsafeBufferPointer { bytes throws(EventError) in try index.hasRule(matching: bytes) }
    }
}

/// What a pattern takes the data of a record for.
private enum DataKind {
    case none, text, json
    /// Two things that no data can be.
    case both

    init(of alternative: PatternAlternative, key: String) {
        let key = Array(key.utf8)
        let wantsText = alternative.keys.contains { $0.text == key }
        let wantsJSON = alternative.keys.contains { $0.text.starts(with: key + [UInt8(ascii: ".")]) }
        self =
            switch (wantsText, wantsJSON) {
            case (false, false): .none
            case (true, false): .text
            case (false, true): .json
            case (true, true): .both
            }
    }
}
