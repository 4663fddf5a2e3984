// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which version of a function is meant.
public struct Qualifier: Sendable, Hashable, CustomStringConvertible {
    /// The qualifier as text, `$LATEST` for the one that is being worked on.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The one version that can change, which is what `register` makes.
    public static let latest = Self("$LATEST")
}
