// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite("Events that fail", .simulated(seeds: 0..<12))
struct DeadLetterQueueTests {
    private let host = FunctionHost(system: .simulated)

    private func configuration(_ retry: RetryPolicy) -> FunctionConfiguration {
        var configuration = FunctionConfiguration()
        configuration.retry = retry
        return configuration
    }

    @Test("A letter is looked at, mended and sent again, with what it had, and counts that")
    func mend() async throws {
        let seen = Mutex<[String]>([])
        try host.register("parse", configuration: configuration(.never)) { (number: Int, context) in
            seen.withLock { $0.append("\(number) \(context.attempt) \(context.traceHeader ?? "")") }
        }
        var options = EnqueueOptions(tags: ["city": "SF"])
        options.traceHeader = "trace"
        try await host.run {
            let id = try await host.enqueue(named: "parse", payload: Array("\"seven\"".utf8), options: options)
            try await host.drain()
            let letter = try #require(try await host.deadLetters.list(where: .init(tags: ["city": "SF"])).first)
            #expect(letter.id == id)
            #expect(letter.cause == .payloadUndecodable)
            #expect(letter.attempts == 1)
            #expect(try host.deadLetters.payload(of: letter) == Array("\"seven\"".utf8))
            #expect(try await host.deadLetters.edit(id, payload: Array("7".utf8)))
            #expect(try await host.deadLetters.redrive(id))
            try await host.drain()
            #expect(seen.withLock { $0 } == ["7 1 trace"])
            #expect(try await host.deadLetters.count() == 0)
            #expect(try await host.deadLetters.redrive(id) == false)
        }
    }

    @Test("Letters are found by function, cause, time, tag and text, and purged by the same")
    func filters() async throws {
        let fail = try host.register("fail", configuration: configuration(.never)) { (text: String, _) in
            throw Refused(text: text)
        }
        try host.register("parse") { (_: Int, _) in }
        let start = host.now
        try await host.run {
            try await host.enqueue(fail, with: "apple", options: .init(tags: ["kind": "fruit"]))
            try await host.enqueue(named: "parse", payload: Array("\"pear\"".utf8))
            try await host.drain()
            try await Simulation.current?.advance(by: .seconds(10))
            try await host.enqueue(fail, with: "leek")
            try await host.drain()
            let letters = host.deadLetters
            #expect(try await letters.count() == 3)
            #expect(try await letters.count(where: .init(functionName: "fail")) == 2)
            #expect(try await letters.count(where: .init(cause: .payloadUndecodable)) == 1)
            #expect(try await letters.count(where: .init(tags: ["kind": "fruit"])) == 1)
            #expect(try await letters.count(where: .init(text: "leek")) == 1)
            #expect(try await letters.count(where: .init(text: "pear")) == 1)
            #expect(try await letters.count(where: .init(text: "Refused")) == 2)
            #expect(try await letters.count(where: .init(diedSince: start.advanced(by: .seconds(5)))) == 1)
            #expect(try await letters.count(where: .init(diedBefore: start.advanced(by: .seconds(5)))) == 2)
            #expect(try await letters.purge(where: .init(functionName: "fail")) == 2)
            #expect(try await letters.list().map(\.functionName) == ["parse"])
        }
    }

    @Test("A handler decides: never again, or later and uncharged")
    func intents() async throws {
        let attempts = Mutex<[String]>([])
        let work = try host.register("work") { (text: String, context) in
            attempts.withLock { $0.append("\(text) \(context.attempt)") }
            if text == "never" { throw DoNotRetry(Refused(text: "no")) }
            if attempts.withLock({ $0.count }) < 6 { throw RetryLater(after: .seconds(5)) }
        }
        let start = host.now
        try await host.run {
            let id = try await host.enqueue(work, with: "never")
            try await host.drain()
            let letter = try #require(try await host.deadLetters.letter(id))
            #expect(letter.cause == .retriesExhausted)
            #expect(letter.history.map(\.errorType) == ["Refused"])
            try await host.enqueue(work, with: "later")
            try await host.drain()
        }
        #expect(attempts.withLock { $0 } == ["never 1"] + Array(repeating: "later 1", count: 5))
        #expect(start.duration(to: host.now) >= .seconds(20))
    }

    @Test(
        "A destination that fails is tried five times, and then its record is a dead letter, and nothing follows from that"
    )
    func failingDestination() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        var configuration = FunctionConfiguration()
        configuration.onSuccess = .sink(BrokenDestination())
        configuration.onFailure = .sink(BrokenDestination())
        let work = try host.register("work", configuration: configuration) { (number: Int, _) in number }
        try await host.run {
            let id = try await host.enqueue(work, with: 1)
            try await host.drain()
            let letter = try #require(try await host.deadLetters.list().first)
            #expect(try await host.deadLetters.count() == 1)
            #expect(letter.cause == .destinationFailed)
            #expect(letter.attempts == 5)
            #expect(letter.event.details.origin == id)
            #expect(events.names.count { $0 == "delivery to broken failed" } == 1)
        }
    }

    @Test("A function that enqueues itself is stopped after sixteen times in its own chain")
    func recursion() async throws {
        let runs = Mutex(0)
        let host = self.host
        let loop: Function<Int, Void> = "loop"
        let refusals = Mutex<[FunctionHostError.Code]>([])
        try host.register(loop) { (number: Int, _) in
            runs.withLock { $0 += 1 }
            do {
                try await host.enqueue(loop, with: number + 1)
            } catch let error as FunctionHostError {
                refusals.withLock { $0.append(error.code) }
            }
        }
        try await host.run {
            try await host.enqueue(loop, with: 0)
            try await host.drain()
        }
        #expect(runs.withLock { $0 } == 17)
        #expect(refusals.withLock { $0 } == [.recursionLimit])
    }

    @Test("Two functions that are each other's destination are stopped, and what is stopped is a dead letter")
    func recursiveDestinations() async throws {
        let runs = Mutex(0)
        for (name, other) in [("ping", "pong"), ("pong", "ping")] {
            var configuration = FunctionConfiguration()
            configuration.onSuccess = .function(other)
            try host.register(raw: Function(name), configuration: configuration) { _, _ in
                runs.withLock { $0 += 1 }
                return Array("1".utf8)
            }
        }
        try await host.run {
            try await host.enqueue(named: "ping", payload: Array("1".utf8))
            try await host.drain()
            #expect(try await host.deadLetters.list().map(\.cause) == [.recursionLimit])
        }
        #expect((32...34).contains(runs.withLock { $0 }))
    }

    @Test("Events of a function that was removed are dead letters, and those of one that comes back are not")
    func removed() async throws {
        let work = try host.register("work") { (_: Int, _) in }
        let other = try host.register("other") { (_: Int, _) in }
        try await host.run {
            let id = try await host.enqueue(work, with: 1, options: .init(delay: .seconds(100)))
            try await host.enqueue(other, with: 2, options: .init(delay: .seconds(100)))
            try host.remove("work")
            try host.remove("other")
            try host.register("other") { (_: Int, _) in }
            try await host.drain()
            #expect(try await host.deadLetters.list().map(\.id) == [id])
            #expect(try await host.deadLetters.list().map(\.cause) == [.functionRemoved])
        }
    }

    @Test("An event of a function that nobody registers waits for one, until it is too old")
    func unknown() async throws {
        let store = InMemoryStore()
        do {
            let host = FunctionHost(store: store, system: .simulated)
            let old = try host.register("old") { (_: Int, _) in }
            try await host.enqueue(old, with: 1)
            try await host.enqueue(old, with: 2)
        }
        let next = FunctionHost(store: store, system: .simulated)
        let start = next.now
        let seen = Mutex<[Int]>([])
        try await next.run {
            try await next.drain()
            #expect(start.duration(to: next.now) >= .seconds(21_600))
            #expect(try await next.deadLetters.list().map(\.cause) == [.unknownFunction, .unknownFunction])
            #expect(try await next.deadLetters.list().map(\.attempts) == [0, 0])
            try next.register("old") { (number: Int, _) in seen.withLock { $0.append(number) } }
            #expect(try await next.deadLetters.redrive() == 2)
            try await next.drain()
        }
        #expect(seen.withLock { $0.sorted() } == [1, 2])
    }

    @Test("A retry budget puts retries off while everything fails, and nothing is given up for it")
    func budget() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.retryBudget = RetryBudget(share: 0.5, window: .seconds(10), reserve: 2)
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let attempts = Mutex<[Int64: Int]>([:])
        let start = host.now
        let work = try host.register(
            "work", configuration: self.configuration(.constant(maximumAttempts: 3, delay: .seconds(1)))
        ) { (_: Int, context) in
            attempts.withLock { $0[start.duration(to: context.startedAt).components.seconds / 10, default: 0] += 1 }
            throw Refused(text: "")
        }
        try await host.run {
            for second in 0..<20 {
                try await host.enqueue(work, with: second)
                try await Simulation.current?.advance(by: .seconds(1))
            }
            try await host.drain()
            #expect(try await host.deadLetters.count() == 20)
            #expect(try await host.deadLetters.list().allSatisfy { $0.attempts == 3 })
        }
        // Twenty arrivals in two windows: as many retries at most, and the reserve in each; without a budget sixty attempts.
        #expect(attempts.withLock { ($0[0] ?? 0) + ($0[1] ?? 0) } <= 46)
    }

    @Test("Who is told to come back later pays for one retry, however often")
    func budgetOfRetryLater() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.retryBudget = RetryBudget(share: 0, reserve: 1)
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let attempts = Mutex<[Int]>([])
        let work = try host.register(
            "work", configuration: self.configuration(.constant(maximumAttempts: 2, delay: .seconds(1)))
        ) { (_: Int, context) in
            attempts.withLock { $0.append(context.attempt) }
            if context.attempt == 1 { throw Refused(text: "") }
            if attempts.withLock({ $0.count }) < 5 { throw RetryLater(after: .seconds(1)) }
        }
        let start = host.now
        try await host.run {
            try await host.enqueue(work, with: 1)
            try await host.drain()
        }
        #expect(attempts.withLock { $0 } == [1, 2, 2, 2, 2])
        #expect(start.duration(to: host.now) == .seconds(4))
    }

    @Test("Metrics tell what was received, retried and given up, and the queue how old its dead letters are")
    func figures() async throws {
        let metrics = Metrics()
        let host = FunctionHost(observers: [metrics], system: .simulated)
        let work = try host.register(
            "work", configuration: configuration(.constant(maximumAttempts: 2, delay: .seconds(1)))
        ) {
            (number: Int, _) in
            if number > 0 { throw Refused(text: "") }
        }
        try await host.run {
            try await host.enqueue(work, batch: [0, 1, 2])
            try await host.drain()
            try await Simulation.current?.advance(by: .seconds(100))
            let figures = try #require(metrics.snapshot()["work"])
            #expect(figures.eventsReceived == 3)
            #expect(figures.eventsRetried == 2)
            #expect(figures.eventsDead == 2)
            #expect(figures.invocations == 5)
            #expect(figures.errors == 4)
            let queue = try await host.queueFigures()
            #expect(queue.dead == 2 && queue.active == 0 && queue.bytes > 0)
            #expect(try #require(queue.oldestDeadAge) >= .seconds(100))
        }
    }

    private struct Refused: Error, CustomStringConvertible {
        let text: String
        var description: String { "refused \(text)" }
    }

    private struct BrokenDestination: Destination {
        let name = "broken"
        func deliver(_ delivery: Delivery) async throws { throw Refused(text: "") }
    }
}
