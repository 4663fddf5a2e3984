// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@Suite struct FaultTests {
    @Test(
        "Every call of the store fails once in turn: nothing is lost, and nothing ends twice", arguments: [true, false])
    func oneAfterTheOther(fails before: Bool) async throws {
        let faults = try await onThread {
            for call in 1...10_000 {
                let simulation = Simulation(seed: call, maximumSteps: 100_000)
                let count = try simulation.run { try await Self.work(call, before ? .before : .after) }
                if count == 0 { return call - 1 }
            }
            return 0
        }
        print("faults: \(faults) calls failed \(before ? "before" : "after") their work, one in each run")
        #expect(faults > 20)
    }

    /// Enqueues, tries, retries, gives up and tells of it; returns how many calls have failed.
    private static func work(_ call: Int, _ moment: FaultyStore.Moment) async throws -> Int {
        let store = FaultyStore(InMemoryStore(), failingCall: call, moment)
        let host = FunctionHost(store: store, system: .simulated)
        let done = Mutex<[Int: Int]>([:])
        let records = Mutex<[String: Set<InvocationID>]>([:])
        try host.register(raw: "audit") { bytes, context in
            let text = String(decoding: bytes, as: UTF8.self)
            let start = text.firstRange(of: "\"requestId\":\"")?.upperBound ?? text.startIndex
            records.withLock { _ = $0[String(text[start...].prefix(36)), default: []].insert(context.id) }
            return []
        }
        let configuration = FunctionConfiguration(
            retry: .constant(maximumAttempts: 3, delay: .seconds(1)), onSuccess: .function("audit"),
            onFailure: .function("audit"))
        let work = try host.register("work", configuration: configuration) { (number: Int, context) in
            if number == 2 || (number == 1 && context.attempt == 1) { throw ZooFault("as planned") }
            done.withLock { $0[number, default: 0] += 1 }
        }
        try await host.run {
            for number in 0..<4 { try await host.enqueue(work, with: number) }
            // What the test itself asks may be what fails.
            do { try await host.drain() } catch { try await host.drain() }
            var letters: [DeadLetter] = []
            do { letters = try await host.deadLetters.list() } catch { letters = try await host.deadLetters.list() }
            #expect(letters.count == 1, "call \(call)")
        }
        #expect(done.withLock { $0.keys.sorted() } == [0, 1, 3], "call \(call)")
        #expect(records.withLock { $0.count } == 4, "call \(call)")
        #expect(records.withLock { $0.values.allSatisfy { $0.count == 1 } }, "call \(call)")
        return store.faultCount
    }
}
