// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension HostSystem {
    /// Time, chance and threads of the simulation that this code runs in.
    ///
    /// ```swift
    /// @Test(.simulated(seeds: 0..<1_000)) func neverTwice() async throws {
    ///     let host = FunctionHost(system: .simulated)
    /// ```
    ///
    /// Outside a simulation there is nothing to take them from, which is a programmer's error.
    public static var simulated: Self {
        guard let simulation = Simulation.current else {
            preconditionFailure("HostSystem.simulated outside a simulation: give the test the trait .simulated(…)")
        }
        return simulated(by: simulation)
    }

    /// Time, chance and threads of a simulation.
    public static func simulated(by simulation: Simulation) -> Self {
        var system = Self(clock: simulation.clock, seed: simulation.random(in: 0...UInt64.max))
        system.bulkhead = simulation
        system.deliversInline = true
        // Now and then handlers start on their caller's thread, as they do outside; then their tasks have no names.
        system.namesTasks = simulation.chance(0.75)
        system.announce = { [weak simulation] in simulation?.remember($0) }
        system.tap = ScheduleObserver(simulation: simulation)
        return system
    }
}

/// Writes what happens in a host into the schedule.
private struct ScheduleObserver: HostObserver {
    let simulation: Simulation

    func receive(_ event: HostEvent) {
        switch event {
        case .invocationStarted(let context, _): note("started", context)
        case .invocationFinished(let report): note(report.outcome.rawValue, report.context)
        case .invocationThrottled(let name, _, _): simulation.note("\(name) throttled")
        case .invocationOverdue(let context, let duration): note("overdue by \(duration)", context)
        case .lateAnswerRefused(let context, _): note("late answer refused", context)
        case .logged(let message, let context): note("logged \(message.text)", context)
        case .environmentStarted(let report):
            simulation.note("\(report.functionName) environment \(report.environmentID) started")
        case .environmentFailed(let report):
            simulation.note("\(report.functionName) environment \(report.environmentID) failed")
        case .environmentEnded(let report, let reason):
            simulation.note("\(report.functionName) environment \(report.environmentID) ended: \(reason)")
        case .phaseChanged(let phase): simulation.note("host \(phase)")
        default: break
        }
    }

    private func note(_ what: String, _ context: InvocationContext) {
        simulation.note("\(context.functionName) \(context.id.description.prefix(8)) \(what)")
    }
}
