// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Something that happened to events in a host's queue.
///
/// What happens in their handlers is told as for any invocation. More cases will come, so leave a `default` in a `switch`.
public enum QueueEvent: Sendable {
    /// The store has accepted an event.
    case enqueued(functionName: String, id: InvocationID)
    /// An attempt failed, and another follows after this time.
    case retried(functionName: String, id: InvocationID, attempt: Int, after: Duration)
    /// An event failed for good.
    case died(DeadEventReport)
    /// The destination of a record failed for good; the record is a dead letter.
    case deliveryFailed(functionName: String, destination: String)
    /// So many events wait again whose process ended while it was trying them, or lost touch with the store.
    case rescued(count: Int)
    /// So many events that waited for a function became dead letters because it was removed.
    case condemned(functionName: String, count: Int)
    /// Dead letters were sent again.
    case redriven(ids: [InvocationID])
    /// The store failed; what the host wanted of it is tried again, or told to whoever asked.
    case storeFailed(StoreError)
}

/// How an event ended that failed for good.
public struct DeadEventReport: Sendable, Hashable {
    /// The invocation's id.
    public let id: InvocationID
    /// The function it is for.
    public let functionName: String
    /// Why.
    public let cause: DeadLetterCause
    /// How often its handler began.
    public let attempts: Int
    /// The type of the last error; nil if it never ran, or passed its deadline.
    public let errorType: String?

    /// Makes a report; hosts do, and tests of observers.
    public init(
        id: InvocationID, functionName: String, cause: DeadLetterCause, attempts: Int, errorType: String?
    ) {
        self.id = id
        self.functionName = functionName
        self.cause = cause
        self.attempts = attempts
        self.errorType = errorType
    }

    init(_ lease: Lease, _ cause: DeadLetterCause, _ attempt: AttemptRecord?) {
        self.init(
            id: lease.event.id, functionName: lease.event.functionName, cause: cause,
            attempts: attempt == nil ? lease.attempt - 1 : lease.attempt,
            errorType: (attempt ?? lease.history.last)?.errorType)
    }
}
