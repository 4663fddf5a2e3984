// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct AdmissionReservationTests {
    static let steady: [AdmissionScenario] = [
        .init(
            "A reservation is kept free for its function", limit: 3,
            [.reserve(2, for: 0), .ask(1, .admitted), .ask(1, .rejected), .ask(0, .admitted), .ask(0, .admitted)]),
        .init(
            "A reservation is at once its function's maximum", limit: 3,
            [.reserve(1, for: 0), .ask(0, .admitted), .ask(0, .rejected), .ask(1, .admitted), .ask(1, .admitted)]),
        .init(
            "A reservation of 0 switches a function off, waiting or not", limit: 2,
            [.reserve(0, for: 0), .ask(0, .rejected), .ask(0, as: 1, .rejected), .ask(1, .admitted)]),
        .init(
            "Each queue has its own turn", limit: 2,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(1, .admitted), .ask(0, as: 1, .waiting),
                .ask(1, as: 2, .waiting), .end(1, grants: 2), .end(0, grants: 1),
            ]),
        .init(
            "A waiter of a full reservation leaves its queue alone", limit: 2,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting),
                .withdraw(1, is: true), .end(0, grants: 2), .end(0),
            ]),
    ]

    static let changing: [AdmissionScenario] = [
        .init(
            "A raised reservation lets as many go on as there is room for", limit: 4,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting),
                .ask(0, as: 3, .waiting), .reserve(3, for: 0, grants: [1, 2]), .end(0, grants: 3),
            ]),
        .init(
            "A lowered reservation leaves what runs alone and admits nobody until it is below", limit: 4,
            [
                .reserve(3, for: 0), .ask(0, .admitted), .ask(0, .admitted), .ask(0, .admitted),
                .reserve(1, for: 0), .ask(0, as: 1, .waiting), .end(0), .end(0), .end(0, grants: 1),
            ]),
        .init(
            "A new reservation fills only as what was there before it ends", limit: 2,
            [
                .ask(1, .admitted), .ask(1, .admitted), .reserve(2, for: 0), .ask(0, .rejected),
                .ask(0, as: 1, .waiting), .ask(0, as: 2, .waiting), .end(1, grants: 1), .end(1, grants: 2),
            ]),
        .init(
            "Functions without reservation wait for their smaller share", limit: 3,
            [
                .ask(1, .admitted), .ask(1, .admitted), .ask(1, .admitted), .reserve(2, for: 0),
                .ask(1, as: 1, .waiting), .end(1), .end(1), .end(1, grants: 1),
            ]),
        .init(
            "A lifted reservation puts its waiters among the others by their time of arrival", limit: 2,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(1, .admitted), .ask(1, as: 1, .waiting),
                .ask(0, as: 2, .waiting), .ask(1, as: 3, .waiting), .reserve(nil, for: 0),
                .end(0, grants: 1), .end(1, grants: 2), .end(1, grants: 3),
            ]),
        .init(
            "A reservation takes its function's waiters out of the common queue", limit: 3,
            [
                .ask(1, .admitted), .ask(1, .admitted), .ask(1, .admitted), .ask(1, as: 1, .waiting),
                .ask(0, as: 2, .waiting), .reserve(1, for: 0), .end(1, grants: 2), .end(1, grants: 1),
            ]),
        .init(
            "A lifted reservation gives its unused room to who waits", limit: 2,
            [
                .reserve(1, for: 0), .ask(1, .admitted), .ask(1, as: 1, .waiting),
                .reserve(nil, for: 0, grants: [1]),
            ]),
        .init(
            "Of two queues that wait for the total the one that met it first is served first", limit: 2,
            [
                .ask(2, .admitted), .ask(2, .admitted), .reserve(1, for: 0), .reserve(1, for: 1),
                .ask(1, as: 1, .waiting), .ask(0, as: 2, .waiting), .end(2, grants: 1), .end(2, grants: 2),
            ]),
        .init(
            "A queue whose waiter has left does not hold up the next one that waits for the total", limit: 2,
            [
                .ask(2, .admitted), .ask(2, .admitted), .reserve(1, for: 0), .reserve(1, for: 1),
                .ask(1, as: 1, .waiting), .ask(0, as: 2, .waiting), .withdraw(1, is: true), .end(2, grants: 2),
            ]),
        .init(
            "Switching off keeps who waits in its queue until it is switched on", limit: 2,
            [
                .reserve(1, for: 0), .ask(0, .admitted), .ask(0, as: 1, .waiting), .reserve(0, for: 0), .end(0),
                .reserve(1, for: 0, grants: [1]),
            ]),
    ]

    @Test("Each rule holds step by step", arguments: steady + changing)
    func rule(_ scenario: AdmissionScenario) {
        #expect(scenario.fault() == nil)
    }

    struct Wish: Sendable {
        let count: Int?
        let lane: Int?
        let isFine: Bool
    }

    @Test(
        "Reservations leave the unreserved minimum",
        arguments: [
            Wish(count: nil, lane: 0, isFine: true), Wish(count: 0, lane: nil, isFine: true),
            Wish(count: 4, lane: nil, isFine: true), Wish(count: 5, lane: nil, isFine: false),
            Wish(count: 9, lane: 0, isFine: true), Wish(count: 10, lane: 0, isFine: false),
            Wish(count: .max, lane: nil, isFine: false),
        ])
    func minimum(_ wish: Wish) throws {
        var machine = AdmissionStateMachine<Int>(limit: 10, unreservedMinimum: 1)
        machine.addLane()
        _ = machine.reserve(5, for: 0)
        #expect(machine.unreservedLimit == 5)
        let fault = machine.fault(reserving: wish.count, for: wish.lane)
        #expect((fault == nil) == wish.isFine)
        if let fault { #expect(fault.hasPrefix("reservedConcurrency of ")) }
    }

    @Test("The reason says what would be left and what must stay")
    func reason() {
        let machine = AdmissionStateMachine<Int>(limit: 10, unreservedMinimum: 3)
        #expect(
            machine.fault(reserving: 8, for: nil)
                == "reservedConcurrency of 8 would leave 2 of the host's 10 unreserved; at least 3 must stay")
    }

    @Test("Callers who come and go while the total is full leave nothing behind")
    func noTrace() {
        var machine = AdmissionStateMachine<Int>(limit: 1, unreservedMinimum: 0)
        machine.addLane()
        machine.addLane()
        _ = machine.acquire(1, waiter: nil)
        _ = machine.reserve(1, for: 0)
        for number in 0..<100 {
            guard case .waiting(let id) = machine.acquire(0, waiter: number) else {
                Issue.record("caller \(number) does not wait")
                return
            }
            _ = machine.withdraw(id)
        }
        #expect(machine.waiting == 0)
        #expect(machine.blockedByTotal.count <= 1)
    }
}
