// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Everyone who observes one host.
package final class ObserverHub: Sendable {
    /// Those who are told at once, and among them those who only count.
    private let immediate: ContiguousArray<any HostObserver>
    private let counters: ContiguousArray<any InvocationCounter>
    private let others: ContiguousArray<any HostObserver>
    private let courier: Courier?
    /// Whether anybody listens: if not, events are not even made.
    package let isObserved: Bool
    private let onlyCounts: Bool

    /// - Parameters:
    ///   - isInline: Delivers every event at once, as a simulation needs it to stay the same for the same seed.
    package init(_ observers: [any HostObserver], bufferCapacity: Int, isInline: Bool) {
        immediate = ContiguousArray(observers.filter { isInline || $0.delivery.isImmediate })
        counters = ContiguousArray(immediate.compactMap { $0 as? any InvocationCounter })
        others = ContiguousArray(immediate.filter { !($0 is any InvocationCounter) })
        let buffered = observers.filter { !isInline && !$0.delivery.isImmediate }
        courier = buffered.isEmpty ? nil : Courier(observers: buffered, capacity: bufferCapacity)
        isObserved = !observers.isEmpty
        onlyCounts = others.isEmpty && buffered.isEmpty
    }

    deinit { courier?.close() }

    /// A handler begins.
    package func started(_ storage: InvocationStorage, concurrency: Int) {
        for index in counters.indices { counters[index].countStart(of: storage.snapshot.identity) }
        if onlyCounts { return }
        tell(.invocationStarted(InvocationContext(storage: storage), concurrency: concurrency), others)
    }

    /// An attempt has ended.
    package func finished(_ report: InvocationReport) {
        for index in counters.indices { counters[index].count(report) }
        if onlyCounts { return }
        tell(.invocationFinished(report), others)
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
