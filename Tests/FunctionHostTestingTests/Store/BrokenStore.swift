// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// The store in memory with a mistake of the kind that people make who write a store.
final class BrokenStore: InvocationStore {
    enum Bug: String, CaseIterable, CustomStringConvertible {
        case roomIgnored, roomByBytesIgnored, roomFillsWhatFits, deadTakeNoRoom, duplicatesNeedRoom
        case idAppendedAgain, duplicateNotTold, keyHeldByNobody, keyOfAllFunctions
        case orderingIgnored, priorityIgnored, dueIgnored, delayedForgotten, turnsNotTaken, excludedLeased, onlyIgnored
        case countIgnored, hasMoreAlways, hasMoreNever, nextDueMissing, nextDueOfAll, nextDueLate
        case attemptNotCounted, fenceIgnored, settledTwice, staleFollowUps, releaseCounts, historyLost, historyEndless
        case followUpsForgotten, followUpsNeedRoom, extendDoesNothing, extendAlwaysHeld, wishToCancelUntold
        case rescueEarly, rescueNever, rescueWithoutDeath, nextEndMissing, suspectsAlways, expiredByDueOnly
        case cancelLeased, cancelForgotten, condemnLeased, condemnForgets, deadNotKept, deadAlwaysKept
        case lettersNewestFirst, cursorIgnored, lastPageUntold, filterIgnored, payloadNotReplaced
        case redriveKeepsAttempts, redriveInOrderOfDeath, redriveLeavesLetter, purgeAnything, purgeCountsAll
        case figuresWithoutBytes, figuresCountLeasedAsReady, ageOfYoungest, detailsLost, timesRounded
        case leasedWithoutLock, roomWithoutLock

        var description: String { rawValue }

        /// Those that are seen only when calls come between others.
        static let ofConcurrency: [Self] = [.leasedWithoutLock, .roomWithoutLock]
        /// The others.
        static let ofOneCaller = allCases.filter { !ofConcurrency.contains($0) }
    }

    private let bug: Bug
    private let store = InMemoryStore()
    private let state = Mutex((renamed: 0, lent: [InvocationID: Lease]()))

    init(_ bug: Bug) { self.bug = bug }

    var traits: StoreTraits { store.traits }

    func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        var room = room
        switch bug {
        case .roomIgnored: room = QueueRoom(events: .max, bytes: .max)
        case .roomByBytesIgnored: room.bytes = .max
        case .deadTakeNoRoom: room.events += try await store.figures(now: now).dead
        case .roomFillsWhatFits:
            var answers: [Acceptance] = []
            for event in events { answers += try await store.append([event], room: room, now: now) }
            return answers
        case .roomWithoutLock:
            let figures = try await store.figures(now: now)
            if figures.total + events.count > room.events { throw StoreError(.full, reason: "full") }
            await Task.yield()
            room.events = .max
        case .duplicatesNeedRoom:
            let figures = try await store.figures(now: now)
            if figures.total + events.count > room.events { throw StoreError(.full, reason: "full") }
        default: break
        }
        let answers = try await store.append(events.map(spoil), room: room, now: now)
        return bug == .duplicateNotTold ? answers.map { _ in .accepted } : answers
    }

    private func spoil(_ event: QueuedEvent) -> QueuedEvent {
        var event = event
        switch bug {
        case .idAppendedAgain:
            let number = state.withLock { state in
                state.renamed += 1
                return state.renamed
            }
            guard number > 1 else { return event }
            return event.copy(id: InvocationID(high: UInt64(number), low: event.id.low))
        case .keyHeldByNobody: event.details.idempotencyKey = nil
        case .keyOfAllFunctions: if event.details.idempotencyKey != nil { return event.copy(functionName: "all") }
        case .orderingIgnored: event.details.orderingKey = nil
        case .priorityIgnored: event.details.priority = .normal
        case .dueIgnored: event.dueAt = event.enqueuedAt
        case .delayedForgotten: if event.dueAt > event.enqueuedAt { event.dueAt = .distantFuture }
        case .detailsLost: event.details = EventDetails()
        case .timesRounded: event.dueAt.nanoseconds -= event.dueAt.nanoseconds % 1_000
        case .expiredByDueOnly: event.expiresAt = max(event.expiresAt, event.dueAt)
        default: break
        }
        return event
    }

    func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        var changed = request
        switch bug {
        case .excludedLeased: if case .allBut = request.functions { changed.functions = .allBut([]) }
        case .onlyIgnored: if case .only = request.functions { changed.functions = .allBut([]) }
        case .countIgnored: changed.count += 1
        case .suspectsAlways: changed.takesSuspects = true
        case .turnsNotTaken where request.functions.isAll:
            changed.functions = .only("alpha")
            let answer = try await store.lease(changed, now: now)
            if !answer.leases.isEmpty { return answer }
            changed = request
        case .leasedWithoutLock:
            if let old = state.withLock({ $0.lent.values.first }), request.count > 0 {
                return LeaseAnswer(leases: [old])
            }
        default: break
        }
        var answer = try await store.lease(changed, now: now)
        if bug == .leasedWithoutLock, let lease = answer.leases.first {
            state.withLock { $0.lent = [lease.event.id: lease] }
            await Task.yield()
            state.withLock { $0.lent = [:] }
        }
        switch bug {
        case .hasMoreAlways: answer.hasMore = true
        case .hasMoreNever: answer.hasMore = false
        case .nextDueMissing: answer.nextDue = nil
        case .nextDueLate: answer.nextDue = answer.nextDue.map { $0.advanced(by: .milliseconds(1)) }
        case .nextDueOfAll:
            answer.nextDue = try await store.lease(LeaseRequest(count: 0, end: request.end), now: now).nextDue
        case .attemptNotCounted, .releaseCounts:
            let count = bug == .attemptNotCounted ? 0 : 2
            answer.leases = answer.leases.map { $0.copy(attempt: count) }
        case .historyLost: answer.leases = answer.leases.map { $0.copy(history: []) }
        case .historyEndless:
            answer.leases = answer.leases.map { lease in
                lease.copy(history: lease.history + (lease.attempt > 50 ? lease.history.suffix(1) : []))
            }
        case .rescueWithoutDeath: answer.leases = answer.leases.map { $0.copy(deaths: 0) }
        default: break
        }
        return answer
    }

    func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        if bug == .extendDoesNothing { return try await store.extend(tokens, until: now, now: now) }
        let states = try await store.extend(tokens, until: end, now: now)
        if bug == .extendAlwaysHeld { return states.map { _ in .held } }
        return bug == .wishToCancelUntold ? states.map { $0 == .cancelRequested ? .held : $0 } : states
    }

    func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        var settlement = settlement
        switch (bug, settlement.end) {
        case (.followUpsForgotten, _): settlement.followUps = []
        case (.followUpsNeedRoom, _):
            let followUps = settlement.followUps
            settlement.followUps = []
            guard try await store.settle(settlement, now: now) else { return false }
            if followUps.count == 1 {
                _ = try await store.append(followUps, room: .init(events: 9, bytes: 999), now: now)
            }
            return true
        case (.staleFollowUps, _):
            let isSettled = try await store.settle(settlement, now: now)
            if !isSettled {
                _ = try await store.append(settlement.followUps, room: .init(events: 999, bytes: 999), now: now)
            }
            return isSettled
        case (.deadNotKept, .dead(let cause, _)): settlement.end = .dead(cause, isKept: false)
        case (.deadAlwaysKept, .dead(let cause, _)): settlement.end = .dead(cause, isKept: true)
        case (.fenceIgnored, _), (.settledTwice, _):
            let isSettled = try await store.settle(settlement, now: now)
            return try await store.status(of: settlement.token.id) == nil || bug == .settledTwice ? true : isSettled
        default: break
        }
        return try await store.settle(settlement, now: now)
    }

    func rescue(now: Timestamp) async throws -> RescueAnswer {
        switch bug {
        case .rescueEarly: return try await store.rescue(now: now.advanced(by: .milliseconds(1)))
        case .rescueNever: return RescueAnswer()
        case .nextEndMissing:
            var answer = try await store.rescue(now: now)
            answer.nextEnd = nil
            return answer
        default: return try await store.rescue(now: now)
        }
    }

    func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        if bug == .cancelForgotten { return .removed }
        let answer = try await store.cancel(id, now: now)
        return bug == .cancelLeased && answer == .requested ? .removed : answer
    }

    func status(of id: InvocationID) async throws -> EventStatus? { try await store.status(of: id) }

    func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        let count = try await store.condemn(functionName: functionName, cause: cause, now: now)
        if bug == .condemnForgets {
            let page = try await store.deadLetters(
                matching: DeadLetterFilter(cause: cause), after: nil, limit: .max)
            _ = try await store.purge(page.letters.map(\.id))
        }
        return bug == .condemnLeased ? count + (try await store.figures(now: now).leased) : count
    }

    func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        var page = try await store.deadLetters(
            matching: bug == .filterIgnored ? DeadLetterFilter() : filter, after: bug == .cursorIgnored ? nil : cursor,
            limit: limit)
        if bug == .lettersNewestFirst { page.letters.reverse() }
        if bug == .lastPageUntold, let last = page.letters.last, page.letters.count == limit, page.next == nil {
            page.next = DeadLetterCursor(position: Int64(last.attempts) + 1_000)
        }
        return page
    }

    func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        if bug == .payloadNotReplaced {
            if case .dead? = try await store.status(of: id)?.state { return true }
            return false
        }
        return try await store.replacePayload(ofDeadLetter: id, with: payload)
    }

    func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        switch bug {
        case .redriveInOrderOfDeath:
            let page = try await store.deadLetters(matching: DeadLetterFilter(), after: nil, limit: .max)
            return try await store.redrive(page.letters.map(\.id).filter(ids.contains), now: now)
        case .redriveLeavesLetter: return ids
        case .redriveKeepsAttempts:
            let there = try await store.redrive(ids, now: now)
            for id in there {
                guard let name = try await store.status(of: id)?.functionName else { continue }
                let request = LeaseRequest(functions: .only(name), count: 9, end: now)
                for lease in try await store.lease(request, now: now).leases {
                    _ = try await store.settle(Settlement(lease.token, .retry(at: now)), now: now)
                }
            }
            return there
        default: return try await store.redrive(ids, now: now)
        }
    }

    func purge(_ ids: [InvocationID]) async throws -> Int {
        if bug == .purgeAnything {
            for id in ids { _ = try await store.cancel(id, now: Timestamp(nanoseconds: 0)) }
        }
        let count = try await store.purge(ids)
        return bug == .purgeCountsAll ? ids.count : count
    }

    func figures(now: Timestamp) async throws -> QueueFigures {
        var figures = try await store.figures(now: now)
        switch bug {
        case .figuresWithoutBytes: figures.bytes = 0
        case .figuresCountLeasedAsReady: figures.ready += figures.leased
        case .ageOfYoungest: figures.oldestReadyAge = figures.oldestReadyAge.map { _ in .zero }
        default: break
        }
        return figures
    }
}

extension LeaseRequest.Functions {
    fileprivate var isAll: Bool {
        if case .allBut(let names) = self { names.isEmpty } else { false }
    }
}

extension QueuedEvent {
    fileprivate func copy(id: InvocationID? = nil, functionName: String? = nil) -> Self {
        Self(
            id: id ?? self.id, functionName: functionName ?? self.functionName, payload: payload,
            enqueuedAt: enqueuedAt,
            dueAt: dueAt, expiresAt: expiresAt, details: details)
    }
}

extension Lease {
    fileprivate func copy(attempt: Int? = nil, deaths: Int? = nil, history: [AttemptRecord]? = nil) -> Self {
        Self(
            event: event, token: token, attempt: attempt ?? self.attempt, deaths: deaths ?? self.deaths,
            history: history ?? self.history)
    }
}
