// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Keeps events in this process, and no longer than it lives.
///
/// Nothing waits: each call is one short section under a lock, however many events there are. Values are kept as they are and
/// never encoded. An event takes about 150 bytes beside its payload.
///
/// What costs more than the events it is about: ``condemn(functionName:cause:now:)`` looks at every event, a request for events
/// that are too old at each function, and a filter at each dead letter. ``LeaseAnswer/nextDue`` is exact; events behind others
/// of their ordering key do not count for it.
public final class InMemoryStore: InvocationStore {
    private let machine = Mutex(QueueStateMachine())
    /// What has been accepted and not been looked at yet, so that whoever appends and whoever works seldom meet at one lock.
    private let inbox = Inbox()

    /// Starts empty.
    public init() {}

    /// The host's own clock, values as they are, leases of a minute; nobody else appends.
    public var traits: StoreTraits {
        StoreTraits(timeline: .host, keepsValues: true, leaseDuration: .seconds(60), pollInterval: nil)
    }

    /// Works on the machine once it knows what has been accepted.
    private func withMachine<Result: Sendable, Failure: Error>(
        _ body: (inout QueueStateMachine) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try machine.withLock { machine throws(Failure) in
            inbox.empty(into: &machine)
            defer { inbox.note(machine.counts.bytes, events: machine.count) }
            return try body(&machine)
        }
    }

    /// How many events there are, the dead and the leased included.
    package var count: Int { withMachine { $0.count } }

    /// Accepts events: all of them, or none.
    public func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        if inbox.take(events, room: room, now: now) {
            return events.count == 1 ? [.accepted] : Array(repeating: .accepted, count: events.count)
        }
        return try withMachine { machine throws(StoreError) in try machine.append(events, room: room, now: now) }
    }

    /// Leases events that are due, each for one attempt.
    public func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        withMachine { $0.lease(request, now: now) }
    }

    /// Prolongs leases; says for each whether it still holds.
    public func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        withMachine { $0.extend(tokens, until: end) }
    }

    /// Says how an attempt ended, and appends what follows from it.
    public func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        // Payloads come out with the answer: what ends with them is the user's, and runs under no lock.
        withMachine { $0.settle(settlement, now: now) }.isSettled
    }

    /// Settles one event and leases others, under one lock.
    public func settle(
        _ settlement: Settlement, leasing request: LeaseRequest, now: Timestamp
    ) async throws -> (isSettled: Bool, answer: LeaseAnswer) {
        let (settled, answer) = withMachine { machine in
            (machine.settle(settlement, now: now), machine.lease(request, now: now))
        }
        return (settled.isSettled, answer)
    }

    /// Makes events wait again whose leases are over.
    public func rescue(now: Timestamp) async throws -> RescueAnswer {
        withMachine { $0.rescue(now: now) }
    }

    /// Takes out an event that waits; marks one that is leased.
    public func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        withMachine { $0.cancel(id, now: now) }.answer
    }

    /// Where an event is; nil if it is gone or never was.
    public func status(of id: InvocationID) async throws -> EventStatus? {
        withMachine { $0.status(of: id) }
    }

    /// Makes dead letters of all waiting events of a function, leased ones excepted.
    public func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        withMachine { $0.condemn(functionName: functionName, cause: cause, now: now) }
    }

    /// Dead letters, those that died first first.
    public func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        DeadLetterPage(matching: filter, after: cursor, limit: limit) { position in
            withMachine { $0.deadLetters(after: position, limit: DeadLetterPage.lookedAtOnce) }
        }
    }

    /// Gives a dead letter another payload; false if it is not there.
    public func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        withMachine { $0.replacePayload(ofDeadLetter: id, with: payload) } != nil
    }

    /// Sends dead letters again, in the order given.
    public func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        withMachine { $0.redrive(ids, now: now) }
    }

    /// Deletes dead letters for good.
    public func purge(_ ids: [InvocationID]) async throws -> Int {
        withMachine { $0.purge(ids) }.count
    }

    /// How much there is.
    public func figures(now: Timestamp) async throws -> QueueFigures {
        withMachine { $0.figures(now: now) }
    }
}
