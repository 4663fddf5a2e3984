// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

/// A city's day.
struct Day: Codable, Sendable {
    var city: String
    /// `2010-01-31`.
    var day: String
    /// In degrees Celsius.
    var mean: Double
    var low: Double
    var readings: Int

    /// Where the air is no warmer than this, in degrees Celsius, the ground may freeze.
    static let frost = 4.0
    var hasFrost: Bool { low <= Self.frost }
}

/// What the functions have found out.
final class Days: Sendable {
    private struct State {
        /// By city and day: an event may come twice.
        var days: [String: Day] = [:]
        var alerts: Set<String> = []
    }

    private let state = Mutex(State())

    func add(_ day: Day) { state.withLock { $0.days[day.city + day.day] = day } }
    func add(_ alert: String) { state.withLock { _ = $0.alerts.insert(alert) } }

    var all: [Day] { state.withLock { $0.days.values.sorted { ($0.city, $0.day) < ($1.city, $1.day) } } }
    var alerts: Set<String> { state.withLock { $0.alerts } }

    /// Waits until so many days are known, and the alerts that they make.
    func wait(for count: Int) async throws {
        while true {
            let isComplete = state.withLock { state in
                state.days.count == count && state.alerts.count == state.days.values.count(where: \.hasFrost)
            }
            if isComplete { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Holds it against a plain count of the files.
    func check(against replay: Replay) throws {
        let (days, alerts) = (all, alerts)
        guard days.count == replay.days, days.reduce(0, { $0 + $1.readings }) == replay.readings,
            alerts.count == replay.frostDays
        else { throw Failure("the days are not those of the files") }
        Output.item(
            "checked", "\(replay.readings) readings, each in one day; \(replay.frostDays) days with ground frost")
    }
}

/// Looks at how far behind the mapping is.
final class IteratorAges: HostObserver {
    private struct State {
        var first: Duration?
        var last = Duration.zero
        var batches = 0
        var failures = 0
    }

    let delivery = ObserverDelivery.immediate
    private let state = Mutex(State())

    func told(_ event: any ServiceEvent) {
        guard let event = event as? MappingEvent, case .batchEnded(let records, let result, let age) = event.kind,
            records > 0
        else { return }
        state.withLock { state in
            state.batches += 1
            if result != .succeeded { state.failures += 1 }
            if state.first == nil { state.first = age }
            state.last = age
        }
    }

    var first: Duration { state.withLock { $0.first ?? .zero } }
    var last: Duration { state.withLock { $0.last } }
    var batches: Int { state.withLock { $0.batches } }
    var failures: Int { state.withLock { $0.failures } }
}
