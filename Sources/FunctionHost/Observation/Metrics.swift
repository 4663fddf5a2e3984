// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts and times invocations, for each function and version; the metrics of Lambda's namespace.
///
/// One observer may watch several hosts. Reading is one consistent snapshot: no invocation is half counted in it.
public final class Metrics: HostObserver, InvocationCounter {
    private let state = Mutex(MetricsStateMachine())
    /// Apart from the rest: those who enqueue are not to wait for those who work.
    private let queue = Mutex(QueueMetricsStateMachine())

    /// Starts with nothing counted.
    public init() {}

    /// At once: it only counts.
    public var delivery: ObserverDelivery { .immediate }

    /// Everything counted since the start or the last reset.
    public func snapshot() -> MetricsSnapshot {
        state.withLock { state in queue.withLock { state.snapshot($0) } }
    }

    /// Begins anew; what is running now is still counted as running.
    ///
    /// - Returns: Everything counted until now, so that nothing falls between reading and resetting.
    @discardableResult
    public func reset() -> MetricsSnapshot {
        state.withLock { state in
            queue.withLock { queue in
                defer {
                    state.reset()
                    queue = QueueMetricsStateMachine()
                }
                return state.snapshot(queue)
            }
        }
    }

    /// Counts the event.
    public func receive(_ event: HostEvent) throws {
        switch event {
        case .invocationStarted(let context, _): countStart(of: context.identity)
        case .invocationFinished(let report): countEnd(of: report.context.identity, report.counted)
        case .invocationThrottled(let name, let version, _):
            state.withLock { $0.throttled(name: name, version: version) }
        case .invocationWaited(let name, let version, let duration):
            state.withLock { $0.waited(name: name, version: version, duration.wholeNanoseconds) }
        case .invocationOverdue(let context, _): state.withLock { $0.overdue(context.identity) }
        case .lateAnswerRefused(let context, _): state.withLock { $0.ranOn(context.identity) }
        case .queue(let event): queue.withLock { $0.changed(event) }
        default: break
        }
    }

    package func countEnqueued(of identity: FunctionIdentity, _ count: Int) {
        queue.withLock { $0.enqueued(identity, count) }
    }
    package func countStart(of identity: FunctionIdentity) { state.withLock { $0.started(identity) } }
    package func countEnd(of identity: FunctionIdentity, _ end: CountedEnd) {
        state.withLock { $0.finished(identity, end) }
    }
}

/// One consistent reading of ``Metrics``.
public struct MetricsSnapshot: Sendable, Hashable {
    /// Each function and version that was invoked or throttled, by name.
    public let functions: [FunctionMetrics]
    /// All of them together.
    public let total: FunctionMetrics

    /// The figures of a function, all its versions together; nil if it was neither invoked nor throttled.
    public subscript(functionName: String) -> FunctionMetrics? {
        functions.first { $0.functionName == functionName }
    }
}

/// The figures of a function.
public struct FunctionMetrics: Sendable, Hashable {
    /// The function's name; empty for the total.
    public let functionName: String
    /// The version.
    public let version: Qualifier
    /// Attempts that had a place, however they ended, undecodable payloads included; not those that never got one.
    public let invocations: Int
    /// Attempts that failed: by the handler's error, by timeout, or by a failed init.
    public let errors: Int
    /// Invocations that a limit turned away; not in ``invocations``.
    public let throttles: Int
    /// Attempts that passed their deadline; also in ``errors``.
    public let timeouts: Int
    /// Attempts that their callers cancelled.
    public let cancellations: Int
    /// Attempts that the host's shutdown cut off.
    public let interruptions: Int
    /// Attempts for which an execution environment had to be made, with an init closure or without.
    public let coldStarts: Int
    /// Attempts that were found running after their deadline and a grace.
    public let overdue: Int
    /// Attempts that run now, answered ones that go on regardless included.
    public let concurrentExecutions: Int
    /// The most that ran at one time.
    public let maximumConcurrentExecutions: Int
    /// Events that the queue accepted for the function; Lambda's `AsyncEventsReceived`.
    public let eventsReceived: Int
    /// Attempts of events that failed and were followed by another.
    public let eventsRetried: Int
    /// Events that failed for good. Lambda drops such events, and counts them as `AsyncEventsDropped`.
    public let eventsDead: Int
    /// Records whose destination failed for good; Lambda's `DestinationDeliveryFailures`.
    public let deliveryFailures: Int
    /// Events that were stopped because the function occurred too often in its own chain; Lambda's
    /// `RecursiveInvocationsDropped`.
    public let recursionsStopped: Int
    /// How long invocations waited for room, those that had to.
    public let waitDuration: DurationSummary
    /// How long the handlers took, without cold starts.
    public let duration: DurationSummary
    /// How long the init closures took, where there is one.
    public let initDuration: DurationSummary
}
