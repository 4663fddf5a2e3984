// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Everyone who observes one host.
package final class ObserverHub: Sendable {
    /// Those who are told at once, and among them those who only count.
    private let immediate: ContiguousArray<any HostObserver>
    private let counters: CounterChain?
    private let others: ContiguousArray<any HostObserver>
    private let courier: Courier?
    /// Whether anybody listens: if not, events are not even made.
    package let isObserved: Bool
    private let onlyCounts: Bool

    /// - Parameters:
    ///   - isInline: Delivers every event at once, as a simulation needs it to stay the same for the same seed.
    package init(_ observers: [any HostObserver], bufferCapacity: Int, isInline: Bool) {
        immediate = ContiguousArray(observers.filter { isInline || $0.delivery.isImmediate })
        counters = CounterChain(immediate.compactMap { $0 as? any InvocationCounter })
        others = ContiguousArray(immediate.filter { !($0 is any InvocationCounter) })
        let buffered = observers.filter { !isInline && !$0.delivery.isImmediate }
        courier = buffered.isEmpty ? nil : Courier(observers: buffered, capacity: bufferCapacity)
        isObserved = !observers.isEmpty
        onlyCounts = others.isEmpty && buffered.isEmpty
    }

    deinit { courier?.close() }

    /// A handler begins.
    package func started(
        _ identity: FunctionIdentity, concurrency: Int, context: @autoclosure () -> InvocationContext
    ) {
        counters?.countStart(of: identity)
        if onlyCounts { return }
        tell(.invocationStarted(context(), concurrency: concurrency), others)
    }

    /// An attempt has ended.
    package func finished(
        _ identity: FunctionIdentity, _ end: CountedEnd, report: @autoclosure () -> InvocationReport
    ) {
        counters?.countEnd(of: identity, end)
        if onlyCounts { return }
        tell(.invocationFinished(report()), others)
    }

    /// The queue has accepted events of a function.
    package func enqueued(_ identity: FunctionIdentity, _ ids: @autoclosure () -> [InvocationID], count: Int) {
        counters?.countEnqueued(of: identity, count)
        if onlyCounts { return }
        for id in ids() { tell(.queue(.enqueued(functionName: identity.name, id: id)), others) }
    }

    /// Anything else has happened.
    package func emit(_ event: @autoclosure () -> HostEvent) {
        if isObserved { tell(event(), immediate) }
    }

    private func tell(_ event: HostEvent, _ observers: ContiguousArray<any HostObserver>) {
        // An observer's error is its own affair: there is nobody to tell who could do anything about it.
        for observer in observers { try? observer.receive(event) }
        courier?.take(event)
    }

    /// Returns when everything emitted so far has been delivered.
    package func flush() async { await courier?.flush() }
}
