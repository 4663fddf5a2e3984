// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What people write by hand: a limit, counters, a histogram, and a race of the handler and a sleep.
final class Racer: Sendable {
    struct TimedOut: Error {}
    struct Throttled: Error {}

    private struct State {
        var inFlight = 0
        var started = 0
        var succeeded = 0
        var failed = 0
        var throttled = 0
        var nanoseconds = 0.0
        var buckets = [Int](repeating: 0, count: 64)
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func run(timeout: Duration, _ handler: @escaping @Sendable () async throws -> Int) async throws -> Int {
        guard enter() else { throw Throttled() }
        let began = ContinuousClock.now
        do {
            let result = try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await handler() }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw TimedOut()
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
            leave(since: began, succeeded: true)
            return result
        } catch {
            leave(since: began, succeeded: false)
            throw error
        }
    }

    private func enter() -> Bool {
        state.withLock { state in
            guard state.inFlight < limit else {
                state.throttled += 1
                return false
            }
            state.inFlight += 1
            state.started += 1
            return true
        }
    }

    private func leave(since began: ContinuousClock.Instant, succeeded: Bool) {
        let nanoseconds = (ContinuousClock.now - began).nanoseconds
        state.withLock { state in
            state.inFlight -= 1
            if succeeded { state.succeeded += 1 } else { state.failed += 1 }
            state.nanoseconds += nanoseconds
            state.buckets[63 - max(1, UInt64(nanoseconds)).leadingZeroBitCount] += 1
        }
    }
}
