// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension QueueStateMachine {
    /// Where an event is; nil if it is gone or never was.
    package func status(of id: InvocationID) -> EventStatus? {
        guard let slot = slab.find(id) else { return nil }
        let state: EventStatus.State
        switch slab.nodes[slot].state {
        case .ready, .delayed, .behind: state = .waiting(dueAt: slab.nodes[slot].dueAt)
        case .leased: state = .leased(until: slab.links.time(EventSlab.place(slot)))
        case .dead:
            guard let cause = slab.nodes[slot].past?.cause else { return nil }
            state = .dead(cause)
        case .free, .new: return nil
        }
        return EventStatus(
            id: id, functionName: lanes.lanes[Int(slab.nodes[slot].lane)].name, state: state,
            attempts: Int(slab.nodes[slot].attempts))
    }

    /// How much there is; costs a look at each function with ready events.
    package mutating func figures(now: Timestamp) -> QueueFigures {
        advance(to: now)
        let firstBehind = chains.advance(to: now, &slab)
        var figures = QueueFigures()
        figures.ready = counts.ready + chains.dueCount
        figures.delayed = counts.delayed + counts.behind - chains.dueCount
        figures.leased = counts.leased
        figures.dead = letters.count
        figures.bytes = counts.bytes
        let firstReady = lanes.earliestReady({ slab.nodes[EventSlab.slot($0)].dueAt }, slab.links)
        if let oldest = [firstReady, firstBehind].compactMap({ $0 }).min() {
            figures.oldestReadyAge = max(.zero, oldest.duration(to: now))
        }
        if let first = letters.first(after: 0), let past = slab.nodes[first.slot].past {
            figures.oldestDeadAge = max(.zero, past.diedAt.duration(to: now))
        }
        return figures
    }
}
