// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What went wrong in a store.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of errors: an open set.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code as text.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// It holds as many events, or as many bytes, as it may.
        public static let full = Self("full")
        /// Somebody else has it locked for longer than it waits.
        public static let locked = Self("locked")
        /// The disk is full.
        public static let diskFull = Self("diskFull")
        /// It may not be written to.
        public static let readOnly = Self("readOnly")
        /// What is there is damaged, or is no store at all.
        public static let corrupt = Self("corrupt")
        /// Its directory is not there, or may not be entered.
        public static let missingDirectory = Self("missingDirectory")
        /// It was made by a newer version of this package.
        public static let newerSchema = Self("newerSchema")
        /// It has been closed.
        public static let closed = Self("closed")
        /// The system reported an error in reading or writing.
        public static let inputOutput = Self("inputOutput")
        /// It was given a value where it keeps bytes only.
        public static let needsBytes = Self("needsBytes")
        /// So many calls are waiting for it already that it takes no more at the moment.
        public static let overloaded = Self("overloaded")
        /// Anything else.
        public static let other = Self("other")
    }

    /// What kind of error it is.
    public let code: Code
    /// What is wrong, where, and what can be done about it.
    public let reason: String
    /// Whether the same call may succeed a little later.
    public let isPassing: Bool

    /// Makes an error.
    public init(_ code: Code, reason: String, isPassing: Bool = false) {
        self.code = code
        self.reason = reason
        self.isPassing = isPassing
    }

    /// Code and reason in one line.
    public var description: String { "\(code): \(reason)" }
}
