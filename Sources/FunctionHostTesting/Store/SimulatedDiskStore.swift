// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// A durable store on a ``SimulatedDisk``, as one of SQLite is on a real one.
///
/// Each call waits, in virtual time, then does everything at once, and waits again before it answers: a program that crashes in
/// the first wait has lost the call, in the second only the answer. Outside a simulation nothing waits.
///
/// Leases last six seconds, times are by the calendar, and payloads are bytes. Several stores may share a disk, as several
/// programs do; then they want a poll interval.
public final class SimulatedDiskStore: InvocationStore {
    /// What it writes to.
    public let disk: SimulatedDisk
    /// As a store of SQLite says.
    public let traits: StoreTraits

    private let latency: Duration
    private let isClosed = Mutex(false)

    /// Opens what is on a disk.
    ///
    /// - Parameters:
    ///   - disk: It outlives the store.
    ///   - latency: How long each of the two waits of a call is at most.
    ///   - pollInterval: How often to look for events that other programs have appended; nil if there are no others.
    public init(_ disk: SimulatedDisk, latency: Duration = .milliseconds(2), pollInterval: Duration? = nil) {
        self.disk = disk
        self.latency = latency
        traits = StoreTraits(
            timeline: .calendar, keepsValues: false, leaseDuration: .seconds(6), pollInterval: pollInterval)
    }

    /// Lets go of the disk; every call from now on throws ``/FunctionHost/StoreError`` as `closed`.
    public func close() { isClosed.withLock { $0 = true } }

    private func pause() async {
        guard latency > .zero, let simulation = Simulation.current else { return }
        await simulation.wait(for: .nanoseconds(simulation.random(in: 0...latency.wholeNanoseconds)))
    }

    private func checkOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw StoreError(.closed, reason: "the store has been closed") }
    }

    private func commit<Result: Sendable>(
        _ body: @escaping @Sendable (inout QueueStateMachine) -> Result
    ) async throws -> Result {
        try checkOpen()
        await pause()
        try checkOpen()
        let result = disk.commit(body)
        await pause()
        return result
    }

    private func read<Result: Sendable>(
        _ body: @Sendable (inout QueueStateMachine) -> Result
    ) async throws -> Result {
        try checkOpen()
        await pause()
        let result = disk.read(body)
        await pause()
        return result
    }

    private func checkBytes(_ payloads: some Sequence<EventPayload>) throws(StoreError) {
        for case .value in payloads {
            throw StoreError(.needsBytes, reason: "a disk keeps bytes; a value is to be encoded before")
        }
    }
}

extension SimulatedDiskStore {
    /// Accepts events: all of them, or none.
    public func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance] {
        try checkBytes(events.lazy.map(\.payload))
        return try await commit { queue -> Result<[Acceptance], StoreError> in
            do throws(StoreError) {
                return .success(try queue.append(events, room: room, now: now))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Leases events that are due, each for one attempt.
    public func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer {
        try await commit { $0.lease(request, now: now) }
    }

    /// Prolongs leases; says for each whether it still holds.
    public func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState] {
        try await commit { $0.extend(tokens, until: end) }
    }

    /// Says how an attempt ended, and appends what follows from it.
    public func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool {
        try checkBytes(settlement.followUps.lazy.map(\.payload))
        return try await commit { $0.settle(settlement, now: now).isSettled }
    }

    /// Makes events wait again whose leases are over.
    public func rescue(now: Timestamp) async throws -> RescueAnswer {
        try await commit { $0.rescue(now: now) }
    }

    /// Takes out an event that waits; marks one that is leased.
    public func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer {
        try await commit { $0.cancel(id, now: now).answer }
    }

    /// Where an event is; nil if it is gone or never was.
    public func status(of id: InvocationID) async throws -> EventStatus? {
        try await read { $0.status(of: id) }
    }

    /// Makes dead letters of all waiting events of a function, leased ones excepted.
    public func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int {
        try await commit { $0.condemn(functionName: functionName, cause: cause, now: now) }
    }

    /// Dead letters, those that died first first.
    public func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage {
        try await read { queue in
            DeadLetterPage(matching: filter, after: cursor, limit: limit) { position in
                queue.deadLetters(after: position, limit: DeadLetterPage.lookedAtOnce)
            }
        }
    }

    /// Gives a dead letter another payload; false if it is not there.
    public func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool {
        try checkBytes([payload])
        return try await commit { $0.replacePayload(ofDeadLetter: id, with: payload) != nil }
    }

    /// Sends dead letters again, in the order given.
    public func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID] {
        try await commit { $0.redrive(ids, now: now) }
    }

    /// Deletes dead letters for good.
    public func purge(_ ids: [InvocationID]) async throws -> Int {
        try await commit { $0.purge(ids).count }
    }

    /// How much there is.
    public func figures(now: Timestamp) async throws -> QueueFigures {
        try await read { $0.figures(now: now) }
    }
}
