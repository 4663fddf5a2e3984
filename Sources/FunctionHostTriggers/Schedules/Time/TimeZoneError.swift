// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why there are no rules of a time zone.
public struct TimeZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Code: Hashable, Sendable {
        /// No zone can have that name: it is not made of `A-Z a-z 0-9 _ + -` and single slashes between them.
        case invalidName
        /// The database has no such zone.
        case unknown
        /// There is no time zone database on this machine.
        case noDatabase
        /// There is such a file, and the system cannot read it.
        case unreadable
        /// The file is not what a file of the database has to be.
        case malformed
    }

    /// What kind of error it is.
    public let code: Code
    /// The name that was asked for.
    public let name: String
    /// What is wrong, and what can be done about it.
    public let reason: String

    init(_ code: Code, name: String, reason: String) {
        self.code = code
        self.name = name
        self.reason = reason
    }

    /// Name, code and reason in one line.
    public var description: String { "time zone \(name.debugDescription): \(reason)" }
}
