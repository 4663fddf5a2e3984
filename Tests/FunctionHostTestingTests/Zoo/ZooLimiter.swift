// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// Lets so many in at a time; who waits is served in the order of arrival, and may be cancelled.
final class ZooLimiter: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
        var nextID = 0
        var arrivals: [Int] = []

        mutating func take() -> Bool {
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    private let bug: PlantedBug?
    private let state: Mutex<State>

    init(limit: Int, _ bug: PlantedBug?) {
        self.bug = bug
        state = Mutex(State(free: limit))
    }

    /// Who came, in the order in which they came to the queue.
    var arrivals: [Int] { state.withLock { $0.arrivals } }
    var free: Int { state.withLock { $0.free } }

    func acquire(_ number: Int) async throws {
        if bug == .limitCheckedBeforeAwait, free > 0 {
            state.withLock { $0.arrivals.append(number) }
            await Task.yield()
            return state.withLock { $0.free -= 1 }
        }
        if bug == .wakeUpLost {
            if state.withLock({ $0.take() }) { return }
            // Whoever gives back now finds nobody waiting.
            await Task.yield()
        }
        var isMine = try await wait(number)
        while !isMine { isMine = try await wait(number) }
        guard Task.isCancelled else { return }
        // Its turn came in the moment of its cancellation.
        if bug != .permitLostOnCancel { release() }
        if bug == .permitReturnedTwice { release() }
        throw CancellationError()
    }

    /// Returns whether the permit was handed over, rather than the news that there may be one.
    private func wait(_ number: Int) async throws -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = enter(number, Waiter(id: id, continuation: continuation)) {
                    continuation.resume(returning: answer)
                }
            }
        } onCancel: {
            leave(id)?.resume(returning: false)
        }
        guard isGranted else { throw CancellationError() }
        return bug == .waiterOvertaken ? state.withLock { $0.take() } : true
    }

    private func enter(_ number: Int, _ waiter: Waiter) -> Bool? {
        state.withLock { state in
            if !state.arrivals.contains(number) { state.arrivals.append(number) }
            if state.cancelled.remove(waiter.id) != nil { return false }
            if bug == .waiterOvertaken, state.free > 0 { return true }
            if bug != .wakeUpLost, state.take() { return true }
            state.waiters.insert(waiter, at: bug == .waiterServedLastFirst ? 0 : state.waiters.count)
            return nil
        }
    }

    private func leave(_ id: Int) -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.waiters.remove(at: index).continuation
        }
    }

    func release() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            let first = state.waiters.isEmpty ? nil : state.waiters.removeFirst()
            // Overtaken: the permit is put back for whoever is quickest.
            if first == nil || bug == .waiterOvertaken { state.free += 1 }
            return first?.continuation
        }
        next?.resume(returning: true)
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let limiter = ZooLimiter(limit: 1, bug)
        let witness = ZooWitness()
        let inside = Cell(0)
        let grants = Log<Int>()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    await zooPause()
                    // Only cancellation keeps it out, which is checked below.
                    guard (try? await limiter.acquire(number)) != nil else { return }
                    grants.append(number)
                    inside.value += 1
                    witness.expect(inside.value == 1, "\(inside.value) inside a limit of 1")
                    await zooPause()
                    inside.value -= 1
                    limiter.release()
                }
            }
            await zooPause(12)
            if Simulation.current?.chance(0.5) ?? false { group.cancelAll() }
        }
        let granted = Set(grants.entries)
        witness.expect(
            grants.entries == limiter.arrivals.filter(granted.contains),
            "\(limiter.arrivals) came, \(grants.entries) were served")
        witness.expect(limiter.free == 1, "\(limiter.free) permits are left of 1")
        try witness.testify()
    }
}
