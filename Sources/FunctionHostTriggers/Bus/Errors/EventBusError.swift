// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a bus could not do as a whole.
///
/// - Source: Amazon EventBridge API Reference, *Common errors* and those of each action.
public struct EventBusError: Error, Hashable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name, as EventBridge has it.
        public let description: String

        /// What was given cannot be.
        public static let validation = Self(description: "ValidationException")
        /// A pattern is none.
        public static let invalidEventPattern = Self(description: "InvalidEventPatternException")
        /// There is none of this name.
        public static let resourceNotFound = Self(description: "ResourceNotFoundException")
        /// There is one of this name.
        public static let resourceAlreadyExists = Self(description: "ResourceAlreadyExistsException")
        /// There are as many as there may be.
        public static let limitExceeded = Self(description: "LimitExceededException")
        /// It cannot be done in the state in which it is.
        public static let illegalStatus = Self(description: "IllegalStatusException")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The code and the reason.
    public var description: String { "\(code): \(reason)" }
}
