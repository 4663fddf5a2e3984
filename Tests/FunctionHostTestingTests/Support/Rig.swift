// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// A host in the simulation that this test runs in, and all that the scenarios check it by.
final class Rig: Sendable {
    let host: FunctionHost
    let simulation: Simulation
    let metrics = Metrics()
    let ledger: Ledger
    private let limit: Int
    private let calls = Mutex<[Verdict: Int]>([:])

    /// - Parameters:
    ///   - limit: The host's concurrency.
    ///   - sharedBy: How many invocations one environment serves at most.
    init(
        limit: Int, sharedBy: Int = 1, middleware: [any Middleware] = [], observers: [any HostObserver] = [],
        _ change: (inout FunctionHost.Configuration) -> Void = { _ in }
    ) throws {
        simulation = try #require(Simulation.current)
        self.limit = limit
        ledger = Ledger(limit: limit, sharedBy: sharedBy)
        var configuration = FunctionHost.Configuration(concurrency: limit)
        configuration.unreservedConcurrencyMinimum = 0
        change(&configuration)
        host = FunctionHost(
            configuration: configuration, middleware: middleware, observers: [metrics, ledger] + observers,
            system: .simulated(by: simulation))
    }

    /// A time from 0 to so many milliseconds, by lot.
    func some(_ milliseconds: Int) -> Duration { .milliseconds(simulation.random(in: 0...milliseconds)) }

    func pause(_ milliseconds: Int) async throws { try await simulation.advance(by: some(milliseconds)) }

    /// Calls, counts the call and says how it came back.
    @discardableResult
    func call(_ body: () async throws -> Void) async -> Verdict {
        let verdict: Verdict
        do {
            try await body()
            verdict = .answered
        } catch {
            verdict = Verdict(error)
        }
        calls.withLock { $0[verdict, default: 0] += 1 }
        return verdict
    }

    /// Calls, and fails the test if the call comes back differently.
    func expect(
        _ expected: Verdict, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let verdict = await call(body)
        #expect(verdict == expected, sourceLocation: location)
    }

    /// How many calls came back so.
    func count(_ verdict: Verdict) -> Int { calls.withLock { $0[verdict, default: 0] } }

    /// The different ways in which calls came back.
    var verdicts: Set<Verdict> { Set(calls.withLock { $0.keys }) }

    /// How many calls came back.
    var callCount: Int { calls.withLock { $0.values.reduce(0, +) } }

    /// Checks that nothing is left of the calls that came back: not in the host, not in what its observers counted.
    func expectAtRest(_ location: SourceLocation = #_sourceLocation) {
        let counts = ledger.counts
        let total = metrics.snapshot().total
        #expect(ledger.fault == nil, sourceLocation: location)
        #expect(ledger.runningCount == 0, sourceLocation: location)
        #expect(total.concurrentExecutions == 0, sourceLocation: location)
        #expect(total.invocations == counts.finished, sourceLocation: location)
        #expect(total.throttles == counts.throttled, sourceLocation: location)
        #expect(total.maximumConcurrentExecutions <= limit, sourceLocation: location)
        #expect(host.runningInvocations().isEmpty, sourceLocation: location)
        for function in host.listFunctions() {
            #expect(function.concurrentExecutions == 0, sourceLocation: location)
            #expect(function.environments == function.idleEnvironments, sourceLocation: location)
        }
    }

    /// Checks that so many invocations can run at one time, all of the limit unless said otherwise: no permit was lost.
    func expectRoom(for count: Int? = nil, _ location: SourceLocation = #_sourceLocation) async throws {
        let count = count ?? limit
        let all = Gate()
        let inside = Gauge("the probe")
        let probe = try host.register("probe") { (_: Void, _) in
            if inside.enter() == count { all.open() }
            await all.wait()
        }
        await withDiscardingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { [host] in
                    do {
                        try await host.invoke(probe)
                    } catch {
                        Issue.record("no room for \(count) at a time: \(error)", sourceLocation: location)
                        all.open()
                    }
                }
            }
        }
        try host.remove("probe")
    }
}
