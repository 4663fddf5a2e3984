// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How a simulation chooses what runs next.
public struct SimulationStrategy: Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        case uniform
        case priorities(changes: Int)
    }

    let kind: Kind

    /// Each runnable task is as likely as any other: finds races between neighbours soon.
    public static let uniform = Self(kind: .uniform)

    /// Each task has a priority by lot, and the highest runs until it waits; at `changes` random steps the one that runs
    /// falls to the lowest. Finds what needs one task to be held up for long.
    ///
    /// Source: Burckhardt and others, *A randomized scheduler with probabilistic guarantees of finding bugs*, ASPLOS 2010
    /// (PCT, there with a depth of `changes + 1`).
    public static func priorities(changes: Int = 2) -> Self { Self(kind: .priorities(changes: max(0, changes))) }

    /// As it is written in a test.
    public var description: String {
        switch kind {
        case .uniform: ".uniform"
        case .priorities(let changes): ".priorities(changes: \(changes))"
        }
    }
}
