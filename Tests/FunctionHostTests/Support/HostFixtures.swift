// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// What handlers of these tests throw.
struct HandlerFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String = "the handler gave up") { self.description = description }
}

/// A door at which handlers wait until it is opened, whether they are cancelled or not.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    /// How many wait now.
    var waiting: Int { state.withLock { $0.waiting.count } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Lets everyone pass, now and later.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// What handlers leave for the test to look at, in order.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])

    var all: [Note] { notes.withLock { $0 } }
    var count: Int { notes.withLock { $0.count } }
    var last: Note? { notes.withLock { $0.last } }
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
}

/// How many are inside at one time.
final class Occupancy: Sendable {
    private let state = Mutex((inside: 0, most: 0))

    var inside: Int { state.withLock { $0.inside } }
    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
}

/// Lets virtual time pass; what can run meanwhile does.
func pass(_ duration: Duration) async throws {
    let simulation = try #require(Simulation.current)
    try await simulation.advance(by: duration)
}

/// How much virtual time `body` takes.
func timed(_ body: () async throws -> Void) async throws -> Duration {
    let simulation = try #require(Simulation.current)
    let start = simulation.now
    try await body()
    return start.duration(to: simulation.now)
}

/// Expects an error of the host's: what kind it is, which function it names, and what its reason says.
@discardableResult
func expectError<Result>(
    _ code: FunctionHostError.Code, of functionName: String?, saying text: String,
    sourceLocation: SourceLocation = #_sourceLocation, from body: () async throws -> Result
) async -> FunctionHostError? {
    let error = await #expect(throws: FunctionHostError.self, sourceLocation: sourceLocation) {
        _ = try await body()
    }
    guard let error else { return nil }
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(error.functionName == functionName, sourceLocation: sourceLocation)
    #expect(error.reason.contains(text), sourceLocation: sourceLocation)
    return error
}

extension EventRecorder {
    /// Everything that happened, each in a word.
    var names: [String] { events.map(\.name) }

    /// When execution environments of a function began, in order.
    func environmentStarts(of functionName: String) -> [EnvironmentReport] {
        events.compactMap { event in
            guard case .environmentStarted(let report) = event, report.functionName == functionName else { return nil }
            return report
        }
    }
}

extension HostEvent {
    /// The event in a word or two.
    var name: String {
        switch self {
        case .invocationStarted: "started"
        case .invocationFinished(let report): report.outcome.rawValue
        case .invocationThrottled: "throttled"
        case .invocationWaited: "waited"
        case .invocationOverdue: "overdue"
        case .lateAnswerRefused: "late answer refused"
        case .logged(let message, _): "logged \(message.text)"
        case .progressed(let progress, _): "progressed \(progress.fraction)"
        case .environmentStarted: "environment started"
        case .environmentFailed: "environment failed"
        case .environmentEnded(_, let reason): "environment ended: \(reason)"
        case .functionRegistered(let name): "registered \(name)"
        case .functionUpdated(let name): "updated \(name)"
        case .functionRemoved(let name): "removed \(name)"
        case .phaseChanged(let phase): "host \(phase)"
        case .drained: "drained"
        case .service(let event): "\(event)"
        case .queue(let event): event.name
        case .eventsDropped(let count): "dropped \(count)"
        }
    }
}

extension QueueEvent {
    /// The event in a word or two.
    var name: String {
        switch self {
        case .enqueued(let name, _): "enqueued \(name)"
        case .retried(_, _, let attempt, _): "retried after attempt \(attempt)"
        case .died(let report): "died: \(report.cause)"
        case .deliveryFailed(_, let destination): "delivery to \(destination) failed"
        case .rescued(let count): "rescued \(count)"
        case .condemned(let name, let count): "condemned \(count) of \(name)"
        case .redriven(let ids): "redriven \(ids.count)"
        case .storeFailed(let error): "store failed: \(error.code)"
        }
    }
}
