// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite("Overload", .simulated(seeds: 0..<1, maximumSteps: 10_000_000))
struct OverloadScenarios {
    @Test(
        "Ten times the load for ten seconds: the queue stays within its bounds, callers are told when to come back, and after it everything is as before"
    )
    func tenfold() async throws {
        let simulation = try #require(Simulation.current)
        var configuration = FunctionHost.Configuration(concurrency: 8)
        configuration.queueCapacity = 200
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let start = host.now
        let perSecond = Tally()
        // Eight at a time, 10 ms each: 800 a second.
        let work = try host.register("work") { (_: Int, context) in
            try await context.sleep(for: .milliseconds(10))
            perSecond.count(Int(start.duration(to: context.now).components.seconds))
        }
        let refusals = Tally()
        try await host.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in 0..<8 {
                    group.addTask {
                        for number in 0..<10_000 {
                            do {
                                try await host.enqueue(work, with: producer * 10_000 + number)
                            } catch let error as FunctionHostError where error.code == .queueFull {
                                #expect(error.retryAfter.map { $0 > .zero && $0 < .seconds(60) } == true)
                                refusals.count(0)
                            }
                            try await simulation.advance(by: .milliseconds(1))
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<100 {
                        let figures = try await host.queueFigures()
                        #expect(figures.total <= 200)
                        try await simulation.advance(by: .milliseconds(100))
                    }
                }
                try await group.waitForAll()
            }
            // And now as much as it can take.
            var patient = EnqueueOptions()
            patient.saturation = .wait(atMost: .seconds(1))
            for _ in 0..<3_200 {
                try await host.enqueue(work, with: 0, options: patient)
                try await simulation.advance(by: .microseconds(1_250))
            }
            try await host.drain()
        }
        let rates = perSecond.all
        #expect(refusals.all[0] ?? 0 > 60_000)
        for second in 1..<14 {
            #expect(rates[second] ?? 0 >= 760, "second \(second): \(rates[second] ?? 0)")
        }
    }
}

/// Counts things of several kinds.
private final class Tally: Sendable {
    private let counts = Mutex<[Int: Int]>([:])

    var all: [Int: Int] { counts.withLock { $0 } }

    func count(_ kind: Int) { counts.withLock { $0[kind, default: 0] += 1 } }
}
