// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension QueueStateMachine {
    /// Makes dead letters of all waiting events of a function, in the order of acceptance; costs a look at every event.
    package mutating func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) -> Int {
        advance(to: now)
        guard let lane = lanes.find(functionName) else { return 0 }
        let condemned = slab.nodes.indices
            .filter { slot in
                guard Int(slab.nodes[slot].lane) == lane else { return false }
                switch slab.nodes[slot].state {
                case .ready, .delayed, .behind: return true
                case .free, .new, .leased, .dead: return false
                }
            }
            .sorted { Int32(bitPattern: slab.order($0) &- slab.order($1)) < 0 }
        for slot in condemned {
            takeOut(slot, now)
            bury(slot, cause, now)
        }
        return condemned.count
    }

    /// Takes out an event that waits; marks one that is leased.
    ///
    /// - Returns: Besides the answer the payload of an event that is gone, to be let go outside any lock.
    package mutating func cancel(_ id: InvocationID, now: Timestamp) -> (answer: CancelAnswer, payload: EventPayload?) {
        advance(to: now)
        guard let slot = slab.find(id) else { return (.notFound, nil) }
        switch slab.nodes[slot].state {
        case .free, .new, .dead: return (.notFound, nil)
        case .leased:
            slab.nodes[slot].marks.insert(.isCancelRequested)
            return (.requested, nil)
        case .ready, .delayed, .behind:
            takeOut(slot, now)
            return (.removed, remove(slot))
        }
    }

    /// Takes an event that waits out of everything, for good.
    private mutating func takeOut(_ slot: Int, _ now: Timestamp) {
        let isBehind = slab.nodes[slot].state == .behind
        leave(slot)
        releaseKey(slot, .holdsKey)
        if !isBehind { letNextGo(after: slot, now) }
    }

    // MARK: - Letters

    /// The first dead letters after a number, whatever is in them; costs a look at each.
    package func deadLetters(after position: Int64, limit: Int) -> [(position: Int64, letter: DeadLetter)] {
        var found: [(position: Int64, letter: DeadLetter)] = []
        var position = position
        while found.count < limit, let next = letters.first(after: position) {
            position = next.position
            if let letter = letter(next.slot) { found.append((position, letter)) }
        }
        return found
    }

    private func letter(_ slot: Int) -> DeadLetter? {
        guard let past = slab.nodes[slot].past, let cause = past.cause else { return nil }
        return DeadLetter(
            event: event(slot), cause: cause, diedAt: past.diedAt, attempts: Int(slab.nodes[slot].attempts),
            history: past.history)
    }

    private func deadSlot(_ id: InvocationID) -> Int? {
        slab.find(id).flatMap { slab.nodes[$0].state == .dead ? $0 : nil }
    }

    /// Gives a dead letter another payload; returns the one it had, nil if the letter is not there.
    package mutating func replacePayload(
        ofDeadLetter id: InvocationID, with payload: EventPayload
    ) -> EventPayload? {
        guard let slot = deadSlot(id) else { return nil }
        let old = slab.nodes[slot].payload
        counts.bytes += payload.size - old.size
        slab.nodes[slot].payload = payload
        return old
    }

    /// Sends dead letters again, in the order given.
    package mutating func redrive(_ ids: [InvocationID], now: Timestamp) -> [InvocationID] {
        advance(to: now)
        return ids.filter { id in
            guard let slot = deadSlot(id) else { return false }
            if let past = slab.nodes[slot].past { letters.remove(past.position) }
            renew(slot, now)
            enter(slot, now)
            return true
        }
    }

    /// Makes an event look as if it had been accepted now, but for its history.
    private mutating func renew(_ slot: Int, _ now: Timestamp) {
        let (enqueuedAt, expiresAt) = (slab.nodes[slot].enqueuedAt, slab.nodes[slot].expiresAt)
        var details = slab.nodes[slot].details?.details ?? EventDetails()
        details.redriveCount += 1
        slab.nodes[slot].details = DetailsBox(details)
        slab.nodes[slot].enqueuedAt = now
        slab.nodes[slot].dueAt = now
        slab.nodes[slot].expiresAt = now.advanced(byNanoseconds: enqueuedAt.nanosecondsHeld(to: expiresAt))
        slab.nodes[slot].attempts = 0
        slab.nodes[slot].deaths = 0
        slab.nodes[slot].marks = []
        let history = slab.nodes[slot].past?.history ?? []
        slab.nodes[slot].past = history.isEmpty ? nil : EventPast(history: history)
    }

    /// Deletes dead letters for good.
    ///
    /// - Returns: Their payloads, to be let go outside any lock.
    package mutating func purge(_ ids: [InvocationID]) -> [EventPayload] {
        ids.compactMap { id in
            guard let slot = deadSlot(id) else { return nil }
            if let past = slab.nodes[slot].past { letters.remove(past.position) }
            return remove(slot)
        }
    }
}

extension DeadLetterPage {
    /// How many letters are read at once, to be looked at outside any lock.
    package static let lookedAtOnce = 256

    /// The letters that match, read some at a time.
    package init(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int,
        read: (_ position: Int64) -> [(position: Int64, letter: DeadLetter)]
    ) {
        self.init(letters: [], next: nil)
        guard limit > 0 else { return }
        var position = cursor?.position ?? 0
        var last = position
        while case let found = read(position), let end = found.last?.position {
            for (number, letter) in found where filter.matches(letter) {
                if letters.count == limit {
                    next = DeadLetterCursor(position: last)
                    return
                }
                letters.append(letter)
                last = number
            }
            position = end
        }
    }
}

extension Timestamp {
    /// Nanoseconds from here to there, held to what 64 bits can tell.
    fileprivate func nanosecondsHeld(to other: Self) -> Int64 {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflow ? (other.nanoseconds > nanoseconds ? .max : .min) : difference
    }
}
