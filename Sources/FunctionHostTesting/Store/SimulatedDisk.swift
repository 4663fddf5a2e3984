// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// A disk with a store's file on it, which outlives the programs that use it.
///
/// ```swift
/// let disk = SimulatedDisk()
/// try Lives(seed: 7, crashes: 1...5).run { life in
///     let host = FunctionHost(store: SimulatedDiskStore(disk), system: .simulated)
///     …
/// }
/// ```
///
/// What a ``SimulatedDiskStore`` was told is done lies here; what was under way when a program crashed does not.
public final class SimulatedDisk: Sendable {
    /// What a crash leaves.
    public enum Durability: Sendable, Hashable {
        /// Everything that was acknowledged.
        case keepsAcknowledged
        /// What was synced: commits are acknowledged before that, and a crash loses those of the last moments, by lot.
        ///
        /// For tests of tests: what does not see this loss would not see another one.
        case losesUnsynced
    }

    typealias Commit = @Sendable (inout QueueStateMachine) -> Void

    private struct State {
        var queue = QueueStateMachine()
        /// As it was when it was last synced, and what has been done since; used only where that can be lost.
        var synced = QueueStateMachine()
        var unsynced: [Commit] = []
        var commitCount = 0
        var lostCount = 0
        /// The simulation whose end is a crash.
        var life: ObjectIdentifier?
    }

    /// What a crash leaves.
    public let durability: Durability
    private let state = Mutex(State())

    /// An empty disk.
    public init(_ durability: Durability = .keepsAcknowledged) { self.durability = durability }

    /// How many changes were made, all told.
    public var commitCount: Int { state.withLock { $0.commitCount } }

    /// How many of them crashes have lost.
    public var lostCount: Int { state.withLock { $0.lostCount } }

    /// How much there is, as whoever opens the disk would find it.
    public func figures(now: Timestamp) -> QueueFigures { state.withLock { $0.queue.figures(now: now) } }

    /// Where an event is; nil if it is gone or never was.
    public func status(of id: InvocationID) -> EventStatus? { state.withLock { $0.queue.status(of: id) } }

    /// All dead letters, those that died first first.
    public var deadLetters: [DeadLetter] {
        state.withLock { $0.queue.deadLetters(after: 0, limit: .max).map(\.letter) }
    }

    // MARK: - For the store

    /// Looks at what there is.
    func read<Result: Sendable>(_ body: @Sendable (inout QueueStateMachine) -> Result) -> Result {
        attach()
        return state.withLock { body(&$0.queue) }
    }

    /// Changes what there is, at once and altogether.
    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (inout QueueStateMachine) -> Result
    ) -> Result {
        attach()
        // By lot about every fourth commit syncs what came before it, as a timer would.
        let syncs = durability == .losesUnsynced && (Simulation.current?.chance(0.25) ?? true)
        return state.withLock { state in
            state.commitCount += 1
            let result = body(&state.queue)
            guard durability == .losesUnsynced else { return result }
            if syncs {
                state.synced = state.queue
                state.unsynced = []
            } else {
                state.unsynced.append { _ = body(&$0) }
            }
            return result
        }
    }

    /// Hears of it when the simulation that uses the disk is stopped dead.
    private func attach() {
        guard durability == .losesUnsynced, let simulation = Simulation.current else { return }
        let isNew = state.withLock { state in
            defer { state.life = ObjectIdentifier(simulation) }
            return state.life != ObjectIdentifier(simulation)
        }
        if isNew { simulation.onCrash { [weak self] random in self?.crash(&random) } }
    }

    /// Loses the last of what was not synced, by lot.
    func crash(_ random: inout SplitMix64) {
        state.withLock { state in
            guard !state.unsynced.isEmpty else { return }
            let kept = Int.random(in: 0...state.unsynced.count, using: &random)
            state.lostCount += state.unsynced.count - kept
            for commit in state.unsynced[..<kept] { commit(&state.synced) }
            state.queue = state.synced
            state.unsynced = []
        }
    }
}
