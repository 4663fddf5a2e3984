// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite("Enqueueing", .simulated(seeds: 0..<12))
struct EnqueueTests {
    private func host(_ change: (inout FunctionHost.Configuration) -> Void = { _ in }) -> FunctionHost {
        var configuration = FunctionHost.Configuration()
        change(&configuration)
        return FunctionHost(configuration: configuration, system: .simulated)
    }

    @Test("A second event with the same key is a duplicate while the first is active, and answers with its id")
    func idempotency() async throws {
        let host = host()
        let runs = Mutex(0)
        let pay = try host.register("pay") { (_: Int, context) in
            runs.withLock { $0 += 1 }
            try await context.sleep(for: .seconds(1))
        }
        let options = EnqueueOptions(idempotencyKey: "order 1")
        try await host.run {
            let first = try await host.enqueue(pay, with: 1, options: options)
            try await host.waitUntilStarted()
            #expect(try await host.enqueue(pay, with: 1, options: options) == first)
            try await host.drain()
            #expect(runs.withLock { $0 } == 1)
            #expect(try await host.enqueue(pay, with: 1, options: options) != first)
            try await host.drain()
            #expect(runs.withLock { $0 } == 2)
        }
    }

    @Test("While queued a key holds until the first attempt begins; within a time it outlives the event")
    func otherModes() async throws {
        let host = host()
        let pay = try host.register("pay") { (_: Int, context) in try await context.sleep(for: .seconds(1)) }
        let queued = EnqueueOptions(idempotencyKey: "a", deduplication: .whileQueued)
        let within = EnqueueOptions(idempotencyKey: "b", deduplication: .within(.seconds(60)))
        let waiting = try await host.enqueue(pay, with: 1, options: queued)
        #expect(try await host.enqueue(pay, with: 1, options: queued) == waiting)
        let first = try await host.enqueue(pay, with: 1, options: within)
        try await host.run {
            try await host.drain()
            #expect(try await host.enqueue(pay, with: 1, options: queued) != waiting)
            #expect(try await host.enqueue(pay, with: 1, options: within) == first)
            try await Simulation.current?.advance(by: .seconds(60))
            #expect(try await host.enqueue(pay, with: 1, options: within) != first)
            try await host.drain()
        }
    }

    @Test("A batch is accepted as a whole, with a receipt for each, duplicates among themselves included")
    func batch() async throws {
        let host = host { $0.queueCapacity = 3 }
        let seen = Mutex<[Int]>([])
        let note = try host.register("note") { (number: Int, _) in seen.withLock { $0.append(number) } }
        let keyed = EnqueueOptions(idempotencyKey: "k")
        let receipts = try await host.enqueue(note, batch: [(1, keyed), (2, keyed), (3, nil)])
        #expect(receipts.map(\.isDuplicate) == [false, true, false])
        #expect(receipts[1].id == receipts[0].id)
        await expectRefusal(.queueFull, of: "note") { try await host.enqueue(note, batch: [4, 5]) }
        #expect(try await host.queueFigures().ready == 2)
        #expect(try await host.enqueue(note, batch: []).isEmpty)
        try await host.run { try await host.drain() }
        #expect(seen.withLock { $0.sorted() } == [1, 3])
    }

    @Test(
        "Events of one ordering key run one after another in order, retries included, and others do not wait for them")
    func ordering() async throws {
        let host = host()
        let seen = Mutex<[String]>([])
        let inside = Mutex<Set<String>>([])
        var configuration = FunctionConfiguration()
        configuration.retry = .constant(maximumAttempts: 3, delay: .seconds(10))
        let step = try host.register("step", configuration: configuration) { (text: String, context) in
            let key = String(text.prefix(1))
            #expect(inside.withLock { $0.insert(key).inserted }, "two of \(key) at once")
            defer { inside.withLock { _ = $0.remove(key) } }
            try await context.sleep(for: .milliseconds(10))
            if text == "a1", context.attempt < 3 { throw Broken() }
            seen.withLock { $0.append(text) }
        }
        for number in 0..<4 {
            for key in ["a", "b"] {
                try await host.enqueue(step, with: "\(key)\(number)", options: .init(orderingKey: key))
            }
        }
        try await host.run { try await host.drain() }
        let order = seen.withLock { $0 }
        #expect(order.filter { $0.hasPrefix("a") } == ["a0", "a1", "a2", "a3"])
        #expect(order.filter { $0.hasPrefix("b") } == ["b0", "b1", "b2", "b3"])
        #expect(order.firstIndex(of: "b3") ?? 9 < order.firstIndex(of: "a1") ?? 0)
    }

    @Test("A queued event is cancelled without a trace, a running one's handler is, and neither is a dead letter")
    func cancel() async throws {
        let host = host()
        let cancelled = Mutex(0)
        let work = try host.register("work", configuration: .init(timeout: .seconds(100))) { (_: Int, context) in
            do {
                try await context.sleep(for: .seconds(50))
            } catch {
                cancelled.withLock { $0 += 1 }
                throw error
            }
        }
        try await host.run {
            let running = try await host.enqueue(work, with: 1)
            let waiting = try await host.enqueue(work, with: 2, options: .init(delay: .seconds(10)))
            try await host.waitUntilStarted()
            #expect(try await host.cancel(waiting) == .removed)
            #expect(try await host.cancel(running) == .requested)
            try await host.drain()
            #expect(try await host.cancel(running) == .notFound)
            #expect(cancelled.withLock { $0 } == 1)
            #expect(try await host.deadLetters.list().isEmpty)
            #expect(host.phase == .running)
        }
    }

    @Test("A full queue refuses and says when to come back, by count and by bytes")
    func full() async throws {
        let host = host {
            $0.queueCapacity = 2
            $0.queueBytes = 10
        }
        try host.register("note") { (_: [Int], _) in }
        try await host.enqueue(named: "note", payload: Array("[1]".utf8))
        let error = await expectRefusal(.queueFull, of: "note") {
            try await host.enqueue(named: "note", payload: Array("[1,2,3,4]".utf8))
        }
        #expect(error?.retryAfter == .seconds(1))
        try await host.enqueue(named: "note", payload: Array("[2]".utf8))
        await expectRefusal(.queueFull, of: "note") { try await host.enqueue(named: "note", payload: Array("[]".utf8)) }
        try await host.run {
            try await host.drain()
            try await host.enqueue(named: "note", payload: Array("[1,2,3]".utf8))
            try await host.drain()
        }
    }

    @Test("Whoever waits for room gets it in order, is told when the time is up, and leaves no trace when cancelled")
    func waitForRoom() async throws {
        let host = host { $0.queueCapacity = 1 }
        let order = Mutex<[Int]>([])
        let gate = Gate()
        let work = try host.register("work", configuration: .init(timeout: nil)) { (number: Int, _) in
            if number == 0 { await gate.pass() }
            order.withLock { $0.append(number) }
        }
        let (patient, impatient) = (Self.waiting(.seconds(60)), Self.waiting(.seconds(1)))
        try await host.run {
            try await host.enqueue(work, with: 0)
            try await host.waitUntilStarted()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...3 {
                    group.addTask { try await host.enqueue(work, with: number, options: patient) }
                    try await Simulation.current?.advance(by: .milliseconds(10))
                }
                await expectRefusal(.queueFull, of: "work") {
                    try await host.enqueue(work, with: 9, options: impatient)
                }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await host.enqueue(work, with: 8, options: patient)
                        }
                    }
                    group.cancelAll()
                }
                gate.open()
                try await group.waitForAll()
            }
            try await host.drain()
        }
        #expect(order.withLock { $0 } == [0, 1, 2, 3])
    }

    private static func waiting(_ limit: Duration) -> EnqueueOptions {
        var options = EnqueueOptions()
        options.saturation = .wait(atMost: limit)
        return options
    }

    @Test("Options out of their range are refused, with function and reason")
    func badOptions() async throws {
        let host = host()
        let work = try host.register("work") { (_: Int, _) in }
        var bad: [EnqueueOptions] = [
            .init(delay: .seconds(-1)), .init(idempotencyKey: ""),
            .init(orderingKey: String(repeating: "x", count: 257)),
            .init(idempotencyKey: "x", deduplication: .within(.zero)),
            .init(tags: Dictionary(uniqueKeysWithValues: (0..<33).map { ("\($0)", "") })),
            .init(tags: ["x": String(repeating: "y", count: 257)]),
        ]
        var young = EnqueueOptions()
        young.maximumAge = .milliseconds(999)
        bad.append(young)
        for options in bad {
            await expectRefusal(.invalidOptions, of: "work") { try await host.enqueue(work, with: 1, options: options) }
        }
        await expectRefusal(.notFound, of: "none") { try await host.enqueue("none" as Function<Int, Int>, with: 1) }
        await expectRefusal(.payloadTooLarge, of: "work") {
            try await host.enqueue(named: "work", payload: Array(repeating: 32, count: 1_048_577))
        }
        #expect(try await host.queueFigures().total == 0)
        await host.shutdown()
        await expectRefusal(.shuttingDown, of: "work") { try await host.enqueue(work, with: 1) }
    }

    @Test("An event for a time by the calendar waits for it, though the calendar's clock is not the host's")
    func runAt() async throws {
        let simulation = try #require(Simulation.current)
        simulation.stepWallClock(by: .seconds(86_400))
        let host = host()
        let start = host.now
        let times = Mutex<[Duration]>([])
        let work = try host.register("work") { (_: Int, context) in
            times.withLock { $0.append(start.duration(to: context.startedAt)) }
        }
        var options = EnqueueOptions()
        options.runAt = start.advanced(by: .seconds(86_400 + 100))
        try await host.run {
            try await host.enqueue(work, with: 1, options: options)
            try await host.drain()
        }
        #expect(times.withLock { $0.map(\.components.seconds) } == [100])
    }

    private struct Broken: Error {}
}

/// Checks that a call is refused, and gives the error back.
@discardableResult
private func expectRefusal(
    _ code: FunctionHostError.Code, of function: String, _ location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async -> FunctionHostError? {
    let error = await #expect(throws: FunctionHostError.self, sourceLocation: location) { _ = try await body() }
    #expect(error?.code == code, sourceLocation: location)
    #expect(error?.functionName == function, sourceLocation: location)
    #expect(error?.reason.isEmpty == false, sourceLocation: location)
    return error
}
