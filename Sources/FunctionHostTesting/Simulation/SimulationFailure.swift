// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why a simulation came to no good end.
public struct SimulationFailure: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: String, Sendable, Hashable {
        /// Nothing could run any more, and the code had not ended.
        case deadlock
        /// It took more steps than allowed.
        case endless
        /// Something was started that is no child of any task, or slept on the machine's clock.
        case unstructuredTask
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// The seed with which it happens again.
    public let seed: Int
    /// The strategy with which it happens again.
    public let strategy: SimulationStrategy
    /// What happened.
    public let reason: String

    init(_ kind: Kind, _ simulation: Simulation, _ reason: String) {
        self.kind = kind
        seed = simulation.seed
        strategy = simulation.strategy
        self.reason = reason
    }

    /// What happened, and how to make it happen again.
    public var description: String {
        "\(kind): \(reason) Replay: .simulated(seeds: [\(seed)], strategies: [\(strategy)])"
    }
}
