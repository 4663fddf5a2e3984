// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something for the task group of `run()` to do.
struct HostWork: Sendable {
    /// Where; nil for wherever the group runs.
    let executor: (any TaskExecutor)?
    /// What its task is called where somebody looks.
    let name: String?
    let body: @Sendable () async -> Void

    init(executor: (any TaskExecutor)?, name: String?, _ body: @escaping @Sendable () async -> Void) {
        self.executor = executor
        self.name = name
        self.body = body
    }
}

/// What waits for the task group of `run()`, in the order in which it came.
///
/// Bounded by what may be in it: one entry for each permit and each environment.
final class WorkMailbox: Sendable {
    private struct State {
        var isOpen = false
        var work: ContiguousArray<HostWork> = []
        var consumer: CheckedContinuation<ContiguousArray<HostWork>?, Never>?
    }

    private let state = Mutex(State())

    /// Takes work from now on.
    func open() { state.withLock { $0.isOpen = true } }

    /// Hands work over; false if nobody is there to do it.
    func submit(_ work: HostWork) -> Bool {
        let (isTaken, consumer) = state.withLock { state in
            guard state.isOpen else { return (false, CheckedContinuation<ContiguousArray<HostWork>?, Never>?.none) }
            defer { state.consumer = nil }
            if state.consumer == nil { state.work.append(work) }
            return (true, state.consumer)
        }
        consumer?.resume(returning: [work])
        return isTaken
    }

    /// Takes no more; what was submitted is still done.
    func close() {
        let consumer = state.withLock { state in
            state.isOpen = false
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }

    /// Everything there is to do, waiting for it if need be; nil once closed and empty.
    func next() async -> ContiguousArray<HostWork>? {
        await withCheckedContinuation { continuation in
            let (isNow, batch) = state.withLock { state -> (Bool, ContiguousArray<HostWork>?) in
                if !state.work.isEmpty {
                    defer { state.work = [] }
                    return (true, state.work)
                }
                guard state.isOpen else { return (true, nil) }
                state.consumer = continuation
                return (false, nil)
            }
            if isNow { continuation.resume(returning: batch) }
        }
    }
}
