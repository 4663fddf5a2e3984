// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Keeps the reports of the last invocations, like the REPORT lines in Lambda's log.
public final class Recorder: HostObserver {
    private struct Ring {
        var reports: ContiguousArray<RecordedInvocation> = []
        var next = 0
    }

    private let capacity: Int
    private let increment: Int64
    private let ring = Mutex(Ring())

    /// Starts with nothing recorded.
    ///
    /// - Parameters:
    ///   - capacity: How many reports are kept; at least one.
    ///   - billingIncrement: To what the billed duration in a line is rounded up.
    public init(capacity: Int = 1_000, billingIncrement: Duration = .milliseconds(1)) {
        self.capacity = max(1, capacity)
        increment = max(1, billingIncrement.wholeNanoseconds)
    }

    /// At once: it only keeps a report.
    public var delivery: ObserverDelivery { .immediate }

    /// Keeps the report of an attempt that has ended.
    public func receive(_ event: HostEvent) throws {
        guard case .invocationFinished(let report) = event else { return }
        let recorded = RecordedInvocation(report, billingIncrement: increment)
        ring.withLock { ring in
            if ring.reports.count < capacity {
                ring.reports.append(recorded)
            } else {
                ring.reports[ring.next] = recorded
                ring.next = (ring.next + 1) % capacity
            }
        }
    }

    /// The reports that are kept, the oldest first.
    public var invocations: [RecordedInvocation] {
        ring.withLock { Array($0.reports[$0.next...] + $0.reports[..<$0.next]) }
    }

    /// Forgets everything.
    public func reset() { ring.withLock { $0 = Ring() } }
}

/// A report that keeps nothing of the invocation alive.
public struct RecordedInvocation: Sendable, Hashable, CustomStringConvertible {
    /// The invocation's id.
    public let id: InvocationID
    /// The function's name.
    public let functionName: String
    /// The version that ran.
    public let version: Qualifier
    /// Which attempt it was.
    public let attempt: Int
    /// When it began.
    public let startedAt: Timestamp
    /// How it ended.
    public let outcome: Outcome
    /// How long the handler took.
    public let duration: Duration
    /// How long the cold start before it took; nil for a warm start.
    public let initDuration: Duration?
    /// Both together, rounded up.
    public let billedDuration: Duration
    /// The memory class, in MiB.
    public let memorySize: Int
    /// The type of the error; nil if it succeeded.
    public let errorType: String?
    /// The execution environment it ran in.
    public let environmentID: EnvironmentID

    init(_ report: InvocationReport, billingIncrement: Int64) {
        id = report.context.id
        functionName = report.context.functionName
        version = report.context.version
        attempt = report.context.attempt
        startedAt = report.context.startedAt
        outcome = report.outcome
        duration = report.duration
        initDuration = report.initDuration
        billedDuration = .nanoseconds(report.counted.billedNanoseconds(increment: billingIncrement))
        memorySize = report.context.memorySize
        errorType = report.errorType
        environmentID = report.context.environmentID
    }

    /// Lambda's REPORT line, fields parted by tabs; the memory used is left out, since one process cannot tell it.
    ///
    /// Source: the log format of AWS Lambda; `Status` only if the attempt did not succeed.
    public var description: String {
        var fields = [
            "REPORT RequestId: \(id)",
            "Duration: \(duration.inMilliseconds(decimals: 2)) ms",
            "Billed Duration: \(billedDuration.inMilliseconds(decimals: 0)) ms",
            "Memory Size: \(memorySize) MB",
        ]
        if let initDuration { fields.append("Init Duration: \(initDuration.inMilliseconds(decimals: 2)) ms") }
        if outcome != .succeeded {
            fields.append("Status: \(outcome == .timedOut ? "timeout" : "error")")
            if let errorType { fields.append("Error Type: \(errorType)") }
        }
        return fields.joined(separator: "\t")
    }
}
