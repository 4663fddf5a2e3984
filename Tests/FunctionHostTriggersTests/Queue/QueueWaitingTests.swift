// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import FunctionHostTriggersTesting
import Synchronization
import Testing

@Suite struct QueueWaitingTests {
    @Test("What can be received is a change when it comes to be so, and not before")
    func changes() async throws {
        let bench = try QueueBench()
        let watch = bench.queue.watch()
        var seen = watch.count
        func hasChanged() -> Bool {
            defer { seen = watch.count }
            return watch.count != seen
        }
        try bench.queue.send("a")
        #expect(hasChanged())
        try bench.queue.send("b", delay: .seconds(5))
        #expect(!hasChanged())
        let message = try await bench.receiveOne(visibility: .seconds(60))
        #expect(!hasChanged())
        bench.clock.advance(by: .seconds(5))
        #expect(hasChanged(), "the delay is over, and the alarm says so")
        bench.clock.advance(by: .seconds(5))
        #expect(try await bench.change(message, to: .zero))
        #expect(hasChanged())
        _ = try await bench.receive(visibility: .seconds(7))
        bench.clock.advance(by: .seconds(7) - .nanoseconds(1))
        #expect(!hasChanged())
        bench.clock.advance(by: .nanoseconds(1))
        #expect(hasChanged(), "both are visible again")
    }

    @Test("A group that waits for nothing any more is a change")
    func groups() async throws {
        let bench = try QueueBench("jobs.fifo")
        for body in ["a1", "a2"] { try bench.send(body, to: "a") }
        let first = try await bench.receiveOne()
        let watch = bench.queue.watch()
        try bench.send("a3", to: "a")
        #expect(watch.count == 0, "a1 is invisible, and so nothing can be received")
        #expect(try await bench.delete(first))
        #expect(watch.count > 0)
    }

    @Test("An error does not hide that time has made messages visible")
    func changeBesideError() async throws {
        let bench = try QueueBench { $0.messageLimit = 1 }
        try bench.queue.send("a", delay: .seconds(5))
        let watch = bench.queue.watch()
        bench.clock.advance(by: .seconds(5))
        #expect(await code { try bench.queue.send("b") } == .full)
        #expect(watch.count > 0)
    }

    @Test("The alarm is set for the next message only, and not again for those behind it")
    func alarm() async throws {
        let bench = try QueueBench()
        #expect(bench.clock.nextAlarm == nil)
        try bench.queue.send("a", delay: .seconds(10))
        try bench.queue.send("b", delay: .seconds(20))
        #expect(bench.clock.nextAlarm == HandMovedClock.start.advanced(by: .seconds(10)))
        try bench.queue.send("c", delay: .seconds(5))
        #expect(bench.clock.nextAlarm == HandMovedClock.start.advanced(by: .seconds(5)))
        bench.clock.advance(by: .seconds(5))
        #expect(bench.clock.nextAlarm == HandMovedClock.start.advanced(by: .seconds(10)))
        bench.clock.advance(by: .seconds(15))
        #expect(bench.clock.nextAlarm == nil)
    }

    @Test("A queue that is let go takes its alarm with it")
    func lettingGo() throws {
        let clock = HandMovedClock()
        weak var queue: InMemoryQueue?
        do {
            let bench = try QueueBench(clock: clock)
            try bench.queue.send("a", delay: .seconds(5))
            queue = bench.queue
        }
        #expect(queue == nil)
        clock.advance(by: .seconds(5))
    }

    @Test("Whoever has ended its subscription is told of nothing, and others are")
    func unsubscribed() throws {
        let bench = try QueueBench()
        let counts = Notes<Int>()
        let subscriptions = (0..<3).map { number in bench.queue.subscribe { counts.add(number) } }
        subscriptions[1].cancel()
        try bench.queue.send("a")
        #expect(counts.all == [0, 2])
        for subscription in subscriptions { subscription.cancel() }
        try bench.queue.send("b")
        #expect(counts.all == [0, 2])
    }

    @Test(
        "Workers that wait between receives lose no wake-up: each message is done, those of a group one after another",
        .simulated(seeds: 0..<200))
    func noLostWakeUp() async throws {
        let simulation = try #require(Simulation.current)
        let isFIFO = simulation.chance(0.5)
        let queue = try InMemoryQueue(isFIFO ? "jobs.fifo" : "jobs", system: .simulated)
        let done = Done()
        // A worker that is not woken is a deadlock, which the simulation reports.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await Self.work(on: queue, until: 24, done) } }
            for sender in 0..<3 {
                group.addTask {
                    for number in 0..<8 {
                        if simulation.chance(0.3) { try await simulation.advance(by: .seconds(1)) }
                        let body = "\(sender) \(number)"
                        if isFIFO {
                            try queue.send(body, groupID: "\(sender)", deduplicationID: body.replacing(" ", with: "-"))
                        } else {
                            try queue.send(body, delay: simulation.chance(0.5) ? .seconds(3) : .zero)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(done.all).count == 24)
        guard isFIFO else { return }
        for sender in 0..<3 {
            #expect(done.all.filter { $0.hasPrefix("\(sender) ") } == (0..<8).map { "\(sender) \($0)" })
        }
    }

    private static func work(on queue: InMemoryQueue, until count: Int, _ done: Done) async throws {
        let watch = queue.watch()
        while done.all.count < count {
            let seen = watch.count
            let messages = try await queue.receive(2, visibility: .seconds(10))
            for message in messages {
                // Some fail, and come again when their time is over, or at once.
                let simulation = Simulation.current
                if simulation?.chance(0.2) ?? false {
                    if simulation?.chance(0.5) ?? false {
                        _ = try await queue.changeVisibility(of: [message.receipt], to: .zero)
                    }
                    // None of its group may be done before it.
                    break
                }
                if try await queue.delete([message.receipt]) == [true] { done.add(message.body) }
            }
            if messages.isEmpty, done.all.count < count { await watch.wait(since: seen) }
            if done.all.count == count { try queue.wake() }
        }
    }
}

extension InMemoryQueue {
    /// Makes a change, so that nobody waits for work that will not come.
    fileprivate func wake() throws {
        if isFIFO { try send("end", groupID: "end", deduplicationID: "end") } else { try send("end") }
    }
}

/// What workers have done.
private final class Done: Sendable {
    private let bodies = Mutex<[String]>([])

    var all: [String] { bodies.withLock { $0 } }

    func add(_ body: String) { bodies.withLock { $0.append(body) } }
}
