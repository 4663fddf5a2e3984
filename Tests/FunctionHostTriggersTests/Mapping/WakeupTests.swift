// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// What a poller is woken by.
@Suite("Wakeups", .simulated(seeds: 0..<1)) struct WakeupTests {
    @Test("A call is not lost that comes after a wait whose time was over")
    func afterDeadline() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated(by: simulation))
        let wakeup = Wakeup()
        await wakeup.waitInShutdown(on: host, until: host.now.advanced(by: .seconds(1)))
        wakeup.call()
        let called = host.now
        #expect(await wakeup.wait(on: host, until: called.advanced(by: .seconds(10))))
        #expect(host.now == called)
    }

    @Test("A call is not lost that comes after a wait which a shutdown ended")
    func afterShutdown() async throws {
        let simulation = try #require(Simulation.current)
        let host = FunctionHost(system: .simulated(by: simulation))
        let wakeup = Wakeup()
        host.triggerGracefulShutdown()
        #expect(await !wakeup.wait(on: host, until: nil))
        wakeup.call()
        let called = host.now
        await wakeup.waitInShutdown(on: host, until: called.advanced(by: .seconds(10)))
        #expect(host.now == called)
    }
}
