// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// A dry run says whether an invocation would be taken, and does nothing else.
@Suite("Dry runs", .simulated(seeds: 0..<20)) struct DryRunTests {
    @Test("A dry run that passes runs no handler, makes no environment and tells nobody")
    func nothingHappens() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let order = try host.register(.checkout) { order, _ in Receipt(order: order.id, total: 0) }
        try host.dryRun(order)
        try host.dryRun(named: "checkout", payload: Array(#"{"id":1,"lines":[]}"#.utf8))
        #expect(events.names == ["registered checkout"])
        #expect(try host.describe("checkout").environments == 0)
    }

    @Test("Whatever would keep an invocation from its handler fails the dry run too")
    func refusals() async throws {
        let host = FunctionHost(configuration: .init(concurrency: 1), system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: nil)) { (_: Void, context) in
            try await context.sleep(for: .seconds(2))
        }
        let apart = try host.register("apart", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
        }
        await expectError(.notFound, of: "ghost", saying: "no function") {
            try host.dryRun("ghost" as Function<Void, Void>)
        }
        await expectError(.typeMismatch, of: "nap", saying: "the reference says (Void) -> Int") {
            try host.dryRun("nap" as Function<Void, Int>)
        }
        await expectError(.notRunning, of: "apart", saying: "run()") { try host.dryRun(apart) }
        async let running: Void = host.invoke(nap)
        try await pass(.seconds(1))
        await expectError(.throttled, of: "nap", saying: "the one place that") { try host.dryRun(nap) }
        await expectError(.throttled, of: "nap", saying: "the one place that") {
            try host.dryRun(named: "nap", payload: [])
        }
        try await running
        try host.dryRun(nap)
        host.triggerGracefulShutdown()
        await expectError(.shuttingDown, of: "nap", saying: "takes nothing new") { try host.dryRun(nap) }
    }

    @Test("A function on the bulkhead passes while the host runs")
    func bulkhead() async throws {
        let host = FunctionHost(system: .simulated)
        let apart = try host.register("apart", configuration: .init(timeout: nil, placement: .bulkhead)) {
            (_: Void, _) in
        }
        try await host.run { try host.dryRun(apart) }
    }
}
