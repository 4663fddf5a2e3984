// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension QueueStateMachine {
    /// Which functions a request wants.
    private enum Wanted {
        case line(exclusion: UInt64)
        case one(Int?)
    }

    /// Leases events that are due, or too old, each for one attempt.
    ///
    /// The next event that is due is looked for among those that have nobody of their ordering key before them.
    package mutating func lease(_ request: LeaseRequest, now: Timestamp) -> LeaseAnswer {
        advance(to: now)
        let wanted =
            switch request.functions {
            case .allBut(let names): Wanted.line(exclusion: lanes.exclude(names))
            case .only(let name): Wanted.one(lanes.find(name))
            }
        var answer = LeaseAnswer()
        while answer.count < request.count, let slot = next(wanted, request, now) {
            let lane = Int(slab.nodes[slot].lane)
            answer.add(lend(slot, until: request.end))
            if request.onlyExpired { ageTurn = lane + 1 } else { lanes.hadTurn(lane) }
        }
        answer.hasMore = hasMore(wanted, request, now)
        answer.nextDue = nextDue(wanted)
        return answer
    }

    private func next(_ wanted: Wanted, _ request: LeaseRequest, _ now: Timestamp) -> Int? {
        if request.onlyExpired { return nextExpired(wanted, request, now) }
        let lane =
            switch wanted {
            case .line(let exclusion): lanes.firstInLine(exclusion, takesSuspects: request.takesSuspects)
            case .one(let lane): lane
            }
        guard let lane, let first = lanes.first(of: lane, takesSuspects: request.takesSuspects, slab.links)
        else { return nil }
        return EventSlab.slot(first.place)
    }

    /// The oldest event of a function, of each in its turn, that is too old; costs a look at each function.
    private func nextExpired(_ wanted: Wanted, _ request: LeaseRequest, _ now: Timestamp) -> Int? {
        switch wanted {
        case .one(let lane): return lane.flatMap { expired(in: $0, request, now) }
        case .line(let exclusion):
            for step in lanes.lanes.indices {
                let lane = (ageTurn + step) % lanes.lanes.count
                if lanes.isWanted(lane, exclusion), let slot = expired(in: lane, request, now) { return slot }
            }
            return nil
        }
    }

    private func expired(in lane: Int, _ request: LeaseRequest, _ now: Timestamp) -> Int? {
        var first = slab.links.first(of: lanes.queues[LaneTable.ageQueue(lane, isSuspect: false)])
        if request.takesSuspects {
            let suspect = slab.links.first(of: lanes.queues[LaneTable.ageQueue(lane, isSuspect: true)])
            if suspect >= 0, first < 0 || slab.links.isBefore(suspect, first) { first = suspect }
        }
        return first >= 0 && slab.links.time(first) <= now ? EventSlab.slot(first) : nil
    }

    private func hasMore(_ wanted: Wanted, _ request: LeaseRequest, _ now: Timestamp) -> Bool {
        if request.onlyExpired { return nextExpired(wanted, request, now) != nil }
        return switch wanted {
        case .line(let exclusion): lanes.firstInLine(exclusion, takesSuspects: request.takesSuspects) != nil
        case .one(let lane): lane.map { lanes.readyQueues($0, takesSuspects: request.takesSuspects) != 0 } ?? false
        }
    }

    private func nextDue(_ wanted: Wanted) -> Timestamp? {
        switch wanted {
        case .line(let exclusion): due.earliest { lanes.isWanted($0, exclusion) }
        case .one(let lane): lane.flatMap { lanes.lanes[$0].wheel.earliest(slab.links) }
        }
    }

    private mutating func lend(_ slot: Int, until end: Timestamp) -> Lease {
        leave(slot)
        releaseKey(slot, .holdsKeyWhileQueued)
        counts.leased += 1
        slab.nodes[slot].lend(nextFence())
        slab.links.insert(EventSlab.place(slot), time: end, order: slab.order(slot), into: &leases)
        return Lease(
            event: event(slot), token: LeaseToken(id: slab.nodes[slot].id, fence: slab.nodes[slot].fence, hint: slot),
            attempt: Int(slab.nodes[slot].attempts), deaths: Int(slab.nodes[slot].deaths),
            history: slab.nodes[slot].past?.history ?? [])
    }

    /// An event as it was accepted, but for what has changed since.
    func event(_ slot: Int) -> QueuedEvent {
        QueuedEvent(
            id: slab.nodes[slot].id, functionName: lanes.lanes[Int(slab.nodes[slot].lane)].name,
            payload: slab.nodes[slot].payload, enqueuedAt: slab.nodes[slot].enqueuedAt, dueAt: slab.nodes[slot].dueAt,
            expiresAt: slab.nodes[slot].expiresAt, box: slab.nodes[slot].details)
    }

    // MARK: - While it is on loan

    /// The slot of a lease that nobody has taken over.
    private func slot(of token: LeaseToken) -> Int? {
        guard let slot = slab.find(token.id, hint: token.hint), slab.nodes[slot].state == .leased,
            slab.nodes[slot].fence == token.fence
        else { return nil }
        return slot
    }

    /// Prolongs leases; says for each whether it still holds.
    package mutating func extend(_ tokens: [LeaseToken], until end: Timestamp) -> [LeaseState] {
        tokens.map { token in
            guard let slot = slot(of: token) else { return .lost }
            let (place, order) = (EventSlab.place(slot), slab.order(slot))
            if slab.links.time(place) < end {
                slab.links.remove(place, from: &leases)
                slab.links.insert(place, time: end, order: order, into: &leases)
            }
            return slab.nodes[slot].marks.contains(.isCancelRequested) ? .cancelRequested : .held
        }
    }

    /// Makes events wait again whose leases are over.
    package mutating func rescue(now: Timestamp) -> RescueAnswer {
        advance(to: now)
        var answer = RescueAnswer()
        while case let place = slab.links.first(of: leases), place >= 0 {
            guard slab.links.time(place) <= now else {
                answer.nextEnd = slab.links.time(place)
                break
            }
            let slot = EventSlab.slot(place)
            takeBack(slot)
            slab.nodes[slot].deaths += 1
            wait(slot, slab.order(slot), now)
            answer.rescued += 1
        }
        return answer
    }

    /// Takes an event out of those on loan.
    private mutating func takeBack(_ slot: Int) {
        slab.links.remove(EventSlab.place(slot), from: &leases)
        counts.leased -= 1
    }

    // MARK: - Afterwards

    /// Says how an attempt ended, and appends what follows from it.
    ///
    /// - Returns: Whether the lease still held, and the payload of an event that is gone, to be let go outside any lock.
    package mutating func settle(
        _ settlement: Settlement, now: Timestamp
    ) -> (isSettled: Bool, payload: EventPayload?) {
        advance(to: now)
        guard let slot = slot(of: settlement.token) else { return (false, nil) }
        takeBack(slot)
        if let attempt = settlement.attempt {
            remember(attempt, slot)
        } else if case .dead = settlement.end {
            // Its handler did not begin.
            slab.nodes[slot].attempts -= 1
        }
        let payload = end(slot, settlement.end, now)
        if !settlement.followUps.isEmpty { _ = accept(settlement.followUps, now) }
        return (true, payload)
    }

    private mutating func end(_ slot: Int, _ end: Settlement.End, _ now: Timestamp) -> EventPayload? {
        switch end {
        case .retry(let time):
            slab.nodes[slot].dueAt = time
            wait(slot, slab.order(slot), now)
            return nil
        case .released(let time):
            slab.nodes[slot].attempts -= 1
            slab.nodes[slot].dueAt = time
            wait(slot, slab.order(slot), now)
            return nil
        case .dead(let cause, isKept: true):
            releaseKey(slot, .holdsKey)
            bury(slot, cause, now)
            letNextGo(after: slot, now)
            return nil
        case .completed, .cancelled, .dead(_, isKept: false):
            releaseKey(slot, .holdsKey)
            letNextGo(after: slot, now)
            return remove(slot)
        }
    }

    private mutating func remember(_ attempt: AttemptRecord, _ slot: Int) {
        slab.nodes[slot].past = EventPast(
            history: AttemptRecord.appending(attempt, to: slab.nodes[slot].past?.history ?? []))
    }
}
