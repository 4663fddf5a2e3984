// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A bounded buffer of events: what comes when it is full is counted, and the count is told in its place.
package struct EventBufferStateMachine: Sendable {
    private let capacity: Int
    private var events: ContiguousArray<HostEvent> = []
    private var dropped = 0
    private var inDelivery = 0
    /// Events that were offered so far, dropped ones included; a report of progress that replaces one counts as that one.
    package private(set) var taken = 0
    /// Events that were delivered or dropped so far.
    package private(set) var delivered = 0
    package private(set) var isClosed = false

    package init(capacity: Int = 8_192) { self.capacity = max(1, capacity) }

    /// Adds an event; returns whether somebody has to be woken for it.
    package mutating func add(_ event: HostEvent) -> Bool {
        if case .progressed(_, let context) = event, case .progressed(_, let last)? = events.last, last.id == context.id
        {
            events[events.count - 1] = event
            return false
        }
        taken += 1
        if events.count >= capacity {
            dropped += 1
            return false
        }
        events.append(event)
        return events.count == 1
    }

    package mutating func close() { isClosed = true }

    /// Takes everything that is there.
    package mutating func takeBatch() -> ContiguousArray<HostEvent> {
        var batch = ContiguousArray<HostEvent>()
        swap(&batch, &events)
        inDelivery = batch.count + dropped
        if dropped > 0 {
            batch.append(.eventsDropped(count: dropped))
            dropped = 0
        }
        return batch
    }

    package mutating func batchDelivered() {
        delivered += inDelivery
        inDelivery = 0
    }
}
