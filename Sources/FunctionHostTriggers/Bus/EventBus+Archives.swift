// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

extension EventBus {
    /// Keeps events from now on, in memory, to be told again.
    ///
    /// - Parameters:
    ///   - name: 1 to 48 letters and digits of ASCII, `.`, `-` and `_`.
    ///   - configuration: Which events, and for how long.
    /// - Throws: ``EventBusError`` as `validation` or `resourceAlreadyExists`.
    /// - Source: Amazon EventBridge API Reference, *CreateArchive*.
    public func createArchive(
        _ name: String, configuration: ArchiveConfiguration = .init()
    ) throws(EventBusError) {
        guard ResourceName.isValid(name, atMost: 48, "._-") else {
            throw EventBusError(
                .validation, "“\(name)” is no name of an archive: 1 to 48 letters and digits of ASCII, '.', '-' and '_'"
            )
        }
        if let fault = configuration.fault { throw EventBusError(.validation, fault) }
        try change { book throws(EventBusError) in
            guard book.archives[name] == nil else {
                throw EventBusError(.resourceAlreadyExists, "Archive \(name) already exists.")
            }
            book.setArchive(name, configuration.pattern)
        }
        state.withLock { $0.archives[name] = ArchiveStateMachine(configuration) }
    }

    /// Removes an archive and all that is in it. A replay that is under way goes on with what it has.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func deleteArchive(_ name: String) throws(EventBusError) {
        try change { book throws(EventBusError) in
            guard book.archives[name] != nil else { throw noArchive(name) }
            book.removeArchive(name)
        }
        state.withLock { $0.archives[name] = nil }
    }

    /// How much there is in an archive.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func archiveFigures(_ name: String) throws(EventBusError) -> ArchiveFigures {
        let now = host.wallTime
        guard let figures = state.withLock({ $0.archives[name]?.figures(now: now) }) else { throw noArchive(name) }
        return figures
    }

    private func noArchive(_ name: String) -> EventBusError {
        EventBusError(.resourceNotFound, "Archive \(name) does not exist.")
    }

    // MARK: - Replays

    /// Tells events of an archive again, while the host runs: those whose time is in a range, minute by minute, the earliest first.
    ///
    /// Each event keeps its id and its time and has `replay-name` beside; it is matched with the rules that there are then, and is not
    /// archived again. It goes no faster than targets take: it waits while one does not, and leaves half of the host's queue to others.
    ///
    /// - Throws: ``EventBusError`` as `validation`, `resourceNotFound`, `resourceAlreadyExists` or `limitExceeded`;
    ///   ``/FunctionHost/FunctionHostError`` as `shuttingDown`.
    /// - Source: Amazon EventBridge API Reference, *StartReplay*.
    public func startReplay(_ request: ReplayRequest) throws {
        let now = host.wallTime
        let events = try state.withLock { state throws(EventBusError) -> [BusEnvelope] in
            guard state.archives[request.archive] != nil else { throw noArchive(request.archive) }
            for rule in (request.rules ?? []).sorted() where state.book.rules[rule] == nil {
                throw EventBusError(.resourceNotFound, "Rule \(rule) does not exist on EventBus \(name).")
            }
            try state.replays.start(request)
            guard request.start < request.end else { return [] }
            return state.archives[request.archive]?.events(in: request.start..<request.end, now: now) ?? []
        }
        do {
            try host.attach(EventReplay(self, request, events))
        } catch {
            state.withLock { $0.replays.forget(request.name) }
            throw error
        }
    }

    /// Ends a replay after the event it is at.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`, or `illegalStatus` if it has ended.
    public func cancelReplay(_ name: String) throws(EventBusError) {
        try state.withLock { state throws(EventBusError) in try state.replays.cancel(name) }
    }

    /// The replays, in the order in which they began; of those that have ended the last 1,000.
    public var replays: [ReplayStatus] {
        state.withLock { state in state.replays.names.compactMap { state.replays.all[$0] } }
    }
}

/// Tells events again.
private final class EventReplay: HostService {
    /// How often it looks how full the host's queue is: every so many events.
    private static let stride = 50

    let name: String
    private let bus: EventBus
    private let request: ReplayRequest
    private let events: [BusEnvelope]

    init(_ bus: EventBus, _ request: ReplayRequest, _ events: [BusEnvelope]) {
        self.bus = bus
        self.request = request
        self.events = events
        name = "replay \(request.name) on \(bus.name)"
    }

    func run(on host: FunctionHost) async {
        if bus.state.withLock({ $0.replays.began(request.name) }) {
            tell()
            for (index, event) in events.enumerated() {
                guard bus.state.withLock({ $0.replays.goesOn(request.name) }) else { break }
                guard await hasRoom(host, at: index), await tell(event, host) else {
                    return end(failure: "the host has shut down")
                }
                bus.state.withLock { $0.replays.told(event, by: request.name) }
            }
        }
        end(failure: nil)
    }

    private func end(failure: String?) {
        bus.state.withLock { $0.replays.ended(request.name, failure: failure) }
        tell()
    }

    private func tell() {
        guard let status = bus.state.withLock({ $0.replays.all[request.name] }) else { return }
        bus.host.tell(ReplayEvent(serviceName: bus.name, status: status))
    }

    /// Waits until the queue is no more than half full; false if the host shuts down first.
    private func hasRoom(_ host: FunctionHost, at index: Int) async -> Bool {
        guard index.isMultiple(of: Self.stride) else { return true }
        // What cannot be asked is found out when an event is sent.
        while let figures = try? await host.queueFigures(),
            figures.ready + figures.delayed + figures.leased > host.configuration.queueCapacity / 2
        {
            guard await host.sleepUnlessShutDown(for: .milliseconds(100)) else { return false }
        }
        return !host.isShuttingDown
    }

    /// Sends an event to its targets; false if the host shuts down first.
    private func tell(_ event: BusEnvelope, _ host: FunctionHost) async -> Bool {
        let event = event.replayed(by: request.name)
        while true {
            do {
                // It was matched when it was put.
                let found = ((try? bus.book.matching(event.json)) ?? []).filter { match in
                    guard case .rule(let rule) = match else { return false }
                    return request.rules?.contains(rule.name) ?? true
                }
                if try await bus.send(event, to: found) { return true }
                return await host.sleepUnlessShutDown(for: .seconds(1))
            } catch {
                // There is no room now; the targets before that one get it again.
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return false }
            }
        }
    }
}
