// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite("Asynchronous invocation", .simulated(seeds: 0..<20))
struct QueuedInvocationTests {
    @Test("An event is accepted before the host runs, and its handler runs once with the input that was handed over")
    func once() async throws {
        let host = FunctionHost(system: .simulated)
        let seen = Mutex<[String]>([])
        let greet = try host.register("greet") { (name: String, context) in
            seen.withLock { $0.append("\(name) \(context.attempt)") }
        }
        let id = try await host.enqueue(greet, with: "world")
        #expect(try await host.status(of: id)?.attempts == 0)
        try await host.run {
            try await host.drain()
            #expect(seen.withLock { $0 } == ["world 1"])
            #expect(try await host.status(of: id) == nil)
        }
    }

    @Test("Lambda's policy tries again after one minute, and after two more, and keeps what failed for good")
    func lambda() async throws {
        let host = FunctionHost(system: .simulated)
        let times = Mutex<[Duration]>([])
        let start = host.now
        let fail = try host.register("fail") { (_: Int, context) in
            times.withLock { $0.append(start.duration(to: context.startedAt)) }
            throw Broken()
        }
        try await host.run {
            let id = try await host.enqueue(fail, with: 7)
            try await host.drain()
            let waits = times.withLock { $0 }
            #expect(waits.count == 3)
            #expect(waits.map { $0.inSeconds } == [0, 60, 180])
            let letter = try #require(try await host.deadLetters.letter(id))
            #expect(letter.cause == .retriesExhausted)
            #expect(letter.attempts == 3)
            #expect(letter.history.map(\.number) == [1, 2, 3])
            #expect(letter.history.allSatisfy { $0.errorType == "Broken" })
            #expect(try host.deadLetters.payload(of: letter) == Array("7".utf8))
        }
    }

    @Test("A delayed event waits, and a priority goes first")
    func delay() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.asynchronousConcurrency = 1
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let order = Mutex<[String]>([])
        let note = try host.register("note") { (text: String, _) in order.withLock { $0.append(text) } }
        try await host.enqueue(note, with: "late", options: .init(delay: .seconds(3_600)))
        try await host.enqueue(note, with: "normal")
        try await host.enqueue(note, with: "urgent", options: .init(priority: .highest))
        let start = host.now
        try await host.run {
            try await host.drain(.due)
            #expect(order.withLock { $0 } == ["urgent", "normal"])
            try await host.drain()
            #expect(order.withLock { $0 } == ["urgent", "normal", "late"])
            #expect(start.duration(to: host.now) >= .seconds(3_600))
        }
    }

    @Test("A shutdown gives back what it cuts off, uncharged, and the next host goes on with it")
    func interrupted() async throws {
        let store = InMemoryStore()
        var configuration = FunctionHost.Configuration()
        configuration.drainTimeout = .seconds(2)
        let attempts = Mutex<[Int]>([])
        let id: InvocationID
        do {
            let host = FunctionHost(configuration: configuration, store: store, system: .simulated)
            let work = try host.register("work", configuration: .init(timeout: .seconds(60))) { (_: Int, context) in
                attempts.withLock { $0.append(context.attempt) }
                try await context.sleep(for: .seconds(50))
            }
            id = try await host.run {
                let id = try await host.enqueue(work, with: 1)
                try await host.waitUntilStarted()
                return id
            }
            #expect(host.phase == .finished)
        }
        let next = FunctionHost(store: store, system: .simulated)
        _ = try next.register("work") { (_: Int, context) in attempts.withLock { $0.append(context.attempt) } }
        #expect(try await next.status(of: id)?.attempts == 0)
        try await next.run { try await next.drain() }
        #expect(attempts.withLock { $0 } == [1, 1])
    }

    private struct Broken: Error {}
}

extension Duration {
    fileprivate var inSeconds: Int { Int(components.seconds) }
}

extension FunctionHost {
    /// Returns once a handler is under way.
    func waitUntilStarted() async throws {
        while runningInvocations().isEmpty { try await Simulation.current?.advance(by: .milliseconds(1)) }
    }
}
