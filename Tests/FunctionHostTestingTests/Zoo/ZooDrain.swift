// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// Takes work until it is drained; the drain ends when all work that was taken has ended.
final class ZooDrain: Sendable {
    private struct State {
        var isDraining = false
        var running = 0
        var drainer: CheckedContinuation<Void, Never>?
    }

    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(_ bug: PlantedBug?) { self.bug = bug }

    /// Whether the work is taken.
    func begin() async -> Bool {
        if bug == .drainReturnsTooEarly {
            guard state.withLock({ !$0.isDraining }) else { return false }
            // Taken, and not counted yet.
            await Task.yield()
            state.withLock { $0.running += 1 }
            return true
        }
        return state.withLock { state in
            if state.isDraining { return false }
            state.running += 1
            return true
        }
    }

    func end() {
        let drainer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.running -= 1
            guard state.running == 0 else { return nil }
            defer { state.drainer = nil }
            return state.drainer
        }
        drainer?.resume()
    }

    func drain() async {
        let running = state.withLock { state in
            state.isDraining = true
            return state.running
        }
        if running == 0 { return }
        if bug == .drainNeverReturns { await Task.yield() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                // The last one may have ended since.
                if state.running == 0, bug != .drainNeverReturns { return true }
                state.drainer = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let work = ZooDrain(bug)
        let witness = ZooWitness()
        let isOver = Cell(false)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await zooPause()
                    guard await work.begin() else { return }
                    await zooPause()
                    witness.expect(!isOver.value, "work goes on after the drain")
                    work.end()
                }
            }
            group.addTask {
                await zooPause(4)
                await work.drain()
                isOver.value = true
            }
        }
        try witness.testify()
    }
}

/// Counts who runs, whoever takes them out.
final class ZooCounter: Sendable {
    private let bug: PlantedBug?
    private let state = Mutex<(running: Int, total: Int)>((0, 0))

    init(_ bug: PlantedBug?) { self.bug = bug }

    var running: Int { state.withLock { $0.running } }
    var total: Int { state.withLock { $0.total } }

    func count(_ body: () async throws -> Void) async rethrows {
        state.withLock { $0.running += 1 }
        defer { state.withLock { $0.running -= 1 } }
        try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            if bug == .countedOutTwice { state.withLock { $0.running -= 1 } }
        }
    }

    func add(_ number: Int) async {
        if bug == .updateLost {
            let old = total
            await Task.yield()
            return state.withLock { $0.total = old + number }
        }
        state.withLock { $0.total += number }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let counter = ZooCounter(bug)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await counter.count {
                        await zooPause()
                        await counter.add(1)
                        await zooPause()
                    }
                }
            }
            await zooPause(6)
            if Simulation.current?.chance(0.3) ?? false { group.cancelAll() }
        }
        if counter.running != 0 { throw ZooFault("\(counter.running) run when nobody does") }
        if counter.total != 4 { throw ZooFault("\(counter.total) of 4 were counted") }
    }
}
