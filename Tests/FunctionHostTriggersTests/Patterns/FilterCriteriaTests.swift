// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers
import Testing

/// The filters of event source mappings.
@Suite struct FilterCriteriaTests {
    private static let metadata = #"{"messageId": ["m1"]}"#
    private static let plain = #"{"body": ["abc", {"prefix": "x"}]}"#
    private static let json = #"{"body": {"total": [{"numeric": [">", 5]}]}}"#

    private func message(_ body: String) -> [UInt8] {
        let quoted = body.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        return Array(
            """
            {"messageId": "m1", "body": "\(quoted)", "attributes": {"SenderId": "s"}, "eventSource": "aws:sqs", \
            "eventSourceARN": "arn", "awsRegion": "eu-west-1", "eventName": "x"}
            """.utf8)
    }

    @Test(
        "A message passes if its body is what the pattern takes it for, and matches",
        arguments: [
            ("abc", plain, true), ("xyz", plain, true), ("other", plain, false), ("abc", json, false),
            (#"{"total": 6}"#, json, true), (#"{"total": 5}"#, json, false), (#"[{"total": 6}]"#, json, true),
            (#" {"total": 6} "#, json, true), (#"{"total": 6"#, json, false), ("6", json, false),
            (#"{"x": 1}"#, plain, false), (#"x{"x": 1}"#, plain, true), ("anything", metadata, true),
            (#"{"total": 1}"#, metadata, true), ("5", #"{"body": ["5"]}"#, true),
            (#"{"a": 1}"#, #"{"body": [{"exists": true}]}"#, false),
            ("text", #"{"body": {"a": [{"exists": false}]}}"#, false),
            (#"{"b": 1}"#, #"{"body": {"a": [{"exists": false}]}}"#, true),
            ("abc", #"{"body": ["abc"], "messageId": ["m2"]}"#, false),
            (#"{"total": 6}"#, #"{"body": {"total": [6]}, "attributes": {"SenderId": ["s"]}}"#, true),
            ("abc", #"{"$or": [{"body": ["abc"]}, {"body": {"a": [1]}}]}"#, true),
            (#"{"a": 1}"#, #"{"$or": [{"body": ["abc"]}, {"body": {"a": [1]}}]}"#, true),
            ("abc", #"{"body": ["abc"], "body.a": [{"exists": false}]}"#, false),
        ])
    func messages(body: String, pattern: String, passes: Bool) throws {
        let criteria = try FilterCriteria([pattern], of: .sqs)
        #expect(try criteria.passes(message(body)) == passes)
    }

    @Test("What is added while polling is not there for filters")
    func hidden() throws {
        let there = try FilterCriteria([#"{"eventSource": ["aws:sqs"]}"#, #"{"eventName": ["x"]}"#], of: .sqs)
        #expect(try !there.passes(message("a")))
        let absent = try FilterCriteria([#"{"awsRegion": [{"exists": false}]}"#], of: .sqs)
        #expect(try absent.passes(message("a")))
    }

    @Test("One of the filters is enough, and none lets everything pass")
    func several() throws {
        let criteria = try FilterCriteria([Self.plain, Self.json, Self.metadata], of: .sqs)
        #expect(try criteria.passes(message("other")))
        #expect(try FilterCriteria([Self.plain, Self.json], of: .sqs).passes(message(#"{"total": 7}"#)))
        #expect(try FilterCriteria([], of: .sqs).passes(message("other")))
        #expect(try FilterCriteria(json: "{}", of: .kinesis).filterCount == 0)
        #expect(try FilterCriteria(json: #"{"Filters": []}"#, of: .kinesis).passes([]))
        let text = #"{"Filters": [{"Pattern": "{\"body\": [\"abc\"]}"}]}"#
        #expect(try FilterCriteria(json: text, of: .sqs).passes(message("abc")))
        #expect(try !FilterCriteria(json: text, of: .sqs).passes(message("abd")))
    }

    /// `{"k": [1, "é"]}`, `hello` and bytes that are no UTF-8.
    @Test(
        "A stream's record passes if its data is JSON in base64 that matches",
        arguments: [
            ("eyJrIjogWzEsICLDqSJdfQ==", #"{"data": {"k": ["é"]}}"#, true),
            ("eyJrIjogWzEsICLDqSJdfQ==", #"{"data": {"k": [2]}}"#, false),
            ("eyJrIjogWzEsICLDqSJdfQ==", #"{"data": {"k": [1]}, "partitionKey": ["p"]}"#, true),
            ("eyJrIjogWzEsICLDqSJdfQ==", #"{"kinesis": {"partitionKey": ["p"]}}"#, false),
            ("aGVsbG8=", #"{"data": {"k": [{"exists": false}]}}"#, false),
            ("aGVsbG8=", #"{"partitionKey": ["p"]}"#, true),
            ("/////w==", #"{"data": {"k": [1]}}"#, false), ("not base64", #"{"data": {"k": [1]}}"#, false),
            ("eyJrIjogWzEsICLDqSJdfQ=", #"{"data": {"k": [1]}}"#, false),
        ])
    func streams(data: String, pattern: String, passes: Bool) throws {
        let criteria = try FilterCriteria([pattern], of: .kinesis)
        let inner = #"{"partitionKey": "p", "data": "\#(data)"}"#
        #expect(try criteria.passes(Array(#"{"kinesis": \#(inner), "eventSource": "aws:kinesis"}"#.utf8)) == passes)
        #expect(try criteria.passes(Array(inner.utf8)) == passes)
    }

    @Test(
        "A table's change is matched as it is, with numbers as strings",
        arguments: [
            (#"{"dynamodb": {"NewImage": {"n": {"N": ["5"]}}}}"#, true),
            (#"{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}"#, false),
            (#"{"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 1]}]}}"#, true),
            (#"{"eventName": ["INSERT"]}"#, true), (#"{"eventName": ["REMOVE"]}"#, false),
            (#"{"eventSource": ["aws:dynamodb"]}"#, false),
            (#"{"eventName": ["INSERT"], "dynamodb": {"Keys": {"id": {"S": [{"exists": false}]}}}}"#, true),
        ])
    func tables(pattern: String, passes: Bool) throws {
        let record = """
            {"eventName": "INSERT", "eventSource": "aws:dynamodb", \
            "dynamodb": {"ApproximateCreationDateTime": 1.7E9, "NewImage": {"n": {"N": "5"}}}}
            """
        #expect(try FilterCriteria([pattern], of: .dynamoDB).passes(Array(record.utf8)) == passes)
    }

    @Test(
        "What is no filter is refused when it is set",
        arguments: [
            "null", "simple", "", #"{"eventSource": "aws:sqs"}"#, #"{"eventSource": []}"#, "{}", #"{"body": [[]]}"#,
        ])
    func invalid(pattern: String) {
        let error = #expect(throws: FilterCriteriaError.self) {
            try FilterCriteria([Self.plain, pattern], of: .sqs)
        }
        #expect(error?.code == .invalidPattern)
        #expect(error?.filter == 1)
        #expect(error?.pattern != nil)
        #expect(error?.description.hasPrefix("Invalid filter pattern definition. Filter 2: ") == true)
    }

    @Test("The data of a stream is never plain text")
    func plainStreams() {
        for (source, key) in [(FilterCriteria.Source.kinesis, "data"), (.dynamoDB, "dynamodb")] {
            let error = #expect(throws: FilterCriteriaError.self) {
                try FilterCriteria([#"{"\#(key)": ["x"]}"#], of: source)
            }
            #expect(error?.code == .dataMustBeJSON)
        }
    }

    @Test("A mapping has five filters, ten if so asked, of 4,096 characters")
    func limits() throws {
        #expect(try FilterCriteria(Array(repeating: Self.plain, count: 5), of: .sqs).filterCount == 5)
        let error = #expect(throws: FilterCriteriaError.self) {
            try FilterCriteria(Array(repeating: Self.plain, count: 6), of: .sqs)
        }
        #expect(error?.code == .tooManyFilters)
        #expect(
            try FilterCriteria(Array(repeating: Self.plain, count: 10), of: .sqs, filterLimit: 10).filterCount == 10)
        func pattern(_ count: Int) -> String { #"{"body": [""# + String(repeating: "x", count: count - 14) + #""]}"# }
        _ = try FilterCriteria([pattern(4_096)], of: .sqs)
        #expect(throws: FilterCriteriaError.self) { try FilterCriteria([pattern(4_097)], of: .sqs) }
    }

    @Test(
        "What is no list of filters, or no record, is told",
        arguments: ["5", #"{"Filters": 5}"#, #"{"Filters": [{}]}"#])
    func malformed(text: String) throws {
        let error = #expect(throws: FilterCriteriaError.self) { try FilterCriteria(json: text, of: .sqs) }
        #expect(error?.code == .malformed)
        let record = #expect(throws: EventError.self) {
            try FilterCriteria([Self.plain], of: .sqs).passes(Array(text.dropLast().utf8))
        }
        #expect(record?.code == .malformed)
    }
}
