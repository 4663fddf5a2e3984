// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Metrics, meter and recorder, fed by a running host.
@Suite("Figures of a running host", .simulated(seeds: 0..<20)) struct HostFiguresTests {
    /// A host on which one of each has happened: success, failure, timeout, cancellation, throttle, failed init.
    private struct Rig {
        let metrics = Metrics()
        let meter = Meter(prices: PriceList(millionRequests: 1_000_000, gigabyteSecond: 8, freeRequests: 3))
        let recorder = Recorder(capacity: 3)
        let host: FunctionHost
        let work: Function<String, Void>

        init() throws {
            host = FunctionHost(observers: [metrics, meter, recorder], system: .simulated)
            work = try host.register(
                "work", configuration: .init(timeout: .seconds(4), memorySize: 512),
                environment: { _ in try await pass(.seconds(1)) }
            ) { (_: inout Void, what: String, context) in
                try await context.sleep(for: what == "sleep" ? .seconds(60) : .milliseconds(1_500))
                if what == "throw" { throw HandlerFailure() }
            }
            try host.register("broken", environment: { _ -> Int in throw HandlerFailure() }) {
                (_: inout Int, _: Void, _) in
            }
            try host.register("off", configuration: .init(timeout: nil, reservedConcurrency: 0)) { (_: Void, _) in }
        }

        func happen() async throws {
            try await host.invoke(work, with: "return")
            try? await host.invoke(work, with: "throw")
            try? await host.invoke(work, with: "sleep")
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await host.invoke(work, with: "sleep") }
                try? await pass(.seconds(2))
                group.cancelAll()
            }
            try? await host.invoke("broken" as Function<Void, Void>)
            try? await host.invoke("off" as Function<Void, Void>)
        }
    }

    @Test("Each function is counted for itself, and the total is their sum")
    func metrics() async throws {
        let rig = try Rig()
        try await rig.happen()
        let snapshot = rig.metrics.snapshot()
        #expect(snapshot.functions.map(\.functionName) == ["broken", "off", "work"])
        let work = try #require(snapshot["work"])
        #expect((work.invocations, work.errors, work.timeouts, work.cancellations) == (4, 2, 1, 1))
        #expect((work.coldStarts, work.throttles, work.concurrentExecutions) == (2, 0, 0))
        #expect((work.duration.count, work.duration.total) == (4, .seconds(8)))
        #expect((work.duration.minimum, work.duration.maximum) == (.seconds(1), .seconds(4)))
        #expect((work.initDuration.count, work.initDuration.total) == (2, .seconds(2)))
        #expect((snapshot["off"]?.throttles, snapshot["off"]?.invocations) == (1, 0))
        #expect((snapshot["broken"]?.errors, snapshot["broken"]?.coldStarts) == (1, 1))
        let total = snapshot.total
        #expect((total.invocations, total.errors, total.throttles, total.coldStarts) == (5, 3, 1, 3))
    }

    @Test("Percentiles are within a thirtieth of the truth")
    func percentiles() async throws {
        let metrics = Metrics()
        let host = FunctionHost(observers: [metrics], system: .simulated)
        let nap = try host.register("nap", configuration: .init(timeout: .seconds(60))) { (length: Duration, context) in
            try await context.sleep(for: length)
        }
        for index in 1...100 { try await host.invoke(nap, with: .milliseconds(100 * index)) }
        let duration = metrics.snapshot().total.duration
        let pairs: [(Duration, Double)] = [
            (duration.p50, 5), (duration.p90, 9), (duration.p99, 9.9), (duration.p999, 10),
        ]
        for (measured, seconds) in pairs { #expect(abs(measured / .seconds(seconds) - 1) < 0.033) }
        #expect(duration.mean == .milliseconds(5_050))
    }

    @Test("A reset gives what was counted until then, and goes on counting what runs")
    func reset() async throws {
        let rig = try Rig()
        async let running: Void = rig.host.invoke(rig.work, with: "return")
        try await pass(.seconds(2))
        let before = rig.metrics.reset()
        #expect((before.total.invocations, before.total.concurrentExecutions) == (0, 1))
        #expect(rig.metrics.snapshot()["work"]?.concurrentExecutions == 1)
        try await running
        let after = rig.metrics.reset()
        #expect((after.total.invocations, after.total.concurrentExecutions) == (1, 0))
        #expect(rig.metrics.snapshot().functions.isEmpty)
    }

    @Test("The snapshot never shows an invocation half counted")
    func consistent() async throws {
        let metrics = Metrics()
        let host = FunctionHost(observers: [metrics], system: .simulated)
        let work = try host.register("work") { (fails: Bool, context) in
            try await context.sleep(for: .milliseconds(20))
            if fails { throw HandlerFailure() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 { group.addTask { try? await host.invoke(work, with: index.isMultiple(of: 2)) } }
            for _ in 0..<20 {
                try await pass(.milliseconds(3))
                let total = metrics.snapshot().total
                #expect(total.duration.count == total.invocations)
                #expect(total.errors <= total.invocations)
                #expect(total.invocations + total.concurrentExecutions <= 40)
            }
        }
        let total = metrics.snapshot().total
        #expect((total.invocations, total.errors, total.concurrentExecutions) == (40, 20, 0))
    }

    @Test("The bill has each attempt with its cold start, rounded up, and throttled ones are free")
    func meter() async throws {
        let rig = try Rig()
        try await rig.happen()
        let bill = rig.meter.bill()
        #expect(bill.lines.map(\.functionName) == ["broken", "work"])
        let work = try #require(bill.lines.last)
        #expect((work.requests, work.billedDuration, work.gigabyteSeconds) == (4, .seconds(10), 5))
        #expect((bill.requests, bill.requestCost, bill.durationCost, bill.total) == (5, 2, 40, 42))
        #expect(rig.meter.reset() == bill)
        #expect(rig.meter.bill().lines.isEmpty)
    }

    @Test("The increment decides what is billed", arguments: [(1, 1_235), (100, 1_300), (1_000, 2_000)])
    func increment(milliseconds: Int, billed: Int) async throws {
        let meter = Meter(increment: .milliseconds(milliseconds))
        let host = FunctionHost(observers: [meter], system: .simulated)
        let work = try host.register("work") { (_: Void, context) in
            try await context.sleep(for: .microseconds(1_234_001))
        }
        try await host.invoke(work)
        #expect(meter.bill().billedDuration == .milliseconds(billed))
    }

    @Test("The recorder keeps the last reports, as lines like Lambda's")
    func recorder() async throws {
        let rig = try Rig()
        try await rig.happen()
        let kept = rig.recorder.invocations
        #expect(kept.map(\.outcome) == [.timedOut, .cancelled, .initFailed])
        let fields = try #require(kept.first).description.split(separator: "\t").dropFirst()
        #expect(
            fields == [
                "Duration: 4000.00 ms", "Billed Duration: 4000 ms", "Memory Size: 512 MB", "Status: timeout",
            ])
        rig.recorder.reset()
        #expect(rig.recorder.invocations.isEmpty)
    }
}
