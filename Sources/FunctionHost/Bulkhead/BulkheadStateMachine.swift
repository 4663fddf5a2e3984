// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which thread runs what: work in the order of arrival, the thread that went idle last woken first.
package struct BulkheadStateMachine<Work: Sendable, Signal: AnyObject & Sendable>: Sendable {
    package enum EnqueueAction: Sendable { case none, wake(Signal), startThread }
    package enum NextAction: Sendable { case run(Work), sleep, exit }

    package let maximumThreads: Int
    package private(set) var threads = 0
    private var work: ContiguousArray<Work> = []
    private var head = 0
    private var idle: [Signal] = []
    private var isClosed = false

    package init(maximumThreads: Int) { self.maximumThreads = max(1, maximumThreads) }

    package mutating func enqueue(_ new: Work) -> EnqueueAction {
        work.append(new)
        if let signal = idle.popLast() { return .wake(signal) }
        guard threads < maximumThreads else { return .none }
        threads += 1
        return .startThread
    }

    /// A thread has nothing to do.
    package mutating func next(for signal: Signal) -> NextAction {
        // It may still be among the idle: what woke it may have been meant for work that it had found by itself. There twice,
        // or there while it works, it would be woken for work that nobody does.
        idle.removeAll { $0 === signal }
        if head < work.count {
            defer {
                head += 1
                if head > 256, head * 2 > work.count {
                    work.removeFirst(head)
                    head = 0
                }
            }
            return .run(work[head])
        }
        work.removeAll(keepingCapacity: work.count <= 1_024)
        head = 0
        if isClosed {
            threads -= 1
            return .exit
        }
        idle.append(signal)
        return .sleep
    }

    /// A thread has slept long enough; false if it was woken in the same moment and must look for work.
    package mutating func retire(_ signal: Signal) -> Bool {
        guard let index = idle.firstIndex(where: { $0 === signal }) else { return false }
        idle.remove(at: index)
        threads -= 1
        return true
    }

    /// Lets the threads end when all work is done; those returned sleep and have to be woken.
    package mutating func close() -> [Signal] {
        isClosed = true
        defer { idle = [] }
        return idle
    }
}
