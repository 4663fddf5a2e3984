// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// A mistake between a host and its disk, as people make it who write queues.
enum StoreBug: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case acknowledgedBeforeCommit
    case doneBeforeRun
    case neverRescued
    case rescuedTooEarly
    case fenceIgnored
    case extensionForgotten
    case attemptChargedOnInterruption
    case attemptNotCounted
    case ageIgnored
    case delayIgnored
    case lentTwice
    case followUpsLost
    case followUpsOutsideTheTransaction
    case retryForgotten
    case deadLetterDropped
    case idempotencyForgotten
    case orderIgnored

    var testDescription: String { rawValue }
}

/// A store that passes calls on, with a mistake or without one.
final class BuggyStore: InvocationStore {
    /// What the mistakes remember of one process.
    private struct State {
        var unwritten: [QueuedEvent] = []
        var lent: Lease?
        var fences: [InvocationID: UInt64] = [:]
    }

    private let store: any InvocationStore
    private let bug: StoreBug?
    /// Whether this process is so slow, or so far away, that its leases run out.
    private let isLame: Bool
    private let state = Mutex(State())

    private let account: CrashAccount

    init(_ store: any InvocationStore, _ bug: StoreBug?, isLame: Bool, _ account: CrashAccount) {
        self.account = account
        self.store = store
        self.bug = bug
        self.isLame = isLame
    }

    var traits: StoreTraits { store.traits }

    func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        let events = events.map(spoiled)
        if bug == .acknowledgedBeforeCommit {
            state.withLock { $0.unwritten += events }
            return events.map { _ in .accepted }
        }
        return try await store.append(events, room: room, now: now)
    }

    private func spoiled(_ event: QueuedEvent) -> QueuedEvent {
        var event = event
        switch bug {
        case .ageIgnored: event.expiresAt = .distantFuture
        case .idempotencyForgotten: event.details.idempotencyKey = nil
        case .orderIgnored: event.details.orderingKey = nil
        default: break
        }
        return event
    }

    func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        let unwritten = state.withLock { state in
            defer { state.unwritten = [] }
            return state.unwritten
        }
        if !unwritten.isEmpty {
            _ = try await store.append(unwritten, room: QueueRoom(events: .max, bytes: .max), now: now)
        }
        if bug == .lentTwice, let lease = state.withLock({ $0.lent.take() }) { return LeaseAnswer(leases: [lease]) }
        var answer = try await store.lease(request, now: now)
        answer.leases = answer.leases.map { lease in
            state.withLock { state in
                state.lent = lease
                state.fences[lease.event.id] = lease.token.fence
            }
            account.lent(lease.token)
            guard bug == .attemptNotCounted else { return lease }
            return Lease(
                event: lease.event, token: lease.token, attempt: 1, deaths: lease.deaths, history: lease.history)
        }
        if bug == .doneBeforeRun, let lease = answer.first {
            _ = try await store.settle(Settlement(lease.token, .completed), now: now)
        }
        return answer
    }

    func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        if bug == .extensionForgotten { return tokens.map { _ in .held } }
        if isLame { throw StoreError(.locked, reason: "it is far away", isPassing: true) }
        return try await store.extend(tokens, until: end, now: now)
    }

    func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        var settlement = settlement
        let hasLostIt = account.hasLost(settlement.token)
        switch (bug, settlement.end) {
        case (.doneBeforeRun, _): return true
        case (.fenceIgnored, _):
            if let fence = state.withLock({ $0.fences[settlement.token.id] }) {
                settlement.token = LeaseToken(id: settlement.token.id, fence: fence)
            }
        case (.attemptChargedOnInterruption, .released(let time)): settlement.end = .retry(at: time)
        case (.delayIgnored, .retry): settlement.end = .retry(at: now)
        case (.retryForgotten, .retry): settlement.end = .cancelled
        case (.deadLetterDropped, .dead(let cause, _)): settlement.end = .dead(cause, isKept: false)
        case (.followUpsLost, _): settlement.followUps = []
        case (.followUpsOutsideTheTransaction, _):
            _ = try await store.append(settlement.followUps, room: QueueRoom(events: .max, bytes: .max), now: now)
            settlement.followUps = []
        default: break
        }
        let isSettled = try await store.settle(settlement, now: now)
        if isSettled, hasLostIt { account.settledByStranger(settlement.token.id) }
        return isSettled
    }

    func rescue(now: Timestamp) async throws -> RescueAnswer {
        switch bug {
        case .neverRescued: RescueAnswer()
        case .rescuedTooEarly: try await store.rescue(now: now.advanced(by: .seconds(5)))
        default: try await store.rescue(now: now)
        }
    }

    func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        try await store.cancel(id, now: now)
    }

    func status(of id: InvocationID) async throws -> EventStatus? { try await store.status(of: id) }

    func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        try await store.condemn(functionName: functionName, cause: cause, now: now)
    }

    func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        try await store.deadLetters(matching: filter, after: cursor, limit: limit)
    }

    func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        try await store.replacePayload(ofDeadLetter: id, with: payload)
    }

    func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        try await store.redrive(ids, now: now)
    }

    func purge(_ ids: [InvocationID]) async throws -> Int { try await store.purge(ids) }
    func figures(now: Timestamp) async throws -> QueueFigures { try await store.figures(now: now) }
}
