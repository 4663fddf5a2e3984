// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// What works for as long as a host runs, and the shutdown waits for.
@Suite("Services", .simulated(seeds: 0..<20)) struct HostServiceTests {
    /// Notes each second; at the shutdown it takes so long for its end, and may wait at a gate, cancelled or not.
    private struct Ticker: HostService {
        let name = "ticker"
        let ticks = Notes<Timestamp>()
        let ends = Notes<Bool>()
        var end = Duration.zero
        var gate: Gate?

        func run(on host: FunctionHost) async {
            while await host.sleepUnlessShutDown(for: .seconds(1)) { ticks.add(host.now) }
            do { try await pass(end) } catch {}
            await gate?.pass()
            ends.add(Task.isCancelled)
        }
    }

    private static func host() -> FunctionHost {
        var configuration = FunctionHost.Configuration(concurrency: 5)
        configuration.drainTimeout = .seconds(10)
        configuration.cancellationGrace = .seconds(4)
        return FunctionHost(configuration: configuration, system: .simulated)
    }

    @Test("A service works from the beginning of run() to the shutdown, which waits for its end")
    func works() async throws {
        let host = Self.host()
        let ticker = Ticker(end: .seconds(3))
        try host.attach(ticker)
        try await pass(.seconds(5))
        #expect(ticker.ticks.count == 0)
        try await withThrowingTaskGroup(of: DrainReport.self) { group in
            group.addTask { try await host.run() }
            try await pass(.milliseconds(4_500))
            #expect(ticker.ticks.count == 4)
            host.triggerGracefulShutdown()
            let report = try #require(try await group.next())
            #expect(report.duration == .seconds(3))
            #expect(report.isClean)
        }
        #expect(ticker.ticks.count == 4)
        #expect(ticker.ends.all == [false])
    }

    @Test("One that is attached to a host that runs begins at once; one that comes too late is refused")
    func late() async throws {
        let host = Self.host()
        let ticker = Ticker()
        try await host.run {
            try host.attach(ticker)
            try await pass(.milliseconds(2_500))
        }
        #expect(ticker.ticks.count == 2)
        #expect(ticker.ends.all == [false])
        let error = #expect(throws: FunctionHostError.self) { try host.attach(Ticker()) }
        #expect(error?.code == .shuttingDown)
        #expect(error?.reason == "the host is shutting down and begins no service; attach ticker to another")
    }

    /// Ends as it begins.
    private struct Brief: HostService {
        let name: String

        func run(on host: FunctionHost) async {}
    }

    @Test("Services that have not ended are listed by type and name, whether the host runs or not")
    func listed() async throws {
        let host = Self.host()
        try host.attach(Ticker())
        for name in ["b", "a"] { try host.attach(Brief(name: name)) }
        #expect(host.services(Brief.self).map(\.name) == ["a", "b"])
        #expect(host.services(Ticker.self).count == 1)
        try await host.run {
            try await pass(.seconds(1))
            #expect(host.services(Brief.self).isEmpty)
            #expect(host.services(Ticker.self).map(\.name) == ["ticker"])
        }
        #expect(host.services(Ticker.self).isEmpty)
    }

    @Test("A service that takes too long for its end is cancelled when handlers are")
    func cancelled() async throws {
        let host = Self.host()
        let ticker = Ticker(end: .seconds(60))
        try host.attach(ticker)
        try await withThrowingTaskGroup(of: DrainReport.self) { group in
            group.addTask { try await host.run() }
            try await pass(.seconds(1))
            #expect(await host.shutdown().duration == .seconds(6))
        }
        #expect(ticker.ends.all == [true])
    }

    @Test("A service that ignores cancellation is named, and run() returns when it has ended")
    func stuck() async throws {
        let host = Self.host()
        let gate = Gate()
        let ticker = Ticker(gate: gate)
        try host.attach(ticker)
        try await withThrowingTaskGroup(of: DrainReport.self) { group in
            group.addTask { try await host.run() }
            try await pass(.seconds(1))
            let report = await host.shutdown()
            #expect(report.duration == .seconds(10))
            #expect(report.stuckServices == ["ticker"])
            #expect(!report.isClean)
            #expect(report.description.hasSuffix("1 stuck (ticker)"))
            #expect(ticker.ends.count == 0)
            gate.open()
            _ = try await group.next()
            #expect(ticker.ends.all == [true])
        }
    }

    @Test("Cancelling the task that runs the host cancels its services")
    func cancelledRun() async throws {
        let host = Self.host()
        let ticker = Ticker(end: .seconds(60))
        try host.attach(ticker)
        try await withThrowingTaskGroup(of: DrainReport.self) { group in
            group.addTask { try await host.run() }
            try await pass(.milliseconds(1_500))
            group.cancelAll()
            #expect(try await group.next()?.duration == .zero)
        }
        #expect(ticker.ticks.count == 1)
        #expect(ticker.ends.all == [true])
    }

    @Test("A service that ends early has ended, and a shutdown before run() begins none")
    func early() async throws {
        struct Brief: HostService {
            let name = "brief"
            let runs: Notes<HostPhase>
            func run(on host: FunctionHost) async { runs.add(host.phase) }
        }
        let runs = Notes<HostPhase>()
        let host = Self.host()
        try host.attach(Brief(runs: runs))
        try await host.run { try await pass(.seconds(1)) }
        #expect(runs.all == [.running])
        let other = Self.host()
        try other.attach(Brief(runs: runs))
        _ = await other.shutdown()
        #expect(runs.count == 1)
    }

    @Test("Who waits for a shutdown is let go by it, or by its own cancellation")
    func waiting() async throws {
        let host = Self.host()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.waitForShutdown() }
            try await pass(.seconds(1))
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(host.phase == .idle)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.waitForShutdown() }
            try await pass(.seconds(1))
            host.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        await host.waitForShutdown()
        #expect(await !host.sleepUnlessShutDown(for: .seconds(1)))
        #expect(host.deadlineCount == 0)
    }
}
