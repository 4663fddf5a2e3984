// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What becomes of an invocation that finds its limit reached.
public struct SaturationPolicy: Sendable, Hashable {
    /// How long an invocation waits for room; nil for not at all.
    public let patience: Duration?

    /// Throws ``FunctionHostError/Code/throttled`` at once.
    public static let reject = Self(patience: nil)

    /// Waits its turn, first come first served, and is throttled when `limit` has passed.
    public static func wait(atMost limit: Duration) -> Self { Self(patience: limit) }
}
