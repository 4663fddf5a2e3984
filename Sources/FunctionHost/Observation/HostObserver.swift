// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Hears what happens in a host.
///
/// Implement the methods you need: each has an empty default. Whatever an observer does, no invocation is hurt by it: it is
/// called on a thread of the host's own, from a bounded buffer; when it is too slow events are dropped and counted
/// (``HostEvent/eventsDropped(count:)``); what it throws is ignored.
public protocol HostObserver: Sendable {
    /// When events are delivered; ``ObserverDelivery/buffered`` unless said otherwise.
    var delivery: ObserverDelivery { get }
    /// Hears everything; the default calls the methods below.
    func receive(_ event: HostEvent) throws
    /// A handler begins.
    func invocationStarted(_ context: InvocationContext, concurrency: Int) throws
    /// An attempt has ended.
    func invocationFinished(_ report: InvocationReport) throws
    /// A limit turned an invocation away.
    func invocationThrottled(functionName: String, version: Qualifier, throttle: Throttle) throws
    /// An invocation had to wait for room, whether it got any or not.
    func invocationWaited(functionName: String, version: Qualifier, duration: Duration) throws
    /// An attempt is still running after its deadline.
    func invocationOverdue(_ context: InvocationContext, by duration: Duration) throws
    /// A handler on the bulkhead answered after its deadline: its answer went nowhere.
    func lateAnswerRefused(_ context: InvocationContext, by duration: Duration) throws
    /// A handler wrote a line.
    func logged(_ message: LogMessage, by context: InvocationContext) throws
    /// A handler reported how far it has come.
    func progressed(_ progress: Progress, by context: InvocationContext) throws
    /// An execution environment is ready.
    func environmentStarted(_ report: EnvironmentReport) throws
    /// An execution environment could not be made.
    func environmentFailed(_ report: EnvironmentReport) throws
    /// An execution environment has been shut down.
    func environmentEnded(_ report: EnvironmentReport, reason: EnvironmentEnd) throws
    /// A function can be invoked from now on.
    func functionRegistered(name: String) throws
    /// A function's configuration has changed.
    func functionUpdated(name: String) throws
    /// A function can no longer be invoked.
    func functionRemoved(name: String) throws
    /// The host has come to another stage of its life.
    func phaseChanged(to phase: HostPhase) throws
    /// Something happened to events in the queue.
    func queueChanged(_ event: QueueEvent) throws
    /// A service has something to tell.
    func told(_ event: any ServiceEvent) throws
    /// A shutdown is over, or out of time.
    func drained(_ report: DrainReport) throws
    /// Observers were too slow: so many events were not told to them.
    func eventsDropped(count: Int) throws
}

/// When an observer hears of an event.
public struct ObserverDelivery: Sendable, Hashable {
    package let isImmediate: Bool

    /// Soon, in order, on a thread of the host's own.
    public static let buffered = Self(isImmediate: false)

    /// At once, in the invocation's own task or on a thread of the clock's, before the caller is answered.
    ///
    /// For observers as quick as a counter: ``Metrics``, ``Meter`` and ``Recorder``. One that blocks holds invocations up.
    public static let immediate = Self(isImmediate: true)
}

extension HostObserver {
    /// Soon, on a thread of the host's own.
    public var delivery: ObserverDelivery { .buffered }

    /// Calls the method for the event.
    public func receive(_ event: HostEvent) throws { try dispatch(event) }

    /// Calls the method for the event; for observers that implement ``receive(_:)`` and want the methods as well.
    public func dispatch(_ event: HostEvent) throws {
        switch event {
        case .invocationStarted(let context, let concurrency):
            try invocationStarted(context, concurrency: concurrency)
        case .invocationFinished(let report): try invocationFinished(report)
        case .invocationThrottled(let name, let version, let throttle):
            try invocationThrottled(functionName: name, version: version, throttle: throttle)
        case .invocationOverdue(let context, let duration): try invocationOverdue(context, by: duration)
        case .logged(let message, let context): try logged(message, by: context)
        case .progressed(let progress, let context): try progressed(progress, by: context)
        case .environmentStarted(let report): try environmentStarted(report)
        case .environmentFailed(let report): try environmentFailed(report)
        case .environmentEnded(let report, let reason): try environmentEnded(report, reason: reason)
        case .drained(let report): try drained(report)
        case .invocationWaited(let name, let version, let duration):
            try invocationWaited(functionName: name, version: version, duration: duration)
        case .lateAnswerRefused(let context, let duration): try lateAnswerRefused(context, by: duration)
        case .functionRegistered(let name): try functionRegistered(name: name)
        case .functionUpdated(let name): try functionUpdated(name: name)
        case .functionRemoved(let name): try functionRemoved(name: name)
        case .phaseChanged(let phase): try phaseChanged(to: phase)
        case .eventsDropped(let count): try eventsDropped(count: count)
        case .queue(let event): try queueChanged(event)
        case .service(let event): try told(event)
        }
    }

    /// Nothing.
    public func invocationStarted(_ context: InvocationContext, concurrency: Int) throws {}
    /// Nothing.
    public func invocationFinished(_ report: InvocationReport) throws {}
    /// Nothing.
    public func invocationThrottled(functionName: String, version: Qualifier, throttle: Throttle) throws {}
    /// Nothing.
    public func invocationWaited(functionName: String, version: Qualifier, duration: Duration) throws {}
    /// Nothing.
    public func invocationOverdue(_ context: InvocationContext, by duration: Duration) throws {}
    /// Nothing.
    public func lateAnswerRefused(_ context: InvocationContext, by duration: Duration) throws {}
    /// Nothing.
    public func logged(_ message: LogMessage, by context: InvocationContext) throws {}
    /// Nothing.
    public func progressed(_ progress: Progress, by context: InvocationContext) throws {}
    /// Nothing.
    public func environmentStarted(_ report: EnvironmentReport) throws {}
    /// Nothing.
    public func environmentFailed(_ report: EnvironmentReport) throws {}
    /// Nothing.
    public func environmentEnded(_ report: EnvironmentReport, reason: EnvironmentEnd) throws {}
    /// Nothing.
    public func functionRegistered(name: String) throws {}
    /// Nothing.
    public func functionUpdated(name: String) throws {}
    /// Nothing.
    public func functionRemoved(name: String) throws {}
    /// Nothing.
    public func phaseChanged(to phase: HostPhase) throws {}
    /// Nothing.
    public func queueChanged(_ event: QueueEvent) throws {}
    /// Nothing.
    public func told(_ event: any ServiceEvent) throws {}
    /// Nothing.
    public func drained(_ report: DrainReport) throws {}
    /// Nothing.
    public func eventsDropped(count: Int) throws {}
}
