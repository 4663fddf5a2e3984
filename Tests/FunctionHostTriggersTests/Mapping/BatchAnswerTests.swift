// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@testable import FunctionHostTriggers

/// Every row of the reference's table of partial batch responses (`lambda.md`, 3.4).
@Suite struct BatchAnswerTests {
    private static let batch = RecordBatch(
        number: 1, lane: 0,
        records: (1...3).map {
            StreamRecord(
                sequenceNumber: SequenceNumber(low: $0), partitionKey: "key", arrivedAt: .init(nanoseconds: 0), data: []
            )
        })

    @Test(
        "An answer that names nothing is success",
        arguments: [
            #"{"batchItemFailures":[]}"#, #"{"batchItemFailures":null}"#, "{}", "null", "", #""""#, "[]", " {} ", "\n",
            #"{"other":1}"#, #""done""#, "17", "true",
        ])
    func success(answer: String) {
        #expect(BatchAnswer(Array(answer.utf8), coder: JSONPayloadCoder()) == .succeeded)
    }

    @Test(
        "An answer that cannot be understood fails the whole batch",
        arguments: [
            #"{"batchItemFailures":[{"itemIdentifier":""}]}"#, #"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            #"{"batchItemFailures":[{"foo":"x"}]}"#, #"{"batchItemFailures":[{"foo":null}]}"#,
            #"{"batchItemFailures":[{}]}"#, #"{"batchItemFailures":["1"]}"#, #"{"batchItemFailures":"1"}"#,
            #"{"batchItemFailures":[{"itemIdentifier":1}]}"#, "{", "done", "{]",
            #"{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":""}]}"#,
        ])
    func failure(answer: String) {
        #expect(BatchAnswer(Array(answer.utf8), coder: JSONPayloadCoder()) == .allFailed)
        guard case .failed(let place) = BatchOutcome(.allFailed, Self.batch) else {
            Issue.record("a whole batch that failed is no failure")
            return
        }
        #expect(place == SequenceNumber(low: 1))
    }

    @Test(
        "Of a stream, everything from the lowest number on has failed; a number that is not in the batch fails all",
        arguments: [
            (["2"], 2), (["3", "2"], 2), (["3"], 3), (["1"], 1), (["4"], 1), (["2", "4"], 1), (["x"], 1),
        ] as [([String], UInt128)])
    func lowest(ids: [String], expected: UInt128) {
        let items = ids.map { #"{"itemIdentifier":"\#($0)"}"# }.joined(separator: ",")
        let answer = BatchAnswer(Array(#"{"batchItemFailures":[\#(items)]}"#.utf8), coder: JSONPayloadCoder())
        #expect(answer == .failed(ids))
        guard case .failed(let place) = BatchOutcome(answer, Self.batch) else {
            Issue.record("failures are no failure")
            return
        }
        #expect(place == SequenceNumber(low: expected))
    }
}
