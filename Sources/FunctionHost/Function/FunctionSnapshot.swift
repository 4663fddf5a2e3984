// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A function with its configuration as it is at one moment; an update makes a new one, and running invocations keep theirs.
package final class FunctionSnapshot: Sendable {
    package let identity: FunctionIdentity
    package let configuration: FunctionConfiguration
    private let timeoutNanoseconds: Int64?
    /// Whether somebody gets the results of its events.
    let isResultWanted: Bool

    package init(identity: FunctionIdentity, configuration: FunctionConfiguration) {
        self.identity = identity
        self.configuration = configuration
        isResultWanted = configuration.onSuccess != nil
        timeoutNanoseconds = configuration.timeout?.wholeNanoseconds
    }

    /// When an attempt that starts now must have ended.
    package func deadline(from start: Timestamp) -> Timestamp {
        guard let timeoutNanoseconds else { return .distantFuture }
        return Timestamp(nanoseconds: start.nanoseconds &+ timeoutNanoseconds)
    }
}
