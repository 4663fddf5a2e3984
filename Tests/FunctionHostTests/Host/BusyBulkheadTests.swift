// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// A bulkhead whose threads are all taken until it is opened.
private final class BusyBulkhead: TaskExecutor {
    private let simulation: Simulation
    private let state = Mutex<(isOpen: Bool, jobs: [UnownedJob])>((false, []))

    init() throws { simulation = try #require(Simulation.current) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isOpen = state.withLock { state in
            if !state.isOpen { state.jobs.append(job) }
            return state.isOpen
        }
        if isOpen { simulation.enqueue(ExecutorJob(job)) }
    }

    /// Does what waits, and all that comes.
    func open() {
        let jobs = state.withLock { state in
            state.isOpen = true
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { simulation.enqueue(ExecutorJob(job)) }
    }
}

/// Work that waits for a thread of the bulkhead, since runaways hold all of them.
@Suite("A bulkhead without a free thread", .simulated(seeds: 0..<20)) struct BusyBulkheadTests {
    private struct Rig {
        let bulkhead: BusyBulkhead
        let host: FunctionHost
        let nap: Function<Duration, Void>

        init(initialize: Duration? = nil) throws {
            bulkhead = try BusyBulkhead()
            var system = HostSystem.simulated
            system.bulkhead = bulkhead
            var configuration = FunctionHost.Configuration()
            configuration.drainTimeout = .seconds(10)
            configuration.cancellationGrace = .seconds(5)
            host = FunctionHost(configuration: configuration, system: system)
            var own = FunctionConfiguration(timeout: .seconds(900), placement: .bulkhead)
            own.initTimeout = .seconds(900)
            if let initialize {
                nap = try host.register(
                    Function<Duration, Void>("nap"), configuration: own,
                    environment: { _ in try await pass(initialize) }
                ) { (_: inout Void, length, context) in try await context.sleep(for: length) }
            } else {
                nap = try host.register(Function<Duration, Void>("nap"), configuration: own) { length, context in
                    try await context.sleep(for: length)
                }
            }
        }
    }

    @Test("A caller's own deadline holds while its handler waits for a thread")
    func queuedDeadline() async throws {
        let rig = try Rig()
        try await rig.host.run {
            async let late: Void = {
                try await pass(.seconds(60)); rig.bulkhead.open()
            }()
            let took = try await timed {
                await expectError(.timedOut, of: "nap", saying: "") {
                    try await rig.host.invoke(rig.nap, with: .zero, options: .init(timeLimit: .seconds(1)))
                }
            }
            #expect(took < .seconds(2))
            try await late
            try await pass(.seconds(1))
            #expect(rig.host.runningInvocations().isEmpty)
            #expect(try rig.host.describe("nap").concurrentExecutions == 0)
        }
    }

    @Test("A shutdown that is out of time answers the caller whose handler still waits for a thread")
    func queuedDrain() async throws {
        let rig = try Rig()
        async let running = rig.host.run()
        try await pass(.seconds(1))
        async let late: Void = {
            try await pass(.seconds(60)); rig.bulkhead.open()
        }()
        async let took = timed {
            await expectError(.interrupted, of: "nap", saying: "") {
                try await rig.host.invoke(rig.nap, with: .zero)
            }
        }
        try await pass(.seconds(1))
        rig.host.triggerGracefulShutdown()
        #expect(try await took < .seconds(12))
        try await late
        _ = try await running
        #expect(try rig.host.describe("nap").concurrentExecutions == 0)
    }

    @Test("An init closure that begins after the shutdown cancelled everything is cancelled at once")
    func lateInit() async throws {
        let rig = try Rig(initialize: .seconds(600))
        async let running = rig.host.run()
        try await pass(.seconds(1))
        async let answer = expectError(.interrupted, of: "nap", saying: "") {
            try await rig.host.invoke(rig.nap, with: .zero)
        }
        try await pass(.seconds(1))
        rig.host.triggerGracefulShutdown()
        try await pass(.seconds(6))
        rig.bulkhead.open()
        _ = await answer
        let report = try await running
        #expect(report.isClean)
    }
}
