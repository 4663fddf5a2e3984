// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How a call came back to its caller.
enum Verdict: Sendable, Hashable {
    case answered
    case cancelled
    /// The handler's own error.
    case failed
    /// An error of the host's.
    case refused(FunctionHostError.Code)

    static let throttled = Self.refused(.throttled)
    static let timedOut = Self.refused(.timedOut)
    static let interrupted = Self.refused(.interrupted)
    static let shuttingDown = Self.refused(.shuttingDown)
    static let notFound = Self.refused(.notFound)

    init(_ error: any Error) {
        self =
            switch error {
            case let error as FunctionHostError: .refused(error.code)
            case is CancellationError: .cancelled
            default: .failed
            }
    }
}

/// What handlers of the scenarios throw.
struct HandlerError: Error, Equatable {
    var number = 0
}
