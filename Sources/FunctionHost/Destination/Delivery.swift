// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The record of an asynchronous invocation on its way to a destination.
///
/// It may come more than once, as everything from a queue may: ``invocationID`` tells.
public struct Delivery: Sendable, Hashable {
    /// The function that was invoked.
    public let functionName: String
    /// The invocation.
    public let invocationID: InvocationID
    /// Whether it succeeded.
    public let isSuccess: Bool
    /// Which try to deliver it this is; 1 is the first.
    public let attempt: Int
    /// The record as JSON, as ``InvocationRecord/json`` writes it.
    public let record: [UInt8]

    /// Describes a delivery; hosts do, and tests of destinations.
    public init(functionName: String, invocationID: InvocationID, isSuccess: Bool, attempt: Int = 1, record: [UInt8]) {
        self.functionName = functionName
        self.invocationID = invocationID
        self.isSuccess = isSuccess
        self.attempt = attempt
        self.record = record
    }

    /// A record about to be delivered for the first time, for a test of a destination.
    public init(_ record: InvocationRecord) {
        self.init(
            functionName: record.function.functionName, invocationID: record.id,
            isSuccess: record.condition == .success,
            record: record.json)
    }
}
