// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// What somebody wants of a mapping, and what it is doing.
final class MappingControl<Configuration: Sendable>: Sendable {
    enum Wish: Sendable {
        case run
        case pause
        case delete
    }

    private struct State {
        var configuration: Configuration
        var wish = Wish.run
        var state = MappingState.creating
        /// Counts changes of the configuration, so that whoever works with an old one is known.
        var generation = 0
        var isAtWork = false

        /// Whoever comes first works; the others have nothing to do.
        mutating func beginWork() -> Bool {
            defer { isAtWork = true }
            return !isAtWork
        }
    }

    private let state: Mutex<State>
    /// Called whenever something else is wanted.
    let wakeup = Wakeup()

    init(_ configuration: Configuration) { state = Mutex(State(configuration: configuration)) }

    var status: MappingState { state.withLock { $0.state } }
    var configuration: Configuration { state.withLock { $0.configuration } }
    var wanted: Wish { state.withLock { $0.wish } }

    func wish(_ wish: Wish, _ transition: MappingState) {
        state.withLock { state in
            guard state.wish != .delete, state.wish != wish else { return }
            state.wish = wish
            state.state = transition
        }
        wakeup.call()
    }

    /// Changes the configuration; again if somebody else did meanwhile, so that neither change is lost.
    ///
    /// - Parameter changed: The configuration that is to follow another one; called without a lock.
    func update<Failure: Error>(_ changed: (Configuration) throws(Failure) -> Configuration) throws(Failure) {
        while true {
            let (old, generation) = begin()
            let new = try changed(old)
            let isLatest = state.withLock { state in
                guard state.generation == generation else { return false }
                state.configuration = new
                state.generation += 1
                if state.state == .enabled { state.state = .updating }
                return true
            }
            if isLatest { return wakeup.call() }
        }
    }

    /// The mapping has come to be what was wanted, if it still is.
    func became(_ new: MappingState, as wish: Wish) { state.withLock { if $0.wish == wish { $0.state = new } } }

    /// The configuration to work with, and what tells whether it still is.
    func begin() -> (configuration: Configuration, generation: Int) {
        state.withLock { ($0.configuration, $0.generation) }
    }

    /// Whether to go on as begun.
    func isCurrent(_ generation: Int) -> Bool { state.withLock { $0.wish == .run && $0.generation == generation } }

    /// Does what is wanted, one thing after another; nothing while somebody does already, as where a mapping is attached twice.
    ///
    /// - Parameters:
    ///   - poll: Works until something else is wanted (true) or the host shuts down (false).
    ///   - forget: Cleans up when the mapping is deleted.
    func run(
        on host: FunctionHost, poll: () async -> Bool, forget: () async -> Void
    ) async {
        guard state.withLock({ $0.beginWork() }) else { return }
        defer { state.withLock { $0.isAtWork = false } }
        while true {
            switch wanted {
            case .run: guard await poll() else { return }
            case .pause:
                became(.disabled, as: .pause)
                guard await wakeup.wait(on: host, until: nil) else { return }
            case .delete:
                await forget()
                return became(.deleted, as: .delete)
            }
        }
    }
}

/// What a mapping is doing.
///
/// Source: AWS Lambda API Reference, *EventSourceMappingConfiguration*, `State`.
public enum MappingState: String, Sendable, Hashable {
    /// It waits for the host to run.
    case creating = "Creating"
    /// It works.
    case enabled = "Enabled"
    /// It is about to work again.
    case enabling = "Enabling"
    /// It waits for its batches to end.
    case disabling = "Disabling"
    /// It does nothing until it is resumed.
    case disabled = "Disabled"
    /// It is about to work with another configuration.
    case updating = "Updating"
    /// It waits for its batches to end, and is gone then.
    case deleting = "Deleting"
    /// It is gone.
    case deleted = "Deleted"
}
