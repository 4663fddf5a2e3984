// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// The code of the article *Observing a host*.
@Suite struct ObservingAHostArticle {
    @Test func figures() async throws {
        let metrics = Metrics()
        let meter = Meter(prices: PriceList(millionRequests: 0.20, gigabyteSecond: 0.0000166667))
        let recorder = Recorder(capacity: 100)
        let host = FunctionHost(observers: [metrics, meter, recorder])
        let greet = try host.register("greet") { (name: String, _) in "Hello, \(name)" }
        for name in ["Ada", "Grace"] { _ = try await host.invoke(greet, with: name) }

        if let figures = metrics.snapshot()["greet"] {
            print(figures.invocations, figures.errors, figures.coldStarts, figures.duration.p99)
            #expect(figures.invocations == 2)
        }
        let bill = meter.reset()
        print(bill.requests, bill.gigabyteSeconds, bill.total)
        if let last = recorder.invocations.last { print(last) }
        #expect(bill.requests == 2)
        #expect(recorder.invocations.last?.description.hasPrefix("REPORT RequestId: ") == true)
    }

    final class FailureLog: HostObserver {
        private let lines = Mutex<[String]>([])

        func invocationFinished(_ report: InvocationReport) {
            guard report.outcome != .succeeded else { return }
            let line = "\(report.context.functionName) \(report.outcome) after \(report.duration)"
            lines.withLock { $0.append(line) }
        }

        var all: [String] { lines.withLock { $0 } }
    }

    @Test func ownObserver() async throws {
        let failures = FailureLog()
        let host = FunctionHost(observers: [failures])
        let fail = try host.register("fail") { (_: Void, _) throws -> Void in throw CancellationError() }
        try? await host.invoke(fail)
        await host.flushObservers()
        #expect(failures.all.count == 1)
    }

    struct EventCounter: HostObserver {
        let dropped = Counter()
        var delivery: ObserverDelivery { .immediate }

        func receive(_ event: HostEvent) throws {
            switch event {
            case .eventsDropped(let count): dropped.add(count)
            case .phaseChanged(let phase): print("The host is \(phase).")
            default: try dispatch(event)
            }
        }
    }

    @Test func wholeStream() throws {
        let counter = EventCounter()
        try counter.receive(.eventsDropped(count: 3))
        #expect(counter.dropped.value == 3)
    }

    @Test func progress() async throws {
        let host = FunctionHost()
        let load = try host.register("load") { (files: [String], context) in
            for (index, file) in files.enumerated() {
                context.reportProgress(Double(index) / Double(files.count), file)
                context.log("Loaded", level: .debug, metadata: ["file": file])
            }
        }
        try await host.invoke(load, with: ["a", "b"])
    }

    final class Counter: Sendable {
        private let count = Mutex(0)
        func add(_ number: Int) { count.withLock { $0 += number } }
        var value: Int { count.withLock { $0 } }
    }
}
