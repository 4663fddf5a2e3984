// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What is to be told again.
///
/// - Source: Amazon EventBridge API Reference, *StartReplay*.
public struct ReplayRequest: Sendable, Hashable {
    /// Its name, which each event tells: 1 to 64 letters and digits of ASCII, `.`, `-` and `_`.
    public var name: String
    /// The archive's name.
    public var archive: String
    /// The time of the first events.
    public var start: Timestamp
    /// The time before which the last events are; after ``start``.
    public var end: Timestamp
    /// The rules that they are matched with; nil for all.
    public var rules: Set<String>?

    /// Describes a replay.
    public init(_ name: String, of archive: String, from start: Timestamp, to end: Timestamp, rules: Set<String>? = nil)
    {
        self.name = name
        self.archive = archive
        self.start = start
        self.end = end
        self.rules = rules
    }
}

/// Where a replay is.
public enum ReplayState: String, Sendable, Hashable {
    /// It waits for the host to run.
    case starting = "STARTING"
    /// It tells events.
    case running = "RUNNING"
    /// It ends after the event it is at.
    case cancelling = "CANCELLING"
    /// It has told all.
    case completed = "COMPLETED"
    /// It was cancelled.
    case cancelled = "CANCELLED"
    /// It could not go on.
    case failed = "FAILED"
}

/// How far a replay is.
public struct ReplayStatus: Sendable, Hashable {
    /// What was asked for.
    public let request: ReplayRequest
    /// Where it is.
    public internal(set) var state = ReplayState.starting
    /// Why it is there; nil if nothing is to be said.
    public internal(set) var reason: String?
    /// How many events were told.
    public internal(set) var replayed = 0
    /// The time of the last one.
    public internal(set) var lastEventTime: Timestamp?

    /// Whether it has ended.
    public var hasEnded: Bool { [.completed, .cancelled, .failed].contains(state) }
}

/// The replays of a bus.
struct ReplayStateMachine: Sendable {
    /// How many may be under way.
    static let runningLimit = 10
    /// How many that have ended are remembered.
    static let rememberedLimit = 1_000

    private(set) var all: [String: ReplayStatus] = [:]
    /// In the order in which they began.
    private(set) var names: [String] = []

    mutating func start(_ request: ReplayRequest) throws(EventBusError) {
        guard ResourceName.isValid(request.name, atMost: 64, "._-") else {
            throw EventBusError(
                .validation,
                "“\(request.name)” is no name of a replay: 1 to 64 letters and digits of ASCII, '.', '-' and '_'")
        }
        guard request.start < request.end else {
            throw EventBusError(
                .validation,
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
        }
        guard all[request.name] == nil else {
            throw EventBusError(.resourceAlreadyExists, "Replay \(request.name) already exists.")
        }
        guard all.values.count(where: { !$0.hasEnded }) < Self.runningLimit else {
            throw EventBusError(.limitExceeded, "\(Self.runningLimit) replays are under way; wait for one to end")
        }
        if names.count >= Self.rememberedLimit, let oldest = names.firstIndex(where: { all[$0]?.hasEnded ?? true }) {
            all[names.remove(at: oldest)] = nil
        }
        all[request.name] = ReplayStatus(request: request)
        names.append(request.name)
    }

    mutating func cancel(_ name: String) throws(EventBusError) {
        guard let status = all[name] else {
            throw EventBusError(.resourceNotFound, "Replay \(name) does not exist.")
        }
        guard [.starting, .running].contains(status.state) else {
            throw EventBusError(.illegalStatus, "Replay \(name) is not in a valid state for this operation.")
        }
        all[name]?.state = .cancelling
    }

    /// It begins to tell events; false if it is not to.
    mutating func began(_ name: String) -> Bool {
        guard all[name]?.state == .starting else { return false }
        all[name]?.state = .running
        return true
    }

    /// An event was told.
    mutating func told(_ event: BusEnvelope, by name: String) {
        all[name]?.replayed += 1
        all[name]?.lastEventTime = event.time
    }

    /// Whether it is to go on.
    func goesOn(_ name: String) -> Bool { all[name]?.state == .running }

    /// It has ended.
    mutating func ended(_ name: String, failure: String? = nil) {
        guard let state = all[name]?.state else { return }
        all[name]?.state = state == .cancelling ? .cancelled : failure == nil ? .completed : .failed
        all[name]?.reason = state == .cancelling ? nil : failure
    }

    /// It never began.
    mutating func forget(_ name: String) {
        all[name] = nil
        names.removeAll { $0 == name }
    }
}
