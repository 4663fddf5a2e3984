// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Everyone who observes one host.
package final class ObserverHub: Sendable {
    private let immediate: [any HostObserver]
    private let courier: Courier?

    /// - Parameters:
    ///   - isInline: Delivers every event at once, as a simulation needs it to stay the same for the same seed.
    package init(_ observers: [any HostObserver], bufferCapacity: Int, isInline: Bool) {
        immediate = observers.filter { isInline || $0.delivery.isImmediate }
        let buffered = observers.filter { !isInline && !$0.delivery.isImmediate }
        courier = buffered.isEmpty ? nil : Courier(observers: buffered, capacity: bufferCapacity)
    }

    deinit { courier?.close() }

    /// Whether anybody listens: if not, events are not even made.
    package var isObserved: Bool { !immediate.isEmpty || courier != nil }

    package func emit(_ event: @autoclosure () -> HostEvent) {
        guard isObserved else { return }
        let event = event()
        // An observer's error is its own affair: there is nobody to tell who could do anything about it.
        for observer in immediate { try? observer.receive(event) }
        courier?.take(event)
    }

    /// Returns when everything emitted so far has been delivered.
    package func flush() async { await courier?.flush() }
}
