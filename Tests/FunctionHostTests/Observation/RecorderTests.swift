// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct RecorderTests {
    private func recorded(
        _ report: InvocationReport, increment: Duration = .milliseconds(1)
    ) throws -> RecordedInvocation {
        let recorder = Recorder(billingIncrement: increment)
        try recorder.receive(.invocationFinished(report))
        return try #require(recorder.invocations.first)
    }

    @Test("The last reports are kept, the oldest first", arguments: [(1, 5), (3, 2), (3, 3), (3, 4), (3, 7), (0, 2)])
    func ring(capacity: Int, count: Int) throws {
        let recorder = Recorder(capacity: capacity)
        for id in 0..<count {
            try recorder.receive(.invocationFinished(.of(.made(id: UInt64(id)), took: .seconds(1))))
        }
        let kept = recorder.invocations.map { $0.id.low & 0xFF }
        #expect(kept == (0..<UInt64(count)).suffix(max(1, capacity)).map { $0 })
    }

    @Test("A reset forgets everything, and recording goes on")
    func reset() throws {
        let recorder = Recorder(capacity: 2)
        for id in 0..<3 { try recorder.receive(.invocationFinished(.of(.made(id: UInt64(id)), took: .zero))) }
        recorder.reset()
        #expect(recorder.invocations.isEmpty)
        try recorder.receive(.invocationFinished(.of(.made(id: 9), took: .zero)))
        #expect(recorder.invocations.map { $0.id.low & 0xFF } == [9])
    }

    @Test("Only attempts that have ended are recorded")
    func others() throws {
        let recorder = Recorder()
        try recorder.receive(.invocationStarted(.made(), concurrency: 1))
        #expect(recorder.invocations.isEmpty)
    }

    /// Source: the log format of AWS Lambda, with fields parted by tabs.
    @Test("A line reads like Lambda's")
    func warm() throws {
        let line = try recorded(.of(.made(memorySize: 512), took: .nanoseconds(1_234_567))).description
        #expect(
            line.split(separator: "\t") == [
                "REPORT RequestId: 00000000-0000-4000-8000-000000000001", "Duration: 1.23 ms", "Billed Duration: 2 ms",
                "Memory Size: 512 MB",
            ])
    }

    @Test("A cold start adds its duration, to the line and to the bill")
    func cold() throws {
        let initializing = Duration.microseconds(150_455)
        let report = InvocationReport.of(.made(isCold: true), took: .milliseconds(1), initializing: initializing)
        let line = try recorded(report).description
        #expect(line.hasSuffix("Billed Duration: 152 ms\tMemory Size: 128 MB\tInit Duration: 150.46 ms"))
    }

    @Test(
        "A line tells how an attempt failed",
        arguments: [
            (.timedOut, "TimeoutError", "\tStatus: timeout\tError Type: TimeoutError"),
            (.failed, "Boom", "\tStatus: error\tError Type: Boom"), (.interrupted, nil, "\tStatus: error"),
            (.succeeded, nil, "Memory Size: 128 MB"),
        ] as [(Outcome, String?, String)])
    func status(outcome: Outcome, errorType: String?, end: String) throws {
        let line = try recorded(.of(.made(), outcome, took: .milliseconds(3), errorType: errorType)).description
        #expect(line.hasSuffix(end))
    }

    @Test("The billed duration is rounded up to the increment", arguments: [(1, 42), (10, 50), (100, 100)])
    func billed(increment: Int, expected: Int) throws {
        let one = try recorded(.of(took: .microseconds(41_001)), increment: .milliseconds(increment))
        #expect(one.billedDuration == .milliseconds(expected))
    }

    @Test("The longest duration is billed as the longest there is")
    func longest() throws {
        let one = try recorded(.of(took: .nanoseconds(Int64.max)), increment: .milliseconds(100))
        #expect(one.billedDuration == .nanoseconds(Int64.max))
    }

    @Test("A report keeps what there is to know of the attempt")
    func fields() throws {
        let context = InvocationContext.made(id: 5)
        let one = try recorded(.of(context, .failed, took: .seconds(1), errorType: "Boom"))
        #expect(one.id == context.id)
        #expect(one.functionName == "resize")
        #expect(one.startedAt == context.startedAt)
        #expect(one.environmentID == EnvironmentID(1))
        #expect(one.errorType == "Boom")
        #expect(one.initDuration == nil)
    }
}
