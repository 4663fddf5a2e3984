// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// Runs a caller's work, and stops it when the caller is cancelled.
final class ZooSupervisor: Sendable {
    private struct State {
        var isStopped = false
        var stop: CheckedContinuation<Void, Never>?
    }

    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(_ bug: PlantedBug?) { self.bug = bug }

    /// The caller: returns when the work has ended, stopped or not.
    func call(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskCancellationHandler {
            if bug == .unstructuredTask { return await Task { await work() }.value }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await work() }
                await group.waitForAll()
            }
        } onCancel: {
            if bug != .cancelNotPropagated { stop() }
        }
    }

    /// The work waits here until it is stopped; cancellation of its task is not what it looks at.
    func waitForStop() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                if !state.isStopped { state.stop = continuation }
                return state.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    private func stop() {
        let continuation = state.withLock { state in
            state.isStopped = true
            defer { state.stop = nil }
            return state.stop
        }
        continuation?.resume()
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let supervisor = ZooSupervisor(bug)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await supervisor.call { await supervisor.waitForStop() } }
            await zooPause(4)
            group.cancelAll()
        }
    }
}
