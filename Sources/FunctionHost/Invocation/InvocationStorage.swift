// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a context refers to: everything there is to know about one attempt.
///
/// `@unchecked Sendable`: `id` and `details` are `let`. The place, that is the variables down to `isColdStart`, is written once
/// by `settle`, before any context refers to this storage; a host does so under its lock, through which everybody else
/// comes by an attempt. `values` is written only by `setting`,
/// to a storage it has just made.
@usableFromInline
package class InvocationStorage: @unchecked Sendable {
    package final let id: InvocationID
    @exclusivity(unchecked) package private(set) final var snapshot: FunctionSnapshot!
    @exclusivity(unchecked) package private(set) final var environment: Environment!
    @exclusivity(unchecked) package private(set) final var startedAt = Timestamp(nanoseconds: 0)
    @exclusivity(unchecked) package private(set) final var deadline = Timestamp.distantFuture
    @exclusivity(unchecked) private final var narrowAttempt: Int32 = 1
    @exclusivity(unchecked) package private(set) final var isColdStart = false

    init(id: InvocationID) { self.id = id }

    package final var attempt: Int { Int(narrowAttempt) }

    /// What the caller sent along.
    package var details: CallerDetails? { nil }

    /// What adapters and middleware have hung on the context.
    package var values: [ObjectIdentifier: any Sendable] { [:] }

    /// Whoever runs the attempt.
    package var services: any InvocationServices { preconditionFailure("a storage without services") }

    /// Says where and when the attempt runs; before a context refers to it.
    package func settle(
        _ snapshot: consuming FunctionSnapshot, _ environment: consuming Environment, startedAt: Timestamp,
        deadline: Timestamp, attempt: Int = 1, isColdStart: Bool
    ) {
        self.snapshot = snapshot
        self.environment = environment
        self.startedAt = startedAt
        self.deadline = deadline
        narrowAttempt = Int32(clamping: attempt)
        self.isColdStart = isColdStart
    }

    /// The same with another value under a key, for one context alone.
    package func setting(_ value: (any Sendable)?, for key: ObjectIdentifier) -> InvocationStorage {
        var values = values
        values[key] = value
        let other = DetachedStorage(id: id, details: details, services: services, values: values)
        other.settle(
            snapshot, environment, startedAt: startedAt, deadline: deadline, attempt: attempt,
            isColdStart: isColdStart)
        return other
    }
}

/// A storage that is not the attempt itself: of a context made by hand, or of one that was given values.
package final class DetachedStorage: InvocationStorage, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is; what it adds is `let`.
    private let server: any InvocationServices
    private let sent: CallerDetails?
    private let hung: [ObjectIdentifier: any Sendable]

    package init(
        id: InvocationID, details: CallerDetails?, services: any InvocationServices,
        values: [ObjectIdentifier: any Sendable] = [:]
    ) {
        server = services
        sent = details
        hung = values
        super.init(id: id)
    }

    override package var services: any InvocationServices { server }
    override package var details: CallerDetails? { sent }
    override package var values: [ObjectIdentifier: any Sendable] { hung }
}

/// What few callers send along, kept apart so that the others do not pay for it.
package final class CallerDetails: Sendable {
    package let alias: String?
    package let clientContext: ClientContext?
    package let traceHeader: String?

    package init(alias: String?, clientContext: ClientContext?, traceHeader: String?) {
        self.alias = alias
        self.clientContext = clientContext
        self.traceHeader = traceHeader
    }
}

/// What a context asks of whoever runs the invocation.
package protocol InvocationServices: AnyObject, Sendable {
    var clock: any HostClock { get }
    /// Whether anybody hears logs: if not, messages are not even made.
    var hearsLogs: Bool { get }
    var latestProgress: Progress? { get }
    func log(_ message: LogMessage, from context: InvocationContext)
    func report(_ progress: Progress, of context: InvocationContext)
}
