// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct BulkheadStateMachineTests {
    private typealias Machine = BulkheadStateMachine<Int, Token>

    private func text(_ action: Machine.EnqueueAction) -> String {
        switch action {
        case .none: "none"
        case .wake: "wake"
        case .startThread: "start"
        }
    }

    private func text(_ action: Machine.NextAction) -> String {
        switch action {
        case .run(let work): "run \(work)"
        case .sleep: "sleep"
        case .exit: "exit"
        }
    }

    @Test("Threads are started up to the maximum, one at least", arguments: [(1, 1), (3, 3), (0, 1), (-5, 1)])
    func maximum(asked: Int, started: Int) {
        var machine = Machine(maximumThreads: asked)
        let actions = (0..<5).map { text(machine.enqueue($0)) }
        #expect(actions == Array(repeating: "start", count: started) + Array(repeating: "none", count: 5 - started))
        #expect(machine.threads == started)
    }

    @Test("Work is done in the order of arrival, however much there is", arguments: [1, 10, 1_000])
    func order(count: Int) {
        var machine = Machine(maximumThreads: 1)
        for work in 0..<count { _ = machine.enqueue(work) }
        let thread = Token()
        for work in 0..<count { #expect(text(machine.next(for: thread)) == "run \(work)") }
        #expect(text(machine.next(for: thread)) == "sleep")
    }

    @Test("A thread that looks again for nothing, woken a moment too late, is counted on once only")
    func wokenTooLate() {
        var machine = Machine(maximumThreads: 2)
        let thread = Token()
        _ = machine.enqueue(1)
        _ = machine.next(for: thread)
        #expect(text(machine.next(for: thread)) == "sleep")
        // Its time is up as work comes: it finds the work by itself, and the wake-up comes when it sleeps again.
        #expect(text(machine.enqueue(2)) == "wake")
        let isRetired = machine.retire(thread)
        #expect(!isRetired)
        #expect(text(machine.next(for: thread)) == "run 2")
        #expect(text(machine.next(for: thread)) == "sleep")
        #expect(text(machine.next(for: thread)) == "sleep")
        #expect(text(machine.enqueue(3)) == "wake")
        #expect(text(machine.next(for: thread)) == "run 3")
        #expect(text(machine.enqueue(4)) == "start")
    }

    @Test("The thread that went idle last is woken first, and no other is started")
    func lastIdle() {
        var machine = Machine(maximumThreads: 4)
        let (first, second) = (Token(), Token())
        for thread in [first, second] {
            _ = machine.enqueue(1)
            _ = machine.next(for: thread)
        }
        #expect(text(machine.next(for: first)) == "sleep")
        #expect(text(machine.next(for: second)) == "sleep")
        guard case .wake(let woken) = machine.enqueue(3) else {
            Issue.record("nobody is woken")
            return
        }
        #expect(woken === second)
        #expect(machine.threads == 2)
    }

    @Test("A thread retires that nobody has woken; one that was woken must look for work")
    func retire() {
        var machine = Machine(maximumThreads: 2)
        let thread = Token()
        _ = machine.enqueue(1)
        _ = machine.next(for: thread)
        _ = machine.next(for: thread)
        _ = machine.enqueue(2)
        #expect(machine.retire(thread) == false)
        #expect(text(machine.next(for: thread)) == "run 2")
        #expect(text(machine.next(for: thread)) == "sleep")
        #expect(machine.retire(thread) == true)
        #expect(machine.threads == 0)
        #expect(text(machine.enqueue(3)) == "start")
    }

    @Test("After closing what is there is done before the threads end")
    func close() {
        var machine = Machine(maximumThreads: 2)
        let (busy, idle) = (Token(), Token())
        _ = machine.enqueue(1)
        _ = machine.next(for: idle)
        _ = machine.next(for: idle)
        #expect(machine.close().map { $0 === idle } == [true])
        #expect(text(machine.next(for: idle)) == "exit")
        #expect(text(machine.enqueue(2)) == "start", "work that comes late is done too")
        #expect(text(machine.next(for: busy)) == "run 2")
        #expect(text(machine.next(for: busy)) == "exit")
        #expect(machine.threads == 0)
    }

    @Test("No work waits while a thread sleeps, and all of it is done once, in any sequence", arguments: 1...6)
    func sequence(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var machine = Machine(maximumThreads: 3)
        var awake: [Token] = []
        var asleep: [Token] = []
        var (given, done) = (0, 0)
        for step in 0..<3_000 {
            if random.chance(45) {
                switch machine.enqueue(given) {
                case .startThread: awake.append(Token())
                case .wake(let thread):
                    asleep.removeAll { $0 === thread }
                    awake.append(thread)
                case .none: break
                }
                given += 1
            } else if random.chance(15), let thread = asleep.first {
                if machine.retire(thread) { asleep.removeFirst() }
            } else if let place = awake.indices.randomElement(using: &random) {
                switch machine.next(for: awake[place]) {
                case .run(let work):
                    #expect(work == done, "seed \(seed), step \(step)")
                    done += 1
                case .sleep: asleep.append(awake.remove(at: place))
                case .exit: Issue.record("seed \(seed), step \(step): a thread ended")
                }
            }
            let isStuck = given > done && awake.isEmpty
            guard !isStuck, machine.threads == awake.count + asleep.count, machine.threads <= 3 else {
                Issue.record("seed \(seed), step \(step): \(given - done) wait, \(awake.count) threads are awake")
                return
            }
        }
        #expect(done > 1_000)
    }
}
