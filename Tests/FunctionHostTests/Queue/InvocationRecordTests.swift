// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct InvocationRecordTests {
    private func record(
        _ condition: InvocationRecord.Condition, count: Int, payload: String = #"{"order": 7}"#,
        response: InvocationRecord.Response?
    ) -> InvocationRecord {
        InvocationRecord(
            timestamp: .at(1_794_657_600_123_000_000), id: InvocationID(high: 1, low: 2),
            function: FunctionARN(functionName: "checkout"), condition: condition, approximateInvokeCount: count,
            requestPayload: Array(payload.utf8), response: response)
    }

    private func text(_ record: InvocationRecord) -> String { String(decoding: record.json, as: UTF8.self) }

    private static let before = #"""
        {"version":"1.0","timestamp":"2026-11-14T12:00:00.123Z","requestContext":\#
        {"requestId":"00000000-0000-4001-8000-000000000002",\#
        "functionArn":"arn:aws:lambda:local:000000000000:function:checkout:$LATEST",
        """#

    @Test("A success is told with its result")
    func success() {
        let record = record(.success, count: 1, response: .success(Array(#"["paid"]"#.utf8)))
        #expect(
            text(record)
                == Self.before + #"""
                    "condition":"Success","approximateInvokeCount":1},"requestPayload":{"order": 7},\#
                    "responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":["paid"]}
                    """#)
    }

    @Test("Used up retries are told with the last error")
    func retriesExhausted() {
        let record = record(
            .failure(.retriesExhausted), count: 3,
            response: .failure(ErrorPayload(type: "CardDeclined", message: "no \"funds\"")))
        #expect(
            text(record)
                == Self.before + #"""
                    "condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"order": 7},\#
                    "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},\#
                    "responsePayload":{"errorType":"CardDeclined","errorMessage":"no \"funds\""}}
                    """#)
    }

    @Test("An event that grew too old unseen has no response")
    func expiredUnseen() {
        #expect(
            text(record(.failure(.eventAgeExceeded), count: 0, response: nil))
                == Self.before + #"""
                    "condition":"EventAgeExceeded","approximateInvokeCount":0},"requestPayload":{"order": 7}}
                    """#)
    }

    @Test("An event that grew too old between attempts has the last one's response")
    func expiredBetween() {
        let record = record(
            .failure(.eventAgeExceeded), count: 2, response: .failure(ErrorPayload(type: "Boom", message: "Boom()")))
        #expect(
            text(record)
                == Self.before + #"""
                    "condition":"EventAgeExceeded","approximateInvokeCount":2},"requestPayload":{"order": 7},\#
                    "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},\#
                    "responsePayload":{"errorType":"Boom","errorMessage":"Boom()"}}
                    """#)
    }

    @Test("A function that is switched off has no response")
    func switchedOff() {
        #expect(
            text(record(.failure(.zeroReservedConcurrency), count: 0, response: nil))
                == Self.before + #"""
                    "condition":"ZeroReservedConcurrency","approximateInvokeCount":0},"requestPayload":{"order": 7}}
                    """#)
    }

    @Test(
        "A payload stands in the record as it is if it is JSON, and as a string if not",
        arguments: [
            ("", "null"), ("null", "null"), (" 1\n", " 1\n"), (#"{"a":[1,"x"]}"#, #"{"a":[1,"x"]}"#),
            ("hello", #""hello""#), (#"{"a":}"#, #""{\"a\":}""#), (" ", #"" ""#), ("\u{0}", #""\u0000""#),
            (#"},"condition":"Success""#, #""},\"condition\":\"Success\"""#), (#""\ud800""#, #""\"\\ud800\"""#),
        ])
    func payloads(payload: String, expected: String) {
        let text = text(
            record(.success, count: 1, payload: payload, response: .success(Array(payload.utf8))))
        #expect(text.contains("\"requestPayload\":\(expected),\"responseContext\""))
        #expect(text.hasSuffix("\"responsePayload\":\(expected)}"))
    }

    @Test("Bytes that are no text are told as far as they are")
    func bytes() {
        var record = record(.failure(.payloadUndecodable), count: 0, response: nil)
        record.requestPayload = [0xFF, 0x41]
        #expect(text(record).hasSuffix(#""requestPayload":"\#u{FFFD}A"}"#))
    }

    private struct Wire: Decodable {
        struct Context: Decodable { let condition: String }
        let requestContext: Context
    }

    @Test("The record of any payload is JSON that a coder takes", arguments: [126, 127, 128, 100_000])
    func nesting(levels: Int) throws {
        let payload = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let record = record(.failure(.processEnded), count: 2, payload: payload, response: nil)
        let wire = try JSONPayloadCoder().decode(Wire.self, from: record.json)
        #expect(wire.requestContext.condition == "ProcessEnded")
        #expect(text(record).contains(#""requestPayload":"["#) == (levels > 127))
    }

    @Test("A cause with any text leaves the record JSON")
    func causes() throws {
        let record = record(.failure(DeadLetterCause("a \"b\"\n")), count: 0, response: nil)
        #expect(try JSONPayloadCoder().decode(Wire.self, from: record.json).requestContext.condition == "a \"b\"\n")
    }
}
