// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a source could not do.
public struct SourceError: Error, Hashable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// There is no shard of this name.
        public static let shardNotFound = Self("shardNotFound")
        /// What was given cannot be: a key too long, a range that is no range.
        public static let invalidArgument = Self("invalidArgument")
        /// There is no room: more bytes or records than it may keep.
        public static let full = Self("full")
        /// Anything else.
        public static let other = Self("other")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// What happened, and what to do.
    public let reason: String

    /// Makes an error.
    public init(_ code: Code, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The code and the reason.
    public var description: String { "\(code): \(reason)" }
}
