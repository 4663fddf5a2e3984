// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Asynchronous invocation in memory, against a loop written by hand: a stream, and a task group with so many children.
func measureQueue(_ arguments: Arguments) async throws -> Bool {
    for workers in [1, 2, 8, 64] {
        var comparison = Comparison(
            baseline: Operation(name: "a task group over a stream") { try await loop(workers, count: $0) },
            operations: [
                Operation(name: "enqueue to handled, everything on", goal: 1.0 / 3) {
                    try await QueueBench.events(workers, count: $0)
                }
            ])
        comparison.slice = 40e6
        comparison.rounds = 21
        try await comparison.report("queue: typed events, 1 producer, workers: \(workers)", arguments)
    }
    var comparison = Comparison(
        baseline: Operation(name: "a task group over a stream of JSON") { try await loopJSON(8, count: $0) },
        operations: [
            Operation(name: "enqueue to handled with JSON both ways, everything on", goal: 1.0) {
                try await QueueBench.json(8, count: $0)
            }
        ])
    comparison.slice = 40e6
    comparison.rounds = 21
    try await comparison.report("queue: events of 60 bytes of JSON, encoded and decoded, workers: 8", arguments)
    return true
}

/// How long an event waits for its handler where nothing else is going on.
func measureIdle(_ arguments: Arguments) async throws -> Bool {
    let latencies = Latencies()
    let host = QueueBench.host(8)
    let started = Countdown(arguments.count ?? 3_000)
    let function = try host.register("job") { (enqueued: ContinuousClock.Instant, _) in
        latencies.add(enqueued.duration(to: .now))
        started.count()
    }
    try await host.run {
        for _ in 0..<(arguments.count ?? 3_000) {
            // Long enough for every thread to fall asleep.
            try await Task.sleep(for: .milliseconds(1))
            try await host.enqueue(function, with: .now)
        }
        await started.wait()
    }
    print("\nqueue: from enqueue to the handler's start, with nothing else to do")
    for (percentile, goal) in [(50, 100.0), (99, 1_000)] {
        let microseconds = latencies.milliseconds(percentile) * 1_000
        print("  \(microseconds.fixed(0)) µs  \(Verdict(microseconds, goal: goal))  p\(percentile)")
    }
    return true
}

/// Events alone, for a profiler to look at.
func queueEvents(_ arguments: Arguments) async throws -> Bool {
    try await QueueBench.events(8, count: arguments.count ?? 1_000_000)
    return true
}

/// The loop written by hand alone.
func queueLoop(_ arguments: Arguments) async throws -> Bool {
    try await loop(8, count: arguments.count ?? 1_000_000)
    return true
}

/// A job of three fields, about 60 bytes as JSON.
struct Job: Codable, Sendable {
    var id: Int
    var account: String
    var amount: Double

    init(_ id: Int) {
        self.id = id
        account = "account-4711"
        amount = 12.5
    }
}

/// A host with everything on, and a function that counts.
struct QueueBench: Sendable {
    static func host(_ workers: Int) -> FunctionHost {
        var configuration = FunctionHost.Configuration(concurrency: 1_000)
        configuration.asynchronousConcurrency = workers
        configuration.queueCapacity = 2_000_000
        return FunctionHost(configuration: configuration, observers: [Metrics(), Meter()])
    }

    static func events(_ workers: Int, count: Int) async throws {
        let host = host(workers)
        let done = Countdown(count)
        let function = try host.register("job", configuration: .init(reservedConcurrency: 500)) { (job: Job, _) in
            consume(job.id)
            done.count()
        }
        try await host.run {
            for number in 0..<count { try await host.enqueue(function, with: Job(number)) }
            await done.wait()
        }
    }

    static func json(_ workers: Int, count: Int) async throws {
        let host = host(workers)
        let done = Countdown(count)
        try host.register("job", configuration: .init(reservedConcurrency: 500)) { (job: Job, _) in
            consume(job.id)
            done.count()
        }
        let encoder = JSONEncoder()
        try await host.run {
            for number in 0..<count {
                try await host.enqueue(named: "job", payload: [UInt8](try encoder.encode(Job(number))))
            }
            await done.wait()
        }
    }
}

private func loop(_ workers: Int, count: Int) async throws {
    let (stream, continuation) = AsyncStream<Job>.makeStream()
    await withTaskGroup(of: Void.self) { group in
        group.addTask {
            for number in 0..<count { continuation.yield(Job(number)) }
            continuation.finish()
        }
        group.addTask {
            await withTaskGroup(of: Void.self) { children in
                var running = 0
                for await job in stream {
                    if running == workers {
                        await children.next()
                        running -= 1
                    }
                    children.addTask { consume(job.id) }
                    running += 1
                }
            }
        }
    }
}

private func loopJSON(_ workers: Int, count: Int) async throws {
    let (stream, continuation) = AsyncStream<Data>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            let encoder = JSONEncoder()
            for number in 0..<count { continuation.yield(try encoder.encode(Job(number))) }
            continuation.finish()
        }
        group.addTask {
            try await withThrowingTaskGroup(of: Void.self) { children in
                var running = 0
                for await bytes in stream {
                    if running == workers {
                        try await children.next()
                        running -= 1
                    }
                    children.addTask { consume(try JSONDecoder().decode(Job.self, from: bytes).id) }
                    running += 1
                }
                try await children.waitForAll()
            }
        }
        try await group.waitForAll()
    }
}

/// Lets somebody wait until something has happened so often.
final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)

    init(_ count: Int) { left = Atomic(count) }

    func count() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
            }?.resume()
        }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = waiter.withLock { waiter in
                if left.load(ordering: .acquiring) <= 0 { return true }
                waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
