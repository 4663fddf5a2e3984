// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct AdmissionStateMachineTests {
    static let sharing: [AdmissionScenario] = [
        .init(
            "All functions together reach the limit", limit: 2,
            [.ask(0, .admitted), .ask(1, .admitted), .ask(0, .rejected), .ask(2, .rejected)]),
        .init(
            "A permit given back can be had again", limit: 1,
            [.ask(0, .admitted), .end(0), .ask(1, .admitted), .ask(0, .rejected)]),
        .init(
            "Who does not wait is rejected, who waits is queued", limit: 1,
            [.ask(0, .admitted), .ask(0, .rejected), .ask(0, as: 1, .waiting), .end(0, grants: 1)]),
        .init(
            "Waiters of different functions are served in the order in which they came", limit: 1,
            [
                .ask(0, .admitted), .ask(2, as: 1, .waiting), .ask(1, as: 2, .waiting), .ask(2, as: 3, .waiting),
                .end(0, grants: 1), .end(2, grants: 2), .end(1, grants: 3), .end(2),
            ]),
        .init(
            "A permit goes to the waiter, not to who comes at that moment", limit: 1,
            [.ask(0, .admitted), .ask(1, as: 1, .waiting), .end(0, grants: 1), .ask(0, .rejected)]),
    ]

    static let leaving: [AdmissionScenario] = [
        .init(
            "The first in a queue leaves and the second is next", limit: 1,
            [
                .ask(0, .admitted), .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting), .withdraw(1, is: true),
                .end(0, grants: 2),
            ]),
        .init(
            "One in the middle leaves and the others keep their order", limit: 1,
            [
                .ask(0, .admitted), .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting), .ask(0, as: 3, .waiting),
                .withdraw(2, is: true), .end(0, grants: 1), .end(0, grants: 3), .end(0),
            ]),
        .init(
            "The last leaves and the next to come follows the one before", limit: 1,
            [
                .ask(0, .admitted), .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting), .withdraw(2, is: true),
                .ask(0, as: 3, .waiting), .end(0, grants: 1), .end(0, grants: 3),
            ]),
        .init(
            "The only waiter leaves and the place is free for anybody", limit: 1,
            [.ask(0, .admitted), .ask(0, as: 1, .waiting), .withdraw(1, is: true), .end(0), .ask(1, .admitted)]),
        .init(
            "Nobody leaves twice", limit: 1,
            [.ask(0, .admitted), .ask(0, as: 1, .waiting), .withdraw(1, is: true), .withdraw(1, is: false)]),
        .init(
            "Who has been granted a permit is not waiting any more", limit: 1,
            [.ask(0, .admitted), .ask(0, as: 1, .waiting), .end(0, grants: 1), .withdraw(1, is: false), .end(0)]),
        .init(
            "An old id does not take out who waits in its place", limit: 1,
            [
                .ask(0, .admitted), .ask(0, as: 1, .waiting), .withdraw(1, is: true), .ask(0, as: 2, .waiting),
                .withdraw(1, is: false), .end(0, grants: 2),
            ]),
        .init(
            "A function's waiters leave together, and only they", limit: 1,
            [
                .ask(0, .admitted), .ask(1, as: 1, .waiting), .ask(2, as: 2, .waiting), .ask(1, as: 3, .waiting),
                .withdrawAll(of: 1, are: [1, 3]), .withdraw(3, is: false), .end(0, grants: 2), .end(2),
            ]),
        .init(
            "Everybody leaves in the order of arrival", limit: 3,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(1, .admitted), .ask(1, .admitted),
                .ask(0, as: 1, .waiting), .ask(1, as: 2, .waiting), .ask(0, as: 3, .waiting),
                .withdrawAll(of: nil, are: [1, 2, 3]), .end(0), .end(1),
            ]),
    ]

    @Test("Each rule holds step by step", arguments: sharing + leaving)
    func rule(_ scenario: AdmissionScenario) {
        #expect(scenario.fault() == nil)
    }

    @Test("Counts follow each step")
    func counts() {
        var machine = AdmissionStateMachine<Int>(limit: 2, unreservedMinimum: 0)
        machine.addLane()
        machine.addLane()
        #expect(machine.hasRoom(0))
        _ = machine.acquire(0, waiter: nil)
        _ = machine.acquire(1, waiter: nil)
        _ = machine.acquire(1, waiter: 7)
        #expect(machine.inFlight == 2)
        #expect(machine.inFlight(of: 0) == 1)
        #expect(machine.waiting == 1)
        #expect(!machine.hasRoom(0))
        #expect(machine.release(0, held: 1) == 7)
        #expect(machine.inFlight == 2)
        #expect(machine.inFlight(of: 0) == 0)
        #expect(machine.inFlight(of: 1) == 2)
        #expect(machine.waiting == 0)
    }

    @Test("A permit given back twice traps")
    func doubleRelease() async {
        await #expect(processExitsWith: .failure) {
            var machine = AdmissionStateMachine<Int>(limit: 1, unreservedMinimum: 0)
            machine.addLane()
            _ = machine.acquire(0, waiter: nil)
            _ = machine.release(0, held: 1)
            _ = machine.release(0, held: 1)
        }
    }
}
