// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A host's services: those that wait for it to run, and those at work.
final class ServiceRoster: Sendable {
    /// One service at work.
    final class Place: Sendable {
        let service: any HostService
        /// Given true when it has ended, and false when it is to be cancelled before that.
        let end = OneShot<Bool>()

        init(_ service: any HostService) { self.service = service }
    }

    enum Attachment {
        case kept
        case start(Place)
        case taken
        case refused
    }

    private enum Stage {
        case notRunning
        case running
        case shuttingDown
    }

    private struct State {
        var stage = Stage.notRunning
        var isCancelling = false
        var waiting: [any HostService] = []
        var places: [ObjectIdentifier: Place] = [:]
        /// Who waits for the shutdown.
        var tickets: [ObjectIdentifier: OneShot<Bool>] = [:]

        var all: [any HostService] { waiting + places.values.map(\.service) }

        /// Whether one of this type and name waits or is at work.
        func has(_ service: any HostService) -> Bool {
            all.contains { type(of: $0) == type(of: service) && $0.name == service.name }
        }

        mutating func start(_ service: any HostService) -> Place {
            let place = Place(service)
            places[ObjectIdentifier(place)] = place
            return place
        }
    }

    private let state = Mutex(State())

    /// Whether none is at work.
    var isQuiet: Bool { state.withLock { $0.places.isEmpty } }

    /// Those that wait and those at work.
    var all: [any HostService] { state.withLock { $0.all } }

    /// What those are called that are at work.
    var names: [String] { state.withLock { $0.places.values.map(\.service.name).sorted() } }

    func attach(_ service: any HostService, isUnique: Bool) -> Attachment {
        state.withLock { state in
            if isUnique, state.has(service) { return .taken }
            switch state.stage {
            case .notRunning:
                state.waiting.append(service)
                return .kept
            case .running: return .start(state.start(service))
            case .shuttingDown: return .refused
            }
        }
    }

    /// The host runs from now on.
    func open() -> [Place] {
        state.withLock { state in
            guard state.stage == .notRunning else { return [] }
            state.stage = .running
            defer { state.waiting = [] }
            return state.waiting.map { state.start($0) }
        }
    }

    /// A shutdown has begun: whoever waits for it hears of it.
    func close() {
        let tickets = state.withLock { state in
            state.stage = .shuttingDown
            state.waiting = []
            defer { state.tickets = [:] }
            return Array(state.tickets.values)
        }
        for ticket in tickets { ticket.give(false) }
    }

    /// Those at work are cancelled, and those that begin later at once.
    func cancel() {
        let places = state.withLock { state in
            state.isCancelling = true
            return Array(state.places.values)
        }
        for place in places { place.end.give(false) }
    }

    /// It is about to begin: it may be late for that.
    func begins(_ place: Place) {
        if state.withLock({ $0.isCancelling }) { place.end.give(false) }
    }

    func ended(_ place: Place) { state.withLock { $0.places[ObjectIdentifier(place)] = nil } }

    // MARK: - Those who wait for the shutdown

    /// Has the ticket given false when a shutdown begins; says false itself if one has begun.
    func expectShutdown(_ ticket: OneShot<Bool>) -> Bool {
        state.withLock { state in
            guard state.stage != .shuttingDown else { return false }
            state.tickets[ObjectIdentifier(ticket)] = ticket
            return true
        }
    }

    func forget(_ ticket: OneShot<Bool>) { state.withLock { $0.tickets[ObjectIdentifier(ticket)] = nil } }
}
