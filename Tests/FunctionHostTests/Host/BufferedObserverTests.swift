// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// Observers on their own thread, beside a host on the machine's clock: none of them can hurt an invocation.
@Suite("Buffered observers") struct BufferedObserverTests {
    /// Counts what it hears, and blocks at its first event until the latch is open.
    private final class Slow: HostObserver {
        let latch = Latch()
        private let state = Mutex((heard: 0, dropped: 0))

        var heard: Int { state.withLock { $0.heard } }
        var dropped: Int { state.withLock { $0.dropped } }

        func receive(_ event: HostEvent) {
            latch.wait()
            state.withLock { state in
                if case .eventsDropped(let count) = event { state.dropped += count } else { state.heard += 1 }
            }
        }
    }

    /// Throws at everything.
    private struct Grumpy: HostObserver {
        let delivery: ObserverDelivery
        func receive(_ event: HostEvent) throws { throw HandlerFailure("grumpy") }
    }

    @Test("A slow observer holds no invocation up, and what it was too slow for is counted", arguments: [1, 4, 64])
    func slow(buffer: Int) async throws {
        let (slow, metrics) = (Slow(), Metrics())
        var configuration = FunctionHost.Configuration()
        configuration.observerBuffer = buffer
        let host = FunctionHost(configuration: configuration, observers: [slow, metrics])
        let work = try host.register("work") { (number: Int, _) in number }
        for number in 0..<100 { #expect(try await host.invoke(work, with: number) == number) }
        #expect(slow.heard == 0)
        #expect(metrics.snapshot().total.invocations == 100)
        slow.latch.open()
        await host.flushObservers()
        // Registered, an environment started, and a start and an end for each invocation.
        #expect(slow.heard + slow.dropped == 202)
        #expect(slow.dropped >= 202 - 2 * buffer - 1)
    }

    @Test("With room in the buffer nothing is lost, and it comes in order")
    func complete() async throws {
        final class Order: HostObserver {
            let names = Notes<String>()
            func receive(_ event: HostEvent) { names.add(event.name) }
        }
        let order = Order()
        let host = FunctionHost(observers: [order])
        let work = try host.register("work", configuration: .init(timeout: nil)) { (_: Void, context) in
            context.log("Here")
        }
        for _ in 0..<200 { try await host.invoke(work) }
        await host.flushObservers()
        #expect(
            order.names.all == ["registered work", "environment started"]
                + (0..<200).flatMap { _ in ["started", "logged Here", "succeeded"] })
    }

    @Test(
        "An observer that throws harms neither invocations nor other observers",
        arguments: [
            ObserverDelivery.buffered, .immediate,
        ])
    func throwing(_ delivery: ObserverDelivery) async throws {
        let (slow, metrics) = (Slow(), Metrics())
        slow.latch.open()
        let host = FunctionHost(observers: [Grumpy(delivery: delivery), slow, metrics])
        let work = try host.register("work") { (number: Int, _) in number }
        for number in 0..<10 { #expect(try await host.invoke(work, with: number) == number) }
        await host.flushObservers()
        #expect(slow.heard == 22)
        #expect(metrics.snapshot().total.invocations == 10)
    }

    @Test("Without buffered observers, and after the host has finished, a flush returns at once")
    func flush() async throws {
        let host = FunctionHost(observers: [Metrics()])
        await host.flushObservers()
        let observed = FunctionHost(observers: [Grumpy(delivery: .buffered)])
        try await observed.run {}
        await observed.flushObservers()
    }
}
