// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

@Suite struct HostObserverTests {
    /// Notes which of its methods are called.
    private final class Notes: HostObserver {
        let delivery: ObserverDelivery
        private let called = Mutex<[String]>([])

        init(_ delivery: ObserverDelivery = .immediate) { self.delivery = delivery }

        var all: [String] { called.withLock { $0 } }
        private func note(_ name: String) { called.withLock { $0.append(name) } }

        func invocationStarted(_ context: InvocationContext, concurrency: Int) { note("started \(concurrency)") }
        func invocationFinished(_ report: InvocationReport) { note("finished \(report.outcome)") }
        func invocationThrottled(functionName: String, version: Qualifier, throttle: Throttle) {
            note("throttled \(functionName)")
        }
        func invocationOverdue(_ context: InvocationContext, by duration: Duration) { note("overdue \(duration)") }
        func logged(_ message: LogMessage, by context: InvocationContext) { note("logged \(message.text)") }
        func progressed(_ progress: Progress, by context: InvocationContext) { note("progressed \(progress.fraction)") }
        func environmentStarted(_ report: EnvironmentReport) { note("environment \(report.environmentID)") }
        func environmentFailed(_ report: EnvironmentReport) { note("failed \(report.environmentID)") }
        func environmentEnded(_ report: EnvironmentReport, reason: EnvironmentEnd) { note("ended \(reason)") }
        func invocationWaited(functionName: String, version: Qualifier, duration: Duration) {
            note("waited \(duration)")
        }
        func drained(_ report: DrainReport) { note("drained \(report.isClean)") }
        func lateAnswerRefused(_ context: InvocationContext, by duration: Duration) { note("refused \(duration)") }
        func functionRegistered(name: String) { note("registered \(name)") }
        func functionUpdated(name: String) { note("updated \(name)") }
        func functionRemoved(name: String) { note("removed \(name)") }
        func phaseChanged(to phase: HostPhase) { note("phase \(phase)") }
        func eventsDropped(count: Int) { note("dropped \(count)") }
    }

    private struct Grumpy: HostObserver {
        var delivery: ObserverDelivery { .immediate }
        func receive(_ event: HostEvent) throws { throw Boom() }
    }

    private static let environment = EnvironmentReport(
        functionName: "resize", version: .latest, environmentID: EnvironmentID(4), initDuration: .zero,
        initialization: .onDemand)

    private static let events: [(HostEvent, [String])] = [
        (.invocationStarted(.made(), concurrency: 2), ["started 2"]),
        (.invocationFinished(.of(took: .zero)), ["finished succeeded"]),
        (
            .invocationThrottled(
                functionName: "resize", version: .latest,
                Throttle(limit: .reservedConcurrency, allowed: 0, retryAfter: nil)), ["throttled resize"]
        ),
        (.invocationOverdue(.made(), by: .seconds(1)), ["overdue 1.0 seconds"]),
        (.logged(LogMessage(level: .info, text: "hello"), .made()), ["logged hello"]),
        (.progressed(Progress(fraction: 0.5), .made()), ["progressed 0.5"]),
        (.environmentStarted(environment), ["environment 4"]), (.environmentFailed(environment), ["failed 4"]),
        (.environmentEnded(environment, .idle), ["ended idle"]),
        (
            .drained(DrainReport(duration: .zero, finished: 0, interrupted: 0, refusedWaiters: 0, stuck: [])),
            ["drained true"]
        ),
        (.invocationWaited(functionName: "resize", version: .latest, .seconds(2)), ["waited 2.0 seconds"]),
        (.lateAnswerRefused(.made(), by: .seconds(3)), ["refused 3.0 seconds"]),
        (.functionRegistered(name: "a"), ["registered a"]), (.functionUpdated(name: "a"), ["updated a"]),
        (.functionRemoved(name: "a"), ["removed a"]), (.phaseChanged(.running), ["phase running"]),
        (.eventsDropped(count: 1), ["dropped 1"]),
    ]

    private struct Idle: HostObserver {}

    @Test("An observer without methods hears nothing, and no harm is done", arguments: events.indices)
    func nothing(index: Int) throws {
        try Idle().receive(Self.events[index].0)
    }

    @Test("Each event calls its own method", arguments: events.indices)
    func dispatch(index: Int) throws {
        let (event, expected) = Self.events[index]
        let notes = Notes()
        try notes.receive(event)
        #expect(notes.all == expected)
    }

    @Test("An observer that throws keeps no other from hearing")
    func throwing() {
        let notes = Notes()
        let hub = ObserverHub([Grumpy(), notes], bufferCapacity: 8, isInline: false)
        hub.emit(.progressed(Progress(fraction: 1), .made()))
        #expect(notes.all == ["progressed 1.0"])
    }

    @Test("Where nobody listens events are not even made")
    func nobody() {
        let hub = ObserverHub([], bufferCapacity: 8, isInline: false)
        var made = 0
        func event() -> HostEvent {
            made += 1
            return .eventsDropped(count: 0)
        }
        hub.emit(event())
        #expect(!hub.isObserved)
        #expect(made == 0)
    }

    @Test("In a simulation buffered observers hear at once")
    func inline() {
        let notes = Notes(.buffered)
        let hub = ObserverHub([notes], bufferCapacity: 8, isInline: true)
        hub.emit(.invocationStarted(.made(), concurrency: 1))
        #expect(notes.all == ["started 1"])
    }

    @Test("After a flush a buffered observer has heard everything, in order, although another one throws")
    func flush() async {
        let notes = Notes(.buffered)
        let hub = ObserverHub([BufferedGrumpy(), notes], bufferCapacity: 1_000, isInline: false)
        for number in 1...500 { hub.emit(.invocationStarted(.made(), concurrency: number)) }
        await hub.flush()
        #expect(notes.all == (1...500).map { "started \($0)" })
    }

    private struct BufferedGrumpy: HostObserver {
        func receive(_ event: HostEvent) throws { throw Boom() }
    }
}
