// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Something that happened in a host: a plain value, free to keep.
///
/// More cases will come, so leave a `default` in a `switch`.
public enum HostEvent: Sendable {
    /// A handler begins; `concurrency` invocations of its function run now, this one included.
    case invocationStarted(InvocationContext, concurrency: Int)
    /// An attempt has ended, one way or another, and its caller is being answered.
    case invocationFinished(InvocationReport)
    /// An invocation had to wait this long for room, whether it got any or not.
    case invocationWaited(functionName: String, version: Qualifier, Duration)
    /// A limit turned an invocation away; it has no id yet.
    case invocationThrottled(functionName: String, version: Qualifier, Throttle)
    /// An attempt is still running this long after its deadline.
    case invocationOverdue(InvocationContext, by: Duration)
    /// A handler on the bulkhead answered this long after its deadline: its answer went nowhere, its place is free now.
    case lateAnswerRefused(InvocationContext, by: Duration)
    /// A handler wrote a line.
    case logged(LogMessage, InvocationContext)
    /// A handler reported how far it has come; reports in quick succession are told as the latest one.
    case progressed(Progress, InvocationContext)
    /// An execution environment is ready.
    case environmentStarted(EnvironmentReport)
    /// An execution environment could not be made.
    case environmentFailed(EnvironmentReport)
    /// An execution environment has been shut down.
    case environmentEnded(EnvironmentReport, EnvironmentEnd)
    /// A function can be invoked from now on.
    case functionRegistered(name: String)
    /// A function's configuration has changed.
    case functionUpdated(name: String)
    /// A function can no longer be invoked.
    case functionRemoved(name: String)
    /// The host has come to another stage of its life.
    case phaseChanged(HostPhase)
    /// Something happened to events in the queue.
    case queue(QueueEvent)
    /// A service has something to tell.
    case service(any ServiceEvent)
    /// A shutdown is over, or out of time.
    case drained(DrainReport)
    /// Observers were too slow: so many events were not told to them.
    case eventsDropped(count: Int)
}

/// What a ``HostService`` tells the host's observers: a plain value of its own type.
public protocol ServiceEvent: Sendable, CustomStringConvertible {
    /// What the service is called.
    var serviceName: String { get }
}

/// How one attempt went.
public struct InvocationReport: Sendable {
    /// The attempt's context: ids, function, version, attempt, memory class, cold start.
    public let context: InvocationContext
    /// How it ended.
    public let outcome: Outcome
    /// ``duration`` in nanoseconds: a `Duration` is 128 bits wide, and dividing those is not free.
    package let nanoseconds: Int64
    /// ``initDuration`` in nanoseconds.
    package let initNanoseconds: Int64?
    /// The type of the error; nil if it succeeded or passed its deadline.
    public let errorType: String?
    /// Whether the handler goes on although the attempt has ended, and keeps its place.
    public let isRunningOn: Bool
    /// Whether the handler had begun; not if its environment could not be made.
    package let hasStarted: Bool

    /// Makes a report; hosts do, and tests of observers.
    public init(
        context: InvocationContext, outcome: Outcome, duration: Duration, initDuration: Duration? = nil,
        errorType: String? = nil, isRunningOn: Bool = false
    ) {
        self.init(
            context, outcome, nanoseconds: duration.wholeNanoseconds, initNanoseconds: initDuration?.wholeNanoseconds,
            errorType: errorType, isRunningOn: isRunningOn, hasStarted: outcome != .initFailed)
    }

    package init(
        _ context: InvocationContext, _ outcome: Outcome, nanoseconds: Int64, initNanoseconds: Int64?,
        errorType: String?, isRunningOn: Bool = false, hasStarted: Bool = true
    ) {
        self.hasStarted = hasStarted
        self.context = context
        self.outcome = outcome
        self.nanoseconds = nanoseconds
        self.initNanoseconds = initNanoseconds
        self.errorType = errorType
        self.isRunningOn = isRunningOn
    }

    /// From the handler's start to its end, or to its deadline where the caller was answered there.
    public var duration: Duration { .nanoseconds(nanoseconds) }

    /// What the cold start before it took; nil for a warm start.
    public var initDuration: Duration? { initNanoseconds.map { .nanoseconds($0) } }
}

/// How an execution environment began, or failed to.
public struct EnvironmentReport: Sendable, Hashable {
    /// The function it is for.
    public let functionName: String
    /// Which version of it.
    public let version: Qualifier
    /// Which environment.
    public let environmentID: EnvironmentID
    /// How long its init closure took.
    public let initDuration: Duration
    /// Whether it was made ahead.
    public let initialization: EnvironmentContext.Initialization
    /// The type of what its init closure threw.
    public let errorType: String?

    /// Makes a report; hosts do, and tests of observers.
    public init(
        functionName: String, version: Qualifier, environmentID: EnvironmentID, initDuration: Duration,
        initialization: EnvironmentContext.Initialization, errorType: String? = nil
    ) {
        self.functionName = functionName
        self.version = version
        self.environmentID = environmentID
        self.initDuration = initDuration
        self.initialization = initialization
        self.errorType = errorType
    }
}
