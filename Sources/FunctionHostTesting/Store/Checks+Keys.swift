// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

/// An event with an idempotency key.
private func keyed(
    _ number: Int, _ deduplication: Deduplication = .whileActive, of functionName: String = "alpha",
    at seconds: Double = 0
) -> QueuedEvent {
    Bench.event(number, of: functionName, at: seconds) { details in
        details.idempotencyKey = "k"
        details.deduplication = deduplication
    }
}

/// An event with an ordering key.
private func ordered(
    _ number: Int, _ key: String = "o", of functionName: String = "alpha", at seconds: Double = 0, dueAt: Double? = nil
) -> QueuedEvent {
    Bench.event(number, of: functionName, at: seconds, dueAt: dueAt) { $0.orderingKey = key }
}

extension StoreConformance.Check {
    private static let duplicateOfFirst = [Acceptance.duplicate(of: Bench.id(1))]

    static let idempotency: [Self] = [
        Self("An event whose idempotency key another one holds is not appended, and hears which one does") { bench in
            try await bench.append(keyed(1))
            try bench.equal(try await bench.append(keyed(2)), duplicateOfFirst, "the answer")
            try bench.equal(try await bench.append(keyed(3), keyed(4)), duplicateOfFirst + duplicateOfFirst, "two more")
            try bench.equal(try await bench.status(2), nil, "where the duplicate is")
            try await bench.lease([1], count: 9)
        },
        Self("An idempotency key holds within its function") { bench in
            try await bench.append(keyed(1))
            try bench.equal(try await bench.append(keyed(2, of: "beta")), [.accepted], "the answer")
            try await bench.append(Bench.event(3))
        },
        Self("Whether an event is a duplicate is for the one to say that holds the key") { bench in
            try await bench.append(keyed(1, .whileQueued))
            try bench.equal(try await bench.append(keyed(2, .within(.seconds(900)))), duplicateOfFirst, "the answer")
            try await bench.lease([1])
            try bench.equal(try await bench.append(keyed(3)), [.accepted], "the answer after the first attempt began")
        },
        Self("`whileQueued`: a key is held until the first attempt begins, and never again") { bench in
            try await bench.append(keyed(1, .whileQueued))
            try bench.equal(try await bench.append(keyed(2, .whileQueued)), duplicateOfFirst, "while it waits")
            let lease = try await bench.leaseOne(1)
            try await bench.settle(lease, .retry(at: Bench.time(0)))
            try bench.equal(try await bench.append(keyed(3, .whileQueued)), [.accepted], "when it waits again")
        },
        Self("`whileActive`: a key is held through attempts and delays, until its event has ended") { bench in
            try await bench.append(keyed(1))
            var lease = try await bench.leaseOne(1)
            try bench.equal(try await bench.append(keyed(2)), duplicateOfFirst, "while it is leased")
            try await bench.settle(lease, .retry(at: Bench.time(10)))
            try bench.equal(try await bench.append(keyed(3), at: 1), duplicateOfFirst, "while it waits for its time")
            lease = try await bench.leaseOne(1, at: 10)
            try await bench.settle(lease, .completed, at: 10)
            try bench.equal(try await bench.append(keyed(4), at: 10), [.accepted], "after it has ended")
        },
        Self("`whileActive`: a key is free after its event's death, cancellation and removal") { bench in
            try await bench.append(keyed(1))
            try await bench.kill([1])
            try bench.equal(try await bench.append(keyed(2)), [.accepted], "after the first has died")
            _ = try await bench.store.cancel(Bench.id(2), now: Bench.time(0))
            try bench.equal(try await bench.append(keyed(3)), [.accepted], "after the second was cancelled")
            _ = try await bench.store.condemn(functionName: "alpha", cause: .functionRemoved, now: Bench.time(0))
            try bench.equal(try await bench.append(keyed(4)), [.accepted], "after the third was condemned")
        },
        Self("`within`: a key outlives its event, until its time from the event's acceptance") { bench in
            try await bench.append(keyed(1, .within(.seconds(30)), at: 5), at: 5)
            try await bench.settle(try await bench.leaseOne(1, at: 6), .completed, at: 6)
            try bench.equal(try await bench.append(keyed(2), at: 34.999), duplicateOfFirst, "just before the time")
            try bench.equal(try await bench.append(keyed(3), at: 35), [.accepted], "at the time")
        },
        Self("`within`: a key is free at its time although its event is still there") { bench in
            try await bench.append(keyed(1, .within(.seconds(30))))
            try bench.equal(try await bench.append(keyed(2), at: 29), duplicateOfFirst, "before the time")
            try bench.equal(try await bench.append(keyed(3), at: 30), [.accepted], "at the time")
            try bench.equal(
                try await bench.append(keyed(4), at: 31), [.duplicate(of: Bench.id(3))], "who holds it now")
            try await bench.settle(try await bench.leaseOne(1, at: 31), .completed, at: 31)
            try bench.equal(
                try await bench.append(keyed(5), at: 32), [.duplicate(of: Bench.id(3))],
                "who holds it after the one that held it before has ended")
        },
    ]

    static let ordering: [Self] = [
        Self("Of the events of a function with the same ordering key only the first is leased") { bench in
            try await bench.append(ordered(1), ordered(2), ordered(3))
            let lease = try await bench.lease([1], count: 9)[0]
            try await bench.lease([])
            try await bench.settle(lease, .completed)
            try await bench.lease([2], count: 9)
        },
        Self("Other keys, other functions and events without a key do not wait") { bench in
            try await bench.append(ordered(1), ordered(2), ordered(3, "p"), Bench.event(4))
            try await bench.append(ordered(5, of: "beta"))
            try await bench.lease([1, 3, 4], count: 9, .only("alpha"))
            try await bench.lease([5], count: 9)
        },
        Self("The first of an ordering key keeps the others back while it waits to be tried again") { bench in
            try await bench.append(ordered(1), ordered(2))
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(10)))
            try await bench.lease([], at: 9, count: 9)
            let lease = try await bench.lease([1], at: 10, count: 9)[0]
            try await bench.settle(lease, .released(at: Bench.time(20)), at: 10)
            try await bench.lease([], at: 19, count: 9)
            try await bench.settle(try await bench.leaseOne(1, at: 20), .completed, at: 20)
            try await bench.lease([2], at: 20, count: 9)
        },
        Self("The first of an ordering key keeps the others back until its time has come") { bench in
            try await bench.append(ordered(1, dueAt: 10), ordered(2))
            try await bench.lease([], at: 9, count: 9)
            try await bench.settle(try await bench.leaseOne(1, at: 10), .completed, at: 10)
            try await bench.lease([2], at: 10)
        },
        Self("The next of an ordering key waits for its own time too") { bench in
            try await bench.append(ordered(1), ordered(2, dueAt: 10), ordered(3))
            try await bench.settle(try await bench.leaseOne(1), .completed)
            let answer = try await bench.ask(at: 9, count: 9)
            try bench.expect(answer.leases.isEmpty, "an event was leased before its time, or before the one in front")
            try bench.equal(answer.nextDue, Bench.time(10), "when the next is due")
            try await bench.lease([2], at: 10, count: 9)
        },
        Self("An event that is rescued stays the first of its ordering key") { bench in
            try await bench.append(ordered(1), ordered(2))
            try await bench.lease([1], until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            try await bench.lease([1], at: 5, count: 9)
        },
        Self("When the first of an ordering key has died, or was cancelled or condemned, the next may go") { bench in
            try await bench.append(ordered(1), ordered(2), ordered(3))
            try await bench.kill([1])
            let lease = try await bench.lease([2], count: 9)[0]
            try await bench.settle(lease, .cancelled)
            try bench.equal(try await bench.store.cancel(Bench.id(3), now: Bench.time(0)), .removed, "the answer")
            try await bench.append(ordered(4), ordered(5))
            try await bench.lease([4], count: 9)
            _ = try await bench.store.condemn(functionName: "alpha", cause: .functionRemoved, now: Bench.time(0))
            try await bench.append(ordered(6))
            try await bench.lease([], count: 9, .allBut([]), " while the fourth is on loan")
        },
        Self("An event that is cancelled behind another leaves the order of the rest as it is") { bench in
            try await bench.append(ordered(1), ordered(2), ordered(3))
            try bench.equal(try await bench.store.cancel(Bench.id(2), now: Bench.time(0)), .removed, "the answer")
            let lease = try await bench.lease([1], count: 9)[0]
            try await bench.lease([])
            try await bench.settle(lease, .completed)
            try await bench.lease([3], count: 9)
        },
        Self("A dead letter that is sent again goes to the end of its ordering key") { bench in
            try await bench.append(ordered(1), ordered(2), ordered(3))
            try await bench.kill([1])
            _ = try await bench.store.redrive([Bench.id(1)], now: Bench.time(0))
            for number in [2, 3, 1] {
                try await bench.settle(try await bench.lease([number], count: 9)[0], .completed)
            }
        },
        Self("Priority does not change the order of an ordering key") { bench in
            try await bench.append(
                ordered(1),
                Bench.event(2) { details in
                    details.orderingKey = "o"
                    details.priority = .highest
                })
            try await bench.lease([1], count: 9)
        },
    ]
}
