// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct MetricsTests {
    private func finish(
        _ metrics: Metrics, _ outcome: Outcome, of context: InvocationContext = .made(), took milliseconds: Int = 10,
        isRunningOn: Bool = false
    ) throws {
        let report = InvocationReport.of(context, outcome, took: .milliseconds(milliseconds), isRunningOn: isRunningOn)
        try metrics.receive(.invocationFinished(report))
    }

    struct Count: Sendable {
        let outcome: Outcome
        var errors = 0
        var timeouts = 0
        var cancellations = 0
        var interruptions = 0
    }

    @Test(
        "Each outcome counts as an invocation, and as what it is",
        arguments: [
            Count(outcome: .succeeded), Count(outcome: .failed, errors: 1),
            Count(outcome: .timedOut, errors: 1, timeouts: 1), Count(outcome: .cancelled, cancellations: 1),
            Count(outcome: .interrupted, interruptions: 1),
        ])
    func outcome(_ expected: Count) throws {
        let metrics = Metrics()
        try metrics.receive(.invocationStarted(.made(), concurrency: 1))
        #expect(metrics.snapshot()["resize"]?.concurrentExecutions == 1)
        try finish(metrics, expected.outcome)
        let one = try #require(metrics.snapshot()["resize"])
        #expect(one.invocations == 1)
        #expect(one.errors == expected.errors)
        #expect(one.timeouts == expected.timeouts)
        #expect(one.cancellations == expected.cancellations)
        #expect(one.interruptions == expected.interruptions)
        #expect(one.concurrentExecutions == 0)
        #expect(one.duration.count == 1)
        #expect(one.duration.maximum == .milliseconds(10))
    }

    @Test("A failed init is an error with an init duration and without a duration")
    func failedInit() throws {
        let metrics = Metrics()
        let report = InvocationReport.of(.made(isCold: true), .initFailed, took: .zero, initializing: .seconds(1))
        try metrics.receive(.invocationFinished(report))
        let one = try #require(metrics.snapshot()["resize"])
        #expect(one.errors == 1)
        #expect(one.coldStarts == 1)
        #expect(one.duration.count == 0)
        #expect(one.initDuration.total == .seconds(1))
        #expect(one.concurrentExecutions == 0)
    }

    @Test("Throttles and overdue attempts are counted beside the invocations")
    func beside() throws {
        let metrics = Metrics()
        let throttle = Throttle(limit: .reservedConcurrency, allowed: 1, retryAfter: nil)
        try metrics.receive(.invocationThrottled(functionName: "resize", version: .latest, throttle))
        try metrics.receive(.invocationStarted(.made(), concurrency: 1))
        try metrics.receive(.invocationOverdue(.made(), by: .seconds(1)))
        let one = try #require(metrics.snapshot()["resize"])
        #expect(one.throttles == 1)
        #expect(one.overdue == 1)
        #expect(one.invocations == 0)
    }

    @Test("A handler that runs on after its answer is counted as running until it ends")
    func runningOn() throws {
        let metrics = Metrics()
        let context = InvocationContext.made()
        try metrics.receive(.invocationStarted(context, concurrency: 1))
        try finish(metrics, .timedOut, of: context, isRunningOn: true)
        #expect(metrics.snapshot().total.concurrentExecutions == 1)
        try metrics.receive(.lateAnswerRefused(context, by: .seconds(1)))
        #expect(metrics.snapshot().total.concurrentExecutions == 0)
        #expect(metrics.snapshot().total.invocations == 1)
    }

    @Test("The most that ran at one time is known for each function and for all")
    func maximum() throws {
        let metrics = Metrics()
        let contexts = ["a", "b"].map { InvocationContext.made(by: FunctionIdentity(name: $0)) }
        for context in [contexts[0], contexts[0], contexts[1]] {
            try metrics.receive(.invocationStarted(context, concurrency: 1))
        }
        for context in [contexts[0], contexts[0], contexts[1]] { try finish(metrics, .succeeded, of: context) }
        let snapshot = metrics.snapshot()
        #expect(snapshot["a"]?.maximumConcurrentExecutions == 2)
        #expect(snapshot["b"]?.maximumConcurrentExecutions == 1)
        #expect(snapshot.total.maximumConcurrentExecutions == 3)
        #expect(snapshot.total.concurrentExecutions == 0)
    }

    @Test("Functions are listed by name, told apart and added up, however many there are", arguments: [1, 3, 600])
    func manyFunctions(count: Int) throws {
        let metrics = Metrics()
        let contexts = (0..<count).map { InvocationContext.made(by: FunctionIdentity(name: "f\($0)")) }
        for round in 0..<2 {
            for context in contexts {
                try metrics.receive(.invocationStarted(context, concurrency: 1))
                try finish(metrics, .succeeded, of: context, took: round + 1)
            }
        }
        let snapshot = metrics.snapshot()
        #expect(snapshot.functions.map(\.functionName) == contexts.map(\.functionName).sorted())
        #expect(snapshot.functions.allSatisfy { $0.invocations == 2 && $0.duration.total == .milliseconds(3) })
        #expect(snapshot.total.invocations == 2 * count)
        #expect(snapshot.total.duration.count == 2 * count)
        #expect(snapshot["nobody"] == nil)
    }

    @Test("A function registered again under its name goes on counting where the first left off")
    func sameName() throws {
        let metrics = Metrics()
        for _ in 0..<3 {
            let context = InvocationContext.made(by: FunctionIdentity(name: "again"))
            try metrics.receive(.invocationStarted(context, concurrency: 1))
            try finish(metrics, .succeeded, of: context)
        }
        #expect(metrics.snapshot()["again"]?.invocations == 3)
        #expect(metrics.snapshot().functions.count == 1)
    }

    @Test("A reset returns what was counted and keeps what runs")
    func reset() throws {
        let metrics = Metrics()
        try metrics.receive(.invocationStarted(.made(), concurrency: 1))
        try metrics.receive(.invocationStarted(.made(), concurrency: 2))
        try finish(metrics, .failed)
        #expect(metrics.reset().total.errors == 1)
        let after = metrics.snapshot().total
        #expect(after.errors == 0)
        #expect(after.invocations == 0)
        #expect(after.duration.count == 0)
        #expect(after.concurrentExecutions == 1)
        #expect(after.maximumConcurrentExecutions == 1)
        #expect(metrics.snapshot()["resize"]?.concurrentExecutions == 1)
        #expect(metrics.snapshot()["resize"]?.maximumConcurrentExecutions == 1)
        try finish(metrics, .succeeded)
        #expect(metrics.snapshot().total.concurrentExecutions == 0)
    }
}
