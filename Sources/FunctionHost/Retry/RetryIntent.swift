// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by a handler: no other attempt would help, the event has failed for good.
///
/// Whoever is told of the failure sees the error inside.
public struct DoNotRetry: Error, CustomStringConvertible {
    /// Why.
    public let reason: any Error

    /// Says why by an error.
    public init(_ reason: any Error) { self.reason = reason }

    /// Says why in words, which may be logged: no part of a payload should be among them.
    public init(_ text: String) { reason = Words(text: text) }

    /// What the reason says.
    public var description: String { String(describing: reason) }

    /// A reason that is no error by itself.
    private struct Words: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    /// The error inside; nil where there are words only.
    package var inner: (any Error)? { reason is Words ? nil : reason }
}

/// Thrown by a handler: not now, but after some time, and this attempt is not to count.
///
/// For what will pass by itself, such as a service that says when to come back. The event's age still ends it.
public struct RetryLater: Error, Hashable, CustomStringConvertible {
    /// How long to wait; a negative time counts as none.
    public let delay: Duration

    /// Asks for another attempt after this time.
    public init(after delay: Duration) { self.delay = delay }

    /// What was asked for.
    public var description: String { "to be tried again after \(delay)" }
}
