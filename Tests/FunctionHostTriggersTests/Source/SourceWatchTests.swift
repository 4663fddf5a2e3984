// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import FunctionHostTriggers
import FunctionHostTriggersTesting
import Testing

@Suite struct SourceWatchTests {
    @Test("Whoever waits for a change that has come already does not wait")
    func alreadyChanged() async throws {
        let bench = try StreamBench()
        let watch = try await bench.stream.watch()
        let seen = watch.count
        try bench.put("a")
        await watch.wait(since: seen)
        #expect(watch.waiting == 0)
    }

    @Test("A waiter whose task is cancelled returns, and nothing is left of it", .simulated(seeds: 0..<200))
    func cancellation() async throws {
        let simulation = try #require(Simulation.current)
        let stream = try InMemoryStream("clicks", system: .simulated)
        let watch = try await stream.watch()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { await watch.wait(since: watch.count) } }
            if simulation.chance(0.5) { try? await simulation.advance(by: .seconds(1)) }
            group.cancelAll()
        }
        #expect(watch.waiting == 0)
        let seen = watch.count
        try stream.put(partitionKey: "k", data: [])
        #expect(watch.count == seen + 1)
    }

    @Test("A watch that is let go listens no more")
    func lettingGo() throws {
        let bench = try QueueBench()
        weak var watch: SourceWatch?
        do {
            let held = bench.queue.watch()
            try bench.queue.send("a")
            #expect(held.count == 1)
            watch = held
        }
        #expect(watch == nil)
        try bench.queue.send("b")
    }
}
