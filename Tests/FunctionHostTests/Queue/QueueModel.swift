// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// A queue as it is described, and nothing done to make it quick: one array, looked through for each question.
struct QueueModel {
    enum State: Equatable {
        case waiting
        case leased(fence: UInt64, end: Timestamp)
        case dead(DeadLetterCause, at: Timestamp, number: Int)
        /// Between two states: it still keeps others of its ordering key back.
        case ending
    }

    struct Event {
        var event: QueuedEvent
        var order: Int
        var state = State.waiting
        var attempts = 0
        var deaths = 0
        var history: [AttemptRecord] = []
        var isCancelRequested = false

        var name: String { event.functionName }
        var rank: Timestamp { event.details.priority.rank(dueAt: event.dueAt) }
        var isDead: Bool { if case .dead = state { true } else { false } }
        var end: Timestamp? { if case .leased(_, let end) = state { end } else { nil } }
    }

    struct Key {
        let name: String
        let key: String
        let id: InvocationID
        let until: Timestamp?
    }

    var events: [Event] = []
    /// Functions in the order in which they were first heard of.
    let names: [String]
    private var keys: [Key] = []
    private var line: [String] = []
    private var ageTurn = 0
    private var order = 0
    private var fence: UInt64 = 0
    private var deaths = 0

    init(names: [String]) { self.names = names }

    func index(of id: InvocationID) -> Int? { events.firstIndex { $0.event.id == id } }

    // MARK: - Who is where

    private func isFirst(_ event: Event) -> Bool {
        guard let key = event.event.details.orderingKey else { return true }
        return !events.contains { other in
            other.name == event.name && other.event.details.orderingKey == key && !other.isDead
                && other.order < event.order
        }
    }

    private func isReady(_ event: Event, _ now: Timestamp) -> Bool {
        event.state == .waiting && event.event.dueAt <= now && isFirst(event)
    }

    private func hasReady(_ name: String, _ now: Timestamp) -> Bool {
        events.contains { $0.name == name && isReady($0, now) }
    }

    /// Functions whose first event has become due join the line.
    mutating func advance(_ now: Timestamp) {
        var newcomers: [(first: Timestamp, number: Int, name: String)] = []
        for (number, name) in names.enumerated() where !line.contains(name) {
            let times = events.filter { $0.name == name && isReady($0, now) }.map(\.event.dueAt)
            if let first = times.min() { newcomers.append((first, number, name)) }
        }
        line += newcomers.sorted { ($0.first, $0.number) < ($1.first, $1.number) }.map(\.name)
    }

    private mutating func join(_ name: String, _ now: Timestamp) {
        if !line.contains(name), hasReady(name, now) { line.append(name) }
    }

    private mutating func leaveLine(_ now: Timestamp) {
        line = line.filter { hasReady($0, now) }
    }

    // MARK: - Accepting

    mutating func append(_ new: [QueuedEvent], room: QueueRoom, now: Timestamp) -> [Acceptance]? {
        advance(now)
        var copy = self
        let answers = copy.accept(new, now)
        let added = copy.events.count - events.count
        if added > 0, copy.events.count > room.events || copy.bytes > room.bytes { return nil }
        self = copy
        return answers
    }

    private var bytes: Int { events.reduce(0) { $0 + $1.event.payload.size } }

    private mutating func accept(_ new: [QueuedEvent], _ now: Timestamp) -> [Acceptance] {
        new.map { event in
            if index(of: event.id) != nil { return .accepted }
            if let key = event.details.idempotencyKey, let holder = holder(event.functionName, key, now) {
                return .duplicate(of: holder)
            }
            order += 1
            events.append(Event(event: event, order: order))
            takeKey(event, now)
            join(event.functionName, now)
            return .accepted
        }
    }

    private func holder(_ name: String, _ key: String, _ now: Timestamp) -> InvocationID? {
        keys.first { $0.name == name && $0.key == key && ($0.until.map { $0 > now } ?? true) }?.id
    }

    private mutating func takeKey(_ event: QueuedEvent, _ now: Timestamp) {
        guard let key = event.details.idempotencyKey, holder(event.functionName, key, now) == nil else { return }
        keys.removeAll { $0.name == event.functionName && $0.key == key }
        var until: Timestamp?
        if case .within(let duration) = event.details.deduplication {
            until = event.enqueuedAt.advanced(by: duration)
        }
        keys.append(Key(name: event.functionName, key: key, id: event.id, until: until))
    }

    private mutating func releaseKey(_ id: InvocationID) { keys.removeAll { $0.id == id && $0.until == nil } }

    // MARK: - Leasing

    mutating func lease(_ request: LeaseRequest, now: Timestamp) -> LeaseAnswer {
        advance(now)
        var answer = LeaseAnswer()
        while answer.leases.count < request.count, let index = next(request, now) {
            answer.add(lend(index, request, now))
        }
        answer.hasMore = next(request, now) != nil
        answer.nextDue =
            events.filter { $0.state == .waiting && $0.event.dueAt > now && isFirst($0) && wants(request, $0.name) }
            .map(\.event.dueAt).min()
        return answer
    }

    private func wants(_ request: LeaseRequest, _ name: String) -> Bool {
        switch request.functions {
        case .allBut(let names): !names.contains(name)
        case .only(let only): name == only
        }
    }

    private func next(_ request: LeaseRequest, _ now: Timestamp) -> Int? {
        let turns =
            request.onlyExpired ? names.indices.map { names[($0 + ageTurn) % names.count] } : line
        for name in turns where wants(request, name) {
            let candidates = events.indices.filter { index in
                let event = events[index]
                guard event.name == name, request.takesSuspects || event.deaths == 0 else { return false }
                guard request.onlyExpired else { return isReady(event, now) }
                return event.state == .waiting && isFirst(event) && event.event.expiresAt <= now
            }
            let first = candidates.min { left, right in
                let (left, right) = (events[left], events[right])
                return request.onlyExpired
                    ? (left.event.expiresAt, left.order) < (right.event.expiresAt, right.order)
                    : (left.rank, left.order) < (right.rank, right.order)
            }
            if let first { return first }
        }
        return nil
    }

    private mutating func lend(_ index: Int, _ request: LeaseRequest, _ now: Timestamp) -> Lease {
        fence += 1
        events[index].state = .leased(fence: fence, end: request.end)
        events[index].attempts += 1
        let event = events[index]
        if event.event.details.deduplication == .whileQueued { releaseKey(event.event.id) }
        leaveLine(now)
        if request.onlyExpired {
            ageTurn = (names.firstIndex(of: event.name) ?? 0) + 1
        } else if let place = line.firstIndex(of: event.name) {
            line.append(line.remove(at: place))
        }
        return Lease(
            event: event.event, token: LeaseToken(id: event.event.id, fence: fence), attempt: event.attempts,
            deaths: event.deaths, history: event.history)
    }

    private func index(of token: LeaseToken) -> Int? {
        guard let index = index(of: token.id), case .leased(token.fence, _) = events[index].state else { return nil }
        return index
    }

    mutating func extend(_ tokens: [LeaseToken], until end: Timestamp) -> [LeaseState] {
        tokens.map { token in
            guard let index = index(of: token), let old = events[index].end else { return .lost }
            events[index].state = .leased(fence: token.fence, end: max(old, end))
            return events[index].isCancelRequested ? .cancelRequested : .held
        }
    }

    mutating func rescue(now: Timestamp) -> RescueAnswer {
        advance(now)
        let over = events.filter { $0.end.map { $0 <= now } ?? false }
            .sorted { ($0.end ?? now, $0.order) < ($1.end ?? now, $1.order) }
        for event in over {
            guard let index = index(of: event.event.id) else { continue }
            events[index].state = .waiting
            events[index].deaths += 1
            join(event.name, now)
        }
        return RescueAnswer(rescued: over.count, nextEnd: events.compactMap(\.end).min())
    }

    // MARK: - Ending

    mutating func settle(_ settlement: Settlement, now: Timestamp) -> Bool {
        advance(now)
        guard let index = index(of: settlement.token) else { return false }
        if let attempt = settlement.attempt {
            events[index].history.append(attempt)
            if events[index].history.count > AttemptRecord.maximumCount {
                events[index].history.remove(at: AttemptRecord.maximumCount / 2)
            }
        }
        switch settlement.end {
        case .retry(let time): wait(index, until: time, now)
        case .released(let time):
            events[index].attempts -= 1
            wait(index, until: time, now)
        case .completed, .cancelled, .dead(_, isKept: false): remove(index, now)
        case .dead(let cause, isKept: true):
            if settlement.attempt == nil { events[index].attempts -= 1 }
            bury(index, cause, now)
        }
        _ = accept(settlement.followUps, now)
        return true
    }

    private mutating func wait(_ index: Int, until time: Timestamp, _ now: Timestamp) {
        events[index].state = .waiting
        events[index].event.dueAt = time
        join(events[index].name, now)
    }

    private mutating func remove(_ index: Int, _ now: Timestamp) {
        let event = events[index]
        events[index].state = .ending
        leaveLine(now)
        releaseKey(event.event.id)
        events.remove(at: index)
        join(event.name, now)
    }

    private mutating func bury(_ index: Int, _ cause: DeadLetterCause, _ now: Timestamp) {
        events[index].state = .ending
        leaveLine(now)
        releaseKey(events[index].event.id)
        deaths += 1
        events[index].state = .dead(cause, at: now, number: deaths)
        join(events[index].name, now)
    }

    mutating func cancel(_ id: InvocationID, now: Timestamp) -> CancelAnswer {
        advance(now)
        guard let index = index(of: id) else { return .notFound }
        switch events[index].state {
        case .waiting:
            remove(index, now)
            return .removed
        case .leased:
            events[index].isCancelRequested = true
            return .requested
        case .dead, .ending: return .notFound
        }
    }

    mutating func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) -> Int {
        advance(now)
        let condemned = events.filter { $0.name == functionName && $0.state == .waiting }.sorted { $0.order < $1.order }
        for event in condemned {
            if let index = index(of: event.event.id) { bury(index, cause, now) }
        }
        return condemned.count
    }

    // MARK: - Letters

    var letters: [DeadLetter] {
        events.compactMap { event -> (Int, DeadLetter)? in
            guard case .dead(let cause, let time, let number) = event.state else { return nil }
            let letter = DeadLetter(
                event: event.event, cause: cause, diedAt: time, attempts: event.attempts, history: event.history)
            return (number, letter)
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    mutating func replacePayload(of id: InvocationID, with payload: EventPayload) -> Bool {
        guard let index = index(of: id), events[index].isDead else { return false }
        events[index].event.payload = payload
        return true
    }

    mutating func redrive(_ ids: [InvocationID], now: Timestamp) -> [InvocationID] {
        advance(now)
        return ids.filter { id in
            guard let index = index(of: id), events[index].isDead else { return false }
            var event = events.remove(at: index)
            let age = event.event.enqueuedAt.duration(to: event.event.expiresAt)
            event.event.enqueuedAt = now
            event.event.dueAt = now
            event.event.expiresAt = now.advanced(by: age)
            event.event.details.redriveCount += 1
            order += 1
            var again = Event(event: event.event, order: order)
            again.history = event.history
            events.append(again)
            takeKey(event.event, now)
            join(event.name, now)
            return true
        }
    }

    mutating func purge(_ ids: [InvocationID]) -> Int {
        let before = events.count
        events.removeAll { $0.isDead && ids.contains($0.event.id) }
        return before - events.count
    }

    // MARK: - Looking

    func status(of id: InvocationID) -> EventStatus? {
        guard let index = index(of: id) else { return nil }
        let event = events[index]
        let state: EventStatus.State
        switch event.state {
        case .waiting: state = .waiting(dueAt: event.event.dueAt)
        case .leased(_, let end): state = .leased(until: end)
        case .dead(let cause, _, _): state = .dead(cause)
        case .ending: return nil
        }
        return EventStatus(id: id, functionName: event.name, state: state, attempts: event.attempts)
    }

    mutating func figures(now: Timestamp) -> QueueFigures {
        advance(now)
        var figures = QueueFigures()
        let waiting = events.filter { $0.state == .waiting }
        let ready = waiting.filter { $0.event.dueAt <= now }
        figures.ready = ready.count
        figures.delayed = waiting.count - ready.count
        figures.leased = events.count { $0.end != nil }
        figures.dead = letters.count
        figures.bytes = bytes
        figures.oldestReadyAge = ready.map { $0.event.dueAt.duration(to: now) }.max()
        figures.oldestDeadAge = letters.first.map { $0.diedAt.duration(to: now) }
        return figures
    }
}
