// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension InvocationContext {
    /// What a context refers to.
    ///
    /// `@unchecked Sendable`: everything is a `let` but `values`, which is written only by the subscript of a context that
    /// has just made sure that no other context refers to this storage.
    package final class Storage: @unchecked Sendable {
        package let id: InvocationID
        package let snapshot: FunctionSnapshot
        package let environment: Environment
        package let services: any InvocationServices
        package let startedAt: Timestamp
        package let deadline: Timestamp
        package let attempt: Int
        package let isColdStart: Bool
        package let details: CallerDetails?
        fileprivate(set) var values: [ObjectIdentifier: any Sendable] = [:]

        package init(
            id: InvocationID, snapshot: FunctionSnapshot, environment: Environment, services: any InvocationServices,
            startedAt: Timestamp, deadline: Timestamp, attempt: Int, isColdStart: Bool, details: CallerDetails?
        ) {
            self.id = id
            self.snapshot = snapshot
            self.environment = environment
            self.services = services
            self.startedAt = startedAt
            self.deadline = deadline
            self.attempt = attempt
            self.isColdStart = isColdStart
            self.details = details
        }

        func copy() -> Storage {
            let other = Storage(
                id: id, snapshot: snapshot, environment: environment, services: services, startedAt: startedAt,
                deadline: deadline, attempt: attempt, isColdStart: isColdStart, details: details)
            other.values = values
            return other
        }

        func setValue(_ value: (any Sendable)?, for key: ObjectIdentifier) { values[key] = value }
    }
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
