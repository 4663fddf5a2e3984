// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Tells events again.
final class EventReplay: HostService {
    /// How often it looks how full the host's queue is: every so many events.
    private static let stride = 50

    let name: String
    private let bus: EventBus
    private let request: ReplayRequest
    private let material: ReplayMaterial

    init(_ bus: EventBus, _ request: ReplayRequest, _ material: ReplayMaterial) {
        self.bus = bus
        self.request = request
        self.material = material
        name = "replay \(request.name) on \(bus.name)"
    }

    func run(on host: FunctionHost) async {
        guard bus.state.withLock({ $0.replays.began(request.name) }) else { return end(failure: nil) }
        tell()
        let isTold =
            switch material {
            case .events(let events): await tell(events, host) { $0 }
            case .stream(let archive): await tellStream(archive, host)
            }
        end(failure: isTold ? nil : "the host has shut down")
    }

    private func tellStream(_ archive: StreamArchive, _ host: FunctionHost) async -> Bool {
        let range = request.start..<request.end
        guard let places = await asking(host, { try await archive.places(in: range) }) else { return false }
        return await tell(places, host) { place in
            // One that has gone meanwhile is not told.
            await self.asking(host) { try await archive.event(at: place) } ?? nil
        }
    }

    /// Tells one after another, until it is cancelled; false if the host shuts down first.
    private func tell<Place: Sendable>(
        _ places: [Place], _ host: FunctionHost, event: (Place) async -> BusEnvelope?
    ) async -> Bool {
        for (index, place) in places.enumerated() {
            guard bus.state.withLock({ $0.replays.goesOn(request.name) }) else { return true }
            guard await hasRoom(host, at: index) else { return false }
            guard let event = await event(place) else { continue }
            guard await tell(event, host) else { return false }
            bus.state.withLock { $0.replays.told(event, by: request.name) }
        }
        return true
    }

    /// Asks the stream until it answers; nil if the host shuts down first.
    private func asking<Answer>(_ host: FunctionHost, _ body: () async throws -> Answer) async -> Answer? {
        while true {
            do {
                return try await body()
            } catch {
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return nil }
            }
        }
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
