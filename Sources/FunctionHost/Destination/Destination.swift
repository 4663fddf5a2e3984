// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where the records of finished asynchronous invocations go.
///
/// A delivery is an event of its own: it is accepted together with the end of the invocation, and tried again if it fails. So a
/// record arrives at least once; the same one may come twice, with the same ``Delivery/invocationID``.
public protocol Destination: Sendable {
    /// What logs, metrics and dead letters call it.
    var name: String { get }

    /// Takes a record; it has been delivered when this returns.
    ///
    /// Called in the task group of `run()`, and cancelled after a minute.
    ///
    /// - Throws: Whatever went wrong; the record is delivered again later, five times in all, and becomes a dead letter then.
    func deliver(_ delivery: Delivery) async throws
}

/// A destination in a function's configuration.
public enum DestinationTarget: Sendable {
    /// A function of the same host, which is given the record's JSON.
    case function(String)
    /// Anything else.
    case sink(any Destination)

    /// What logs, metrics and dead letters call it.
    public var name: String {
        switch self {
        case .function(let name): name
        case .sink(let destination): destination.name
        }
    }

    /// What is wrong with it as a destination of the function `owner`; nil if nothing is.
    ///
    /// Source: AWS Lambda API Reference, *PutFunctionEventInvokeConfig*: a function cannot be its own destination.
    package func fault(for owner: String) -> String? {
        guard case .function(let name) = self else { return nil }
        if name == owner { return "a function cannot be its own destination" }
        return FunctionName.fault(in: name).map { "of a destination \($0)" }
    }
}
