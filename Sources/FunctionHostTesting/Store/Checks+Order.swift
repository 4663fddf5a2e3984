// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

/// An event with a priority.
private func urgent(
    _ number: Int, _ priority: EventPriority, dueAt: Double = 0, of functionName: String = "alpha"
) -> QueuedEvent {
    Bench.event(number, of: functionName, dueAt: dueAt) { $0.priority = priority }
}

extension StoreConformance.Check {
    static let priorities: [Self] = [
        Self("Of events that have been due equally long the most urgent goes first") { bench in
            try await bench.append(
                urgent(1, .lowest), urgent(2, .normal), urgent(3, .highest), urgent(4, .low), urgent(5, .high),
                urgent(6, .highest))
            try await bench.lease([3, 6, 5, 2, 4, 1])
        },
        Self("An event goes before one of the next higher priority that is due a minute later, and no sooner") {
            bench in
            try await bench.append(urgent(1, .normal), urgent(2, .high, dueAt: 60.001), urgent(3, .high, dueAt: 59.999))
            try await bench.lease([3, 1, 2], at: 70)
        },
        Self("Of events of equal rank the one accepted first goes first") { bench in
            try await bench.append(
                urgent(1, .high, dueAt: 60), urgent(2, .normal), urgent(3, .highest, dueAt: 120),
                urgent(4, .low, dueAt: -60))
            try await bench.lease([1, 2, 3, 4], at: 120)
        },
        Self("The least urgent is not left for ever: four minutes make up for four levels") { bench in
            try await bench.append(urgent(1, .lowest), urgent(2, .highest, dueAt: 241), urgent(3, .highest, dueAt: 239))
            try await bench.lease([3, 1, 2], at: 241)
        },
        Self("Rank goes by when an event is due, not by when it was accepted") { bench in
            try await bench.append(Bench.event(1, dueAt: 20), Bench.event(2, dueAt: 10), Bench.event(3, dueAt: 20))
            try await bench.lease([2, 1, 3], at: 30)
        },
        Self("An event that is tried again takes its rank from its new time") { bench in
            try await bench.append([1, 2])
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(5)))
            try await bench.append([3], at: 4)
            try await bench.lease([2, 3, 1], at: 5)
        },
        Self("Priorities are for the events of one function: others have their turn all the same") { bench in
            try await bench.append(urgent(1, .highest), urgent(2, .highest), urgent(3, .lowest, of: "beta"))
            let numbers = try await bench.ask(count: 2).leases.map { Bench.number($0.event.id) }
            try bench.equal(Set(numbers), [1, 3], "the first two events")
        },
    ]

    static let delays: [Self] = [
        Self("An event is not leased before it is due, and is when it is") { bench in
            try await bench.append(Bench.event(1, dueAt: 10))
            try await bench.lease([], at: 9.999)
            try await bench.lease([1], at: 10)
        },
        Self("An event that was due long before it came is leased at once") { bench in
            try await bench.append(Bench.event(1, dueAt: -1_000_000))
            try await bench.lease([1])
        },
        Self("Events far away come in their order, whatever lies between") { bench in
            let days = [400.0, 0.001, 30, 3, 0.5, 7, 7.000_01, 90]
            for (number, day) in days.enumerated() {
                try await bench.append(Bench.event(number, dueAt: day * 86_400, expiresAt: 1e9))
            }
            for (number, day) in days.enumerated().sorted(by: { $0.element < $1.element }) {
                try bench.equal(
                    try await bench.ask(at: day * 86_400 - 0.001).nextDue, Bench.time(day * 86_400),
                    "when the next is due")
                try await bench.lease([number], at: day * 86_400)
            }
        },
        Self("`nextDue` is when the next event is due, and nil if none waits for a time") { bench in
            try bench.equal(try await bench.ask().nextDue, nil, "without any events")
            try await bench.append(Bench.event(1), Bench.event(2, dueAt: 20), Bench.event(3, dueAt: 10.5))
            try bench.equal(try await bench.ask().nextDue, Bench.time(10.5), "with two that wait")
            let answer = try await bench.ask(at: 10.5)
            try bench.equal(answer.leases.map { Bench.number($0.event.id) }, [3], "the events leased")
            try bench.equal(answer.nextDue, Bench.time(20), "when one of them has come")
            _ = try await bench.store.cancel(Bench.id(2), now: Bench.time(11))
            try bench.equal(try await bench.ask(at: 11).nextDue, nil, "when the other was cancelled")
        },
        Self("`nextDue` is of the functions that are asked for") { bench in
            try await bench.append(
                Bench.event(1, of: "alpha", dueAt: 10), Bench.event(2, of: "beta", dueAt: 20),
                Bench.event(3, of: "gamma", dueAt: 30))
            try bench.equal(try await bench.ask(.allBut(["alpha"])).nextDue, Bench.time(20), "of all but alpha")
            try bench.equal(try await bench.ask(.allBut(["beta", "alpha"])).nextDue, Bench.time(30), "of gamma")
            try bench.equal(try await bench.ask(.allBut(["alpha", "beta", "gamma"])).nextDue, nil, "of none")
            try bench.equal(try await bench.ask(.only("beta")).nextDue, Bench.time(20), "of beta only")
            try bench.equal(try await bench.ask(.only("delta")).nextDue, nil, "of one without events")
        },
        Self("`nextDue` follows an event that is to be tried again") { bench in
            try await bench.append([1])
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(7)))
            try bench.equal(try await bench.ask(at: 1).nextDue, Bench.time(7), "after a retry")
        },
        Self("`hasMore` says whether there are more that could be leased now") { bench in
            try await bench.append([1, 2, 3])
            try await bench.append(Bench.event(4, dueAt: 10))
            try bench.equal(try await bench.ask(count: 2).hasMore, true, "with one left")
            try bench.equal(try await bench.ask(count: 1).hasMore, false, "with none left that is due")
            try bench.equal(try await bench.ask(count: 1).hasMore, false, "with nothing leased")
        },
        Self("`hasMore` is of the functions that are asked for") { bench in
            try await bench.append([1, 2], of: "alpha")
            try await bench.append([3], of: "beta")
            try bench.equal(try await bench.ask(.only("beta")).hasMore, false, "of beta only")
            try bench.equal(try await bench.ask(.allBut(["beta"])).hasMore, true, "of all but beta")
            try bench.equal(try await bench.ask(.allBut(["alpha"])).hasMore, false, "of all but alpha")
        },
        Self("No more are leased than were asked for") { bench in
            try await bench.append(1...5)
            try await bench.lease([], count: 0)
            try await bench.lease([1, 2, 3])
            try await bench.lease([4, 5], count: 100)
        },
    ]

    static let turns: [Self] = [
        Self("Functions take turns in one call, however many events one of them has") { bench in
            try await bench.append(1...6, of: "alpha")
            try await bench.append([11, 12], of: "beta")
            try await bench.append([21], of: "gamma")
            let names = try await bench.ask(count: 3).leases.map(\.event.functionName)
            try bench.equal(Set(names), ["alpha", "beta", "gamma"], "the functions of the first three events")
            let next = try await bench.ask(count: 2).leases.map { Bench.number($0.event.id) }
            try bench.equal(Set(next), [2, 12], "the two events after them")
        },
        Self("Functions take turns from call to call") { bench in
            try await bench.append(1...6, of: "alpha")
            try await bench.append(11...16, of: "beta")
            var counts = ["alpha": 0, "beta": 0]
            for _ in 0..<6 {
                for lease in try await bench.ask().leases { counts[lease.event.functionName, default: 0] += 1 }
                let difference = abs(counts["alpha", default: 0] - counts["beta", default: 0])
                try bench.expect(difference <= 1, "one function is \(difference) events ahead")
            }
        },
        Self("An event of another function does not wait for a thousand that came before") { bench in
            let many = (1...1_000).map { Bench.event($0) }
            _ = try await bench.store.append(many, room: Bench.roomy, now: Bench.time(0))
            try await bench.append([2_000], of: "beta")
            let numbers = try await bench.ask(count: 2).leases.map { Bench.number($0.event.id) }
            try bench.equal(Set(numbers), [1, 2_000], "the first two events")
        },
        Self("Functions that are left out, or not the one asked for, are not leased") { bench in
            try await bench.append([1, 2], of: "alpha")
            try await bench.append([3], of: "beta")
            try await bench.append([4], of: "gamma")
            try await bench.lease([4], count: 9, .allBut(["alpha", "beta", "never heard of"]))
            try await bench.lease([1, 2], count: 9, .only("alpha"))
            try await bench.lease([], count: 9, .only("never heard of"))
            try await bench.lease([3], count: 9)
        },
    ]
}

extension StoreBench {
    /// Asks for one event of some functions.
    fileprivate func ask(_ functions: LeaseRequest.Functions) async throws -> LeaseAnswer {
        try await ask(at: 0, count: 1, functions)
    }
}
