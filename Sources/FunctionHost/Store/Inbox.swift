// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Events that a store in memory has accepted and not put in their places yet.
///
/// Putting an event in its place takes longer than taking it. So whoever appends only leaves it here, under a lock that is held
/// for a moment, and whoever needs the places next puts everything there. The order of acceptance is the order in here.
final class Inbox: Sendable {
    private struct State {
        var events: ContiguousArray<QueuedEvent> = []
        var bytes = 0
        var now = Timestamp(nanoseconds: .min)
    }

    private let state = Mutex(State())
    /// What is in its place, or on the way there; never less than there is.
    private let placedEvents = Atomic(0)
    private let placedBytes = Atomic(0)

    /// Takes events that need nothing looked up and for which there is certainly room; false if that is not so.
    func take(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) -> Bool {
        var bytes = 0
        for event in events {
            // A key may be held by another event.
            if event.hasDetails { return false }
            bytes += event.payload.size
        }
        return state.withLock { state in
            guard placedEvents.load(ordering: .acquiring) + state.events.count + events.count <= room.events,
                placedBytes.load(ordering: .acquiring) + state.bytes + bytes <= room.bytes
            else { return false }
            state.events.append(contentsOf: events)
            state.bytes += bytes
            state.now = max(state.now, now)
            return true
        }
    }

    /// Puts everything in its place; called with the machine's lock held.
    func empty(into machine: inout QueueStateMachine) {
        let (events, now) = state.withLock { state -> (ContiguousArray<QueuedEvent>, Timestamp) in
            if state.events.isEmpty { return ([], state.now) }
            // Counted before they are out of here, so that nobody finds room that is theirs.
            placedEvents.add(state.events.count, ordering: .releasing)
            placedBytes.add(state.bytes, ordering: .releasing)
            defer {
                state.events = []
                state.bytes = 0
            }
            return (state.events, state.now)
        }
        if events.isEmpty { return }
        for event in events { machine.accept(event, now) }
        giveBack(events)
    }

    /// Keeps the memory for the next events.
    private func giveBack(_ events: consuming ContiguousArray<QueuedEvent>) {
        // Ended here and not under the lock: what ends with an event may be the user's.
        events.removeAll(keepingCapacity: events.count <= 4_096)
        state.withLock { [events] state in
            if state.events.isEmpty { state.events = events }
        }
    }

    /// Says how much is in its place; called with the machine's lock held.
    func note(_ bytes: Int, events: Int) {
        placedEvents.store(events, ordering: .releasing)
        placedBytes.store(bytes, ordering: .releasing)
    }
}
