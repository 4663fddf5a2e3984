// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What ends a subscription to a source's changes.
public struct SourceSubscription: Sendable {
    private let end: @Sendable () -> Void

    /// A subscription that `end` ends.
    public init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    /// Nothing is told from now on; a call that is under way may still come.
    public func cancel() { end() }
}
