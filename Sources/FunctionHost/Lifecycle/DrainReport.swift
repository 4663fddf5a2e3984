// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a shutdown found and did.
public struct DrainReport: Sendable, Hashable, CustomStringConvertible {
    /// How long it took.
    public let duration: Duration
    /// How many invocations ended by themselves after the shutdown began.
    public let finished: Int
    /// How many were cut off and ended then: their outcome is ``Outcome/interrupted``.
    public let interrupted: Int
    /// How many callers were waiting for room and were sent away.
    public let refusedWaiters: Int
    /// What was still running when the time was up: its handlers ignore cancellation.
    public let stuck: [RunningInvocation]
    /// The names of the services that had not ended either.
    public let stuckServices: [String]

    /// Whether everything ended in time.
    public var isClean: Bool { stuck.isEmpty && stuckServices.isEmpty }

    /// The report in one line.
    public var description: String {
        let all = stuck.map(\.functionName) + stuckServices
        let names = all.isEmpty ? "" : " (\(all.joined(separator: ", ")))"
        return
            "drained in \(duration.inMilliseconds(decimals: 0)) ms: \(finished) finished, \(interrupted) interrupted, "
            + "\(refusedWaiters) sent away, \(all.count) stuck\(names)"
    }

    /// Makes a report; hosts do, and tests of code that reads one.
    public init(
        duration: Duration, finished: Int, interrupted: Int, refusedWaiters: Int, stuck: [RunningInvocation],
        stuckServices: [String] = []
    ) {
        self.duration = duration
        self.finished = finished
        self.interrupted = interrupted
        self.refusedWaiters = refusedWaiters
        self.stuck = stuck
        self.stuckServices = stuckServices
    }
}

/// An invocation that is under way.
public struct RunningInvocation: Sendable, Hashable {
    /// The invocation's id.
    public let id: InvocationID
    /// The function's name.
    public let functionName: String
    /// The version that runs.
    public let version: Qualifier
    /// How long the attempt has been running.
    public let age: Duration
    /// How far it is past its deadline; nil if it is not.
    public let overdue: Duration?
    /// Whether its caller has been answered already, so that its own answer will be refused.
    public let isAnswered: Bool
    /// The latest progress its handler reported.
    public let progress: Progress?

    /// Describes an invocation; hosts do, and tests.
    public init(
        id: InvocationID, functionName: String, version: Qualifier, age: Duration, overdue: Duration?,
        isAnswered: Bool, progress: Progress?
    ) {
        self.id = id
        self.functionName = functionName
        self.version = version
        self.age = age
        self.overdue = overdue
        self.isAnswered = isAnswered
        self.progress = progress
    }
}
