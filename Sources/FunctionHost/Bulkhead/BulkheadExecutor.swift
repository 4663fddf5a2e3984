// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The host's own threads for handlers that must not hold anyone else up.
///
/// A thread is started when work waits and none is idle, up to a limit, and ends after ten idle seconds or with the host. A
/// handler that spins keeps its thread; the others go on with theirs, and the operating system shares the processors out.
package final class BulkheadExecutor: TaskExecutor {
    private let threads: BulkheadThreads

    package init(maximumThreads: Int) { threads = BulkheadThreads(maximum: maximumThreads) }

    deinit { threads.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        threads.enqueue(UnownedJob(job), on: asUnownedTaskExecutor())
    }
}

/// The threads, which live a little longer than the executor they work for.
private final class BulkheadThreads: Sendable {
    private struct Work: Sendable {
        let job: UnownedJob
        let executor: UnownedTaskExecutor
    }

    private let state: Mutex<BulkheadStateMachine<Work, ThreadSignal>>
    private static let idleTime: Duration = .seconds(10)

    init(maximum: Int) { state = Mutex(BulkheadStateMachine(maximumThreads: maximum)) }

    func enqueue(_ job: UnownedJob, on executor: UnownedTaskExecutor) {
        switch state.withLock({ $0.enqueue(Work(job: job, executor: executor)) }) {
        case .none: break
        case .wake(let signal): signal.notify()
        case .startThread: startThread(named: "host-bulkhead") { self.loop() }
        }
    }

    func close() {
        for signal in state.withLock({ $0.close() }) { signal.notify() }
    }

    private func loop() {
        let signal = ThreadSignal()
        while true {
            switch state.withLock({ $0.next(for: signal) }) {
            case .run(let work): work.job.runSynchronously(on: work.executor)
            case .sleep:
                let isWoken = signal.wait(atMost: Self.idleTime)
                if !isWoken, state.withLock({ $0.retire(signal) }) { return }
            case .exit: return
            }
        }
    }
}
