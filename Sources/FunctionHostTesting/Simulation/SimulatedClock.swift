// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Tells a simulation's virtual time.
public struct SimulatedClock: HostClock {
    private let simulation: Simulation

    init(simulation: Simulation) { self.simulation = simulation }

    /// The virtual time.
    public var now: Timestamp { simulation.now }

    /// The virtual time by the calendar, which ``Simulation/stepWallClock(by:)`` moves.
    public var wallTime: Timestamp { simulation.wallTime }

    /// Sleeps in virtual time.
    public func sleep(until deadline: Timestamp, tolerance: Duration? = nil) async throws {
        let sleeper = OneSleep()
        try await withTaskCancellationHandler {
            try await sleeper.sleep { simulation.add(.sleeper(sleeper), at: max(deadline, simulation.now)) }
        } onCancel: {
            _ = simulation.removeTimers { if case .sleeper(let other) = $0 { other === sleeper } else { false } }
            sleeper.cancel()
        }
    }

    /// Makes an alarm that rings in virtual time, on the simulation's thread.
    public func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm {
        SimulatedAlarm(simulation: simulation, ring: ring)
    }
}

extension Simulation {
    /// Lets virtual time pass for this task, also if it is cancelled: a disk does not hear of that.
    func wait(for duration: Duration) async {
        let sleeper = OneSleep()
        // Nobody cancels it, and so it does not throw.
        try? await sleeper.sleep { add(.sleeper(sleeper), at: now.advanced(by: duration)) }
    }
}

/// One sleep: over when its time has come or its task is cancelled, whichever is first.
final class OneSleep: Sendable {
    private enum State {
        case new
        case asleep(CheckedContinuation<Void, any Error>)
        case over
    }

    private let state = Mutex(State.new)

    func sleep(_ schedule: () -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let isCancelled = state.withLock { state in
                if case .over = state { return true }
                state = .asleep(continuation)
                return false
            }
            if isCancelled { continuation.resume(throwing: CancellationError()) } else { schedule() }
        }
    }

    func wake() { end()?.resume() }

    func cancel() { end()?.resume(throwing: CancellationError()) }

    private func end() -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            defer { state = .over }
            if case .asleep(let continuation) = state { return continuation }
            return nil
        }
    }
}

/// A host's alarm in virtual time.
final class SimulatedAlarm: HostAlarm {
    private let simulation: Simulation
    private let callback: @Sendable () -> Void
    private let time = Mutex<Timestamp?>(nil)

    init(simulation: Simulation, ring: @escaping @Sendable () -> Void) {
        self.simulation = simulation
        callback = ring
    }

    func ring(noLaterThan new: Timestamp) {
        let isEarlier = time.withLock { time in
            if let time, time <= new { return false }
            time = new
            return true
        }
        guard isEarlier else { return }
        _ = simulation.removeTimers { if case .alarm(let other) = $0 { other === self } else { false } }
        simulation.add(.alarm(self), at: new)
    }

    func passed() {
        time.withLock { $0 = nil }
        callback()
    }
}
