// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The events of a store that lives in memory, and everything ``InvocationStore`` says of them.
///
/// ```
///            ┌───────── delayed ──────────┐ due            lease            completed, cancelled
/// append ──▶ ┤                            ├──────▶ ready ─────────▶ leased ─────────────────────▶ gone
///            └─ behind ── first of its key ┘          ▲               │ │
///                                                     └─ retry, release, rescue
///                              redrive                                  │ dead, condemn
///            append ◀───────────────────────────── dead ◀───────────────┘
/// ```
///
/// Ready events lie in a queue for each function and priority, in the order in which they were due; functions with ready
/// events stand in a line and take turns. Events that wait for a time lie in a timing wheel for each function. All of it is
/// threaded through one slab, so that an event costs no memory but its slot, and each step costs the same however many
/// events there are. What takes longer says so.
package struct QueueStateMachine: Sendable {
    var slab = EventSlab()
    var lanes = LaneTable()
    /// The functions with delayed events, by the first of them.
    var due = LaneHeap()
    /// Those on loan, by when their leases are over.
    var leases = OrderedQueue()
    var letters = DeadLetterLog()
    var chains = OrderingChains()
    private var keys = IdempotencyKeys()
    var counts = QueueCounts()
    /// The function that is looked at first for events that are too old.
    var ageTurn = 0
    private var order: UInt32 = 0
    private var fence: UInt64 = 0

    /// Nothing at all.
    package init() {}

    /// What an event takes in arrays; where it lies by its id takes at most 16 more.
    package static var bytesPerEvent: Int { MemoryLayout<EventNode>.stride + OrderedLinks.bytesPerPlace * 2 }

    /// How many events there are, the dead and the leased included.
    package var count: Int { slab.count }

    // MARK: - Accepting

    /// Accepts events: all of them, or none.
    package mutating func append(
        _ events: [QueuedEvent], room: QueueRoom, now: Timestamp
    ) throws(StoreError) -> [Acceptance] {
        advance(to: now)
        var bytes = counts.bytes
        for index in events.indices { bytes += events[index].payload.size }
        // Counted exactly only where it matters: some may be there already.
        if slab.count + events.count > room.events || bytes > room.bytes { try checkRoom(for: events, room, now) }
        return accept(events, now)
    }

    /// Accepts events whether there is room or not.
    mutating func accept(_ events: [QueuedEvent], _ now: Timestamp) -> [Acceptance] {
        // An array of one is made in one go, and most calls bring one event.
        events.withUnsafeBufferPointer { events in
            if events.count == 1 { return [accept(events[0], now)] }
            return events.indices.map { accept(events[$0], now) }
        }
    }

    @discardableResult
    mutating func accept(_ event: borrowing QueuedEvent, _ now: Timestamp) -> Acceptance {
        guard slab.find(event.id) == nil else { return .accepted }
        let lane = lanes.lane(event.functionName)
        if let key = event.box?.details.idempotencyKey,
            let holder = keys.holder(of: LaneKey(lane, key), now: now)
        {
            return .duplicate(of: holder)
        }
        let slot = slab.insert(event, lane: lane)
        lanes.lanes[lane].holds += 1
        counts.bytes += event.payload.size
        enter(slot, now)
        return .accepted
    }

    /// Refuses events if those that are new need more room than there is.
    private mutating func checkRoom(
        for events: [QueuedEvent], _ room: QueueRoom, _ now: Timestamp
    ) throws(StoreError) {
        var (count, bytes) = (0, 0)
        var ids: Set<InvocationID> = []
        var taken: Set<LaneKey> = []
        for event in events where slab.find(event.id) == nil && !ids.contains(event.id) {
            if let box = event.box, let key = box.details.idempotencyKey {
                let key = LaneKey(lanes.lane(event.functionName), key)
                if keys.holder(of: key, now: now) != nil || taken.contains(key) { continue }
                if box.details.heldUntil(event.enqueuedAt).map({ $0 > now }) ?? true { taken.insert(key) }
            }
            ids.insert(event.id)
            count += 1
            bytes += event.payload.size
        }
        guard count > 0, slab.count + count > room.events || counts.bytes + bytes > room.bytes else { return }
        throw StoreError(
            .full,
            reason: "no room for \(count) events of \(bytes) bytes: there are \(slab.count) of \(room.events) events, "
                + "\(counts.bytes) of \(room.bytes) bytes")
    }

    // MARK: - Waiting

    /// Lets an event begin that is new, or sent again: it takes its keys, and its place at the end.
    mutating func enter(_ slot: Int, _ now: Timestamp) {
        order &+= 1
        guard let details = slab.nodes[slot].details?.details else { return wait(slot, order, now) }
        takeKey(slot, details, now)
        guard let key = details.orderingKey else { return wait(slot, order, now) }
        slab.nodes[slot].marks.insert(.isOrdered)
        if chains.join(LaneKey(Int(slab.nodes[slot].lane), key), slot, order, &slab) {
            slab.nodes[slot].state = .behind
            counts.behind += 1
        } else {
            wait(slot, order, now)
        }
    }

    /// Lets an event wait that is in no queue and has nobody before it.
    mutating func wait(_ slot: Int, _ order: UInt32, _ now: Timestamp) {
        let key = slab.nodes[slot].wait(now: now)
        slab.links.insert(
            EventSlab.agePlace(slot), time: key.expiresAt, order: order, into: &lanes.queues[LaneTable.ageQueue(key)])
        guard key.state == .delayed else { return makeReady(slot, key, order) }
        counts.delayed += 1
        lanes.lanes[key.lane].wheel.insert(
            EventSlab.place(slot), time: key.dueAt, order: order, now: now, &slab.links)
        due.set(key.lane, to: lanes.lanes[key.lane].wheel.earliest(slab.links))
    }

    private mutating func makeReady(_ slot: Int, _ key: EventNode.Key, _ order: UInt32) {
        let queue = LaneTable.readyQueue(key)
        counts.ready += 1
        slab.links.insert(EventSlab.place(slot), time: key.rank, order: order, into: &lanes.queues[queue])
        lanes.noteReady(key.lane, queue: queue)
    }

    /// Makes ready what is due.
    mutating func advance(to now: Timestamp) {
        while let first = due.first, first.time <= now {
            while let place = lanes.lanes[first.lane].wheel.takeDue(now: now, &slab.links) {
                counts.delayed -= 1
                let slot = EventSlab.slot(place)
                slab.nodes[slot].state = .ready
                makeReady(slot, slab.nodes[slot].key, slab.links.order(place))
            }
            due.set(first.lane, to: lanes.lanes[first.lane].wheel.earliest(slab.links))
        }
    }

    /// Takes an event that waits out of its queues.
    mutating func leave(_ slot: Int) {
        let key = slab.nodes[slot].key
        switch key.state {
        case .ready:
            let queue = LaneTable.readyQueue(key)
            slab.links.remove(EventSlab.place(slot), from: &lanes.queues[queue])
            lanes.noteReady(key.lane, queue: queue)
            counts.ready -= 1
        case .delayed:
            lanes.lanes[key.lane].wheel.remove(EventSlab.place(slot), &slab.links)
            due.set(key.lane, to: lanes.lanes[key.lane].wheel.earliest(slab.links))
            counts.delayed -= 1
        case .behind:
            chains.leave(slot, &slab)
            counts.behind -= 1
            return
        case .free, .new, .leased, .dead: preconditionFailure("an event that is \(key.state) does not wait")
        }
        slab.links.remove(EventSlab.agePlace(slot), from: &lanes.queues[LaneTable.ageQueue(key)])
    }

    // MARK: - Ending

    /// An event that was the first of its ordering key has ended, or is to end: the next one may go.
    mutating func letNextGo(after slot: Int, _ now: Timestamp) {
        guard slab.nodes[slot].marks.contains(.isOrdered), let next = chains.next(after: slot, &slab) else { return }
        counts.behind -= 1
        wait(next, slab.order(next), now)
    }

    /// Removes an event that is in no queue.
    mutating func remove(_ slot: Int) -> EventPayload {
        counts.bytes -= slab.nodes[slot].payload.size
        lanes.lanes[Int(slab.nodes[slot].lane)].holds -= 1
        return slab.remove(slot)
    }

    /// Makes a dead letter of an event that is in no queue.
    mutating func bury(_ slot: Int, _ cause: DeadLetterCause, _ now: Timestamp) {
        slab.nodes[slot].state = .dead
        slab.nodes[slot].past = EventPast(
            history: slab.nodes[slot].past?.history ?? [], cause: cause, diedAt: now, position: letters.append(slot))
    }

    /// The fencing number of a new lease.
    mutating func nextFence() -> UInt64 {
        fence += 1
        return fence
    }

    // MARK: - Idempotency keys

    private mutating func takeKey(_ slot: Int, _ details: EventDetails, _ now: Timestamp) {
        guard let text = details.idempotencyKey else { return }
        let lane = Int(slab.nodes[slot].lane)
        let key = LaneKey(lane, text)
        keys.purge(now: now) { lanes.lanes[$0].holds -= 1 }
        // One that is sent again does without, if another event has taken it meanwhile.
        guard keys.holder(of: key, now: now) == nil else { return }
        let until = details.heldUntil(slab.nodes[slot].enqueuedAt)
        if keys.take(key, by: slab.nodes[slot].id, until: until) { lanes.lanes[lane].holds += 1 }
        guard until == nil else { return }
        slab.nodes[slot].marks.insert(
            details.deduplication == .whileQueued ? .holdsKeyWhileQueued : .holdsKeyWhileActive)
    }

    /// Frees an event's idempotency key, if it holds it for as long as `mark` says.
    mutating func releaseKey(_ slot: Int, _ mark: EventMarks) {
        guard !slab.nodes[slot].marks.isDisjoint(with: mark) else { return }
        slab.nodes[slot].marks.subtract(mark)
        let lane = Int(slab.nodes[slot].lane)
        guard let key = slab.nodes[slot].details?.details.idempotencyKey else { return }
        if keys.release(LaneKey(lane, key), by: slab.nodes[slot].id) { lanes.lanes[lane].holds -= 1 }
    }
}

/// How many events are where, and how much their payloads take.
struct QueueCounts: Sendable {
    var ready = 0
    var delayed = 0
    var behind = 0
    var leased = 0
    var bytes = 0
}

extension EventDetails {
    /// When an idempotency key is free again whatever becomes of its event; nil if the event frees it.
    fileprivate func heldUntil(_ enqueuedAt: Timestamp) -> Timestamp? {
        guard case .within(let duration) = deduplication else { return nil }
        return enqueuedAt.advanced(by: duration)
    }
}
