// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct LifecycleStateMachineTests {
    enum Event: String, Sendable, CaseIterable { case run, shutDown, finish }

    /// What an event comes to in a state: what it answers, and where the host is then.
    struct Step: Sendable, CustomTestStringConvertible {
        let before: [Event]
        let event: Event
        var runs: LifecycleStateMachine.RunAction?
        var begins: Bool?
        let phase: HostPhase
        var isRunning = false

        var testDescription: String { "\(event.rawValue) after \(before.map(\.rawValue))" }
    }

    static let steps = [
        // idle
        Step(before: [], event: .run, runs: .run, phase: .running, isRunning: true),
        Step(before: [], event: .shutDown, begins: true, phase: .draining),
        Step(before: [], event: .finish, phase: .finished),
        // running
        Step(before: [.run], event: .run, runs: .refuse(.alreadyRunning), phase: .running, isRunning: true),
        Step(before: [.run], event: .shutDown, begins: true, phase: .draining, isRunning: true),
        Step(before: [.run], event: .finish, phase: .finished),
        // draining, shut down before run
        Step(before: [.shutDown], event: .run, runs: .drainOnly, phase: .draining, isRunning: true),
        Step(before: [.shutDown], event: .shutDown, begins: false, phase: .draining),
        Step(before: [.shutDown], event: .finish, phase: .finished),
        // draining, with run under way
        Step(
            before: [.run, .shutDown], event: .run, runs: .refuse(.alreadyRunning), phase: .draining, isRunning: true),
        Step(before: [.run, .shutDown], event: .shutDown, begins: false, phase: .draining, isRunning: true),
        Step(before: [.run, .shutDown], event: .finish, phase: .finished),
        Step(
            before: [.shutDown, .run], event: .run, runs: .refuse(.alreadyRunning), phase: .draining, isRunning: true),
        Step(before: [.shutDown, .run], event: .shutDown, begins: false, phase: .draining, isRunning: true),
        // finished
        Step(before: [.finish], event: .run, runs: .refuse(.alreadyFinished), phase: .finished),
        Step(before: [.finish], event: .shutDown, begins: false, phase: .finished),
        Step(before: [.finish], event: .finish, phase: .finished),
    ]

    @Test("Each event in each state leads where the diagram says", arguments: steps)
    func step(_ step: Step) {
        var machine = LifecycleStateMachine()
        for event in step.before { _ = Self.send(event, to: &machine) }
        let (runs, begins) = Self.send(step.event, to: &machine)
        #expect(runs == step.runs)
        #expect(begins == step.begins)
        #expect(machine.phase == step.phase)
        #expect(machine.isRunning == step.isRunning)
        #expect(machine.takesInvocations == [.idle, .running].contains(step.phase))
    }

    @Test("A host begins idle and takes invocations")
    func beginning() {
        let machine = LifecycleStateMachine()
        #expect(machine.phase == .idle)
        #expect(machine.takesInvocations)
        #expect(!machine.isRunning)
    }

    private static func send(
        _ event: Event, to machine: inout LifecycleStateMachine
    ) -> (LifecycleStateMachine.RunAction?, Bool?) {
        switch event {
        case .run: return (machine.run(), nil)
        case .shutDown: return (nil, machine.shutDown(now: .at(5)))
        case .finish:
            machine.finish()
            return (nil, nil)
        }
    }
}
