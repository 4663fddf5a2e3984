// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Waits for sockets on one thread of its own, with `poll`, so that no task holds a thread of the pool while it waits.
final class Poller: Sendable {
    enum Interest {
        case reading, writing

        var events: Int16 {
            switch self {
            case .reading: Int16(POLLIN)
            case .writing: Int16(POLLOUT)
            }
        }
    }

    private struct Waiter {
        let events: Int16
        let deadline: ContinuousClock.Instant?
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// At most one for each descriptor: a socket is read or written, not both at a time.
        var waiters: [Int32: Waiter] = [:]
        /// Descriptors nobody may wait for any more, until they are closed.
        var withdrawn: Set<Int32> = []
        var isStopped = false
    }

    private let state = Mutex(State())
    /// A byte in it makes the thread look at the waiters anew.
    private let pipe: (reading: Int32, writing: Int32)

    init() throws {
        pipe = try makePipe()
        startThread { self.loop() }
    }

    /// Whether the descriptor became ready in time; false too if the task is cancelled or the descriptor withdrawn.
    func isReady(
        _ descriptor: Int32, for interest: Interest, until deadline: ContinuousClock.Instant? = nil
    ) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRefused = state.withLock { state in
                    // A cancellation after this finds the waiter, because it needs the lock as well.
                    if state.isStopped || Task.isCancelled || state.withdrawn.contains(descriptor) { return true }
                    state.waiters[descriptor] = Waiter(
                        events: interest.events, deadline: deadline, continuation: continuation)
                    return false
                }
                if isRefused { continuation.resume(returning: false) } else { wake() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: descriptor) }?.continuation.resume(returning: false)
        }
    }

    /// Sends whoever waits for the descriptor away, now and later.
    func withdraw(_ descriptor: Int32) {
        let waiter = state.withLock { state in
            state.withdrawn.insert(descriptor)
            return state.waiters.removeValue(forKey: descriptor)
        }
        waiter?.continuation.resume(returning: false)
    }

    /// Closes a descriptor that nobody waits for; its number may then mean another socket.
    func close(_ descriptor: Int32) {
        state.withLock { state in
            state.withdrawn.remove(descriptor)
            closeDescriptor(descriptor)
        }
    }

    /// Ends the thread and sends everybody away.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    private func wake() { _ = write(pipe.writing, [1], 1) }

    // MARK: - The thread

    private func loop() {
        var isStopped = false
        while !isStopped {
            let (waiting, next) = state.withLock { state in
                (state.waiters.mapValues(\.events), state.waiters.values.compactMap(\.deadline).min())
            }
            var entries = [pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)]
            entries += waiting.map { pollfd(fd: $0.key, events: $0.value, revents: 0) }
            poll(&entries, nfds_t(entries.count), next.map(milliseconds(until:)) ?? -1)
            if entries[0].revents != 0 { empty() }
            let ready = Set(entries.dropFirst().filter { $0.revents != 0 }.map(\.fd))
            let (answers, end) = state.withLock { (take(ready, from: &$0), $0.isStopped) }
            for (waiter, isReady) in answers { waiter.continuation.resume(returning: isReady) }
            isStopped = end
        }
        closeDescriptor(pipe.reading)
        closeDescriptor(pipe.writing)
    }

    /// Takes out who is to be answered: who is ready, who is out of time, and at the end everybody.
    private func take(_ ready: Set<Int32>, from state: inout State) -> [(Waiter, Bool)] {
        let now = ContinuousClock.now
        let isStopped = state.isStopped
        let taken = state.waiters.filter { descriptor, waiter in
            isStopped || ready.contains(descriptor) || waiter.deadline.map { $0 <= now } ?? false
        }
        for descriptor in taken.keys { state.waiters[descriptor] = nil }
        return taken.map { ($0.value, !isStopped && ready.contains($0.key)) }
    }

    private func milliseconds(until time: ContinuousClock.Instant) -> Int32 {
        Int32(max(0, min(60_000, (time - .now) / .milliseconds(1) + 1)))
    }

    private func empty() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(pipe.reading, &bytes, bytes.count) == bytes.count {}
    }
}
