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
        if let fault = configuration.fault { throw EventBusError(.validation, fault) }
        try add(name, configuration.pattern)
        state.withLock { $0.archives[name] = .memory(ArchiveStateMachine(configuration)) }
    }

    /// Keeps events from now on in a stream, to be told again; in one that is kept in a file they outlive the process.
    ///
    /// An event that was accepted is in the stream, or kept in the host's queue to be put there. How many are kept, and for how long, is
    /// the stream's to say. A program creates the archive again when it starts, and it has all that is in the stream.
    ///
    /// - Parameters:
    ///   - name: 1 to 48 letters and digits of ASCII, `.`, `-` and `_`.
    ///   - stream: Where they are kept; for nothing else.
    ///   - pattern: Which events; all unless given.
    /// - Throws: ``EventBusError`` as `validation` or `resourceAlreadyExists`.
    public func createArchive(
        _ name: String, in stream: some StreamSource & RecordSink, pattern: EventPattern? = nil
    ) throws(EventBusError) {
        try add(name, pattern)
        deliverer.table.set(TargetTable.Entry(target: .stream(stream)), for: Self.archiveKey(name))
        state.withLock { $0.archives[name] = .stream(StreamArchive(stream: stream)) }
    }

    private func add(_ name: String, _ pattern: EventPattern?) throws(EventBusError) {
        guard ResourceName.isValid(name, atMost: 48, "._-") else {
            throw EventBusError(
                .validation, "“\(name)” is no name of an archive: 1 to 48 letters and digits of ASCII, '.', '-' and '_'"
            )
        }
        try change { book throws(EventBusError) in
            guard book.archives[name] == nil else {
                throw EventBusError(.resourceAlreadyExists, "Archive \(name) already exists.")
            }
            book.setArchive(name, pattern)
        }
    }

    /// Removes an archive and all that is in it, unless that is in a stream. A replay that is under way goes on with what it has.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`.
    public func deleteArchive(_ name: String) throws(EventBusError) {
        try change { book throws(EventBusError) in
            guard book.archives[name] != nil else { throw noArchive(name) }
            book.removeArchive(name)
        }
        state.withLock { $0.archives[name] = nil }
        deliverer.table.set(nil, for: Self.archiveKey(name))
    }

    /// How much there is in an archive in memory.
    ///
    /// - Throws: ``EventBusError`` as `resourceNotFound`, or `validation` for one in a stream, which is to be asked itself.
    public func archiveFigures(_ name: String) throws(EventBusError) -> ArchiveFigures {
        let now = host.wallTime
        let figures = try state.withLock { state throws(EventBusError) -> ArchiveFigures? in
            guard state.archives[name] != nil else { throw noArchive(name) }
            return state.archives[name]?.figures(now: now)
        }
        guard let figures else {
            throw EventBusError(.validation, "Archive \(name) is kept in a stream; ask the stream for its figures.")
        }
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
        let material = try state.withLock { state throws(EventBusError) -> ReplayMaterial in
            guard state.archives[request.archive] != nil else { throw noArchive(request.archive) }
            for rule in (request.rules ?? []).sorted() where state.book.rules[rule] == nil {
                throw EventBusError(.resourceNotFound, "Rule \(rule) does not exist on EventBus \(name).")
            }
            try state.replays.start(request)
            let range = request.start..<request.end
            return state.archives[request.archive]?.material(in: range, now: now) ?? .events([])
        }
        do {
            try host.attach(EventReplay(self, request, material))
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
