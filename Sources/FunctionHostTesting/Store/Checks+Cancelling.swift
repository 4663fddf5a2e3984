// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreBench {
    fileprivate func cancel(_ number: Int, at seconds: Double = 0) async throws -> CancelAnswer {
        try await store.cancel(Self.id(number), now: Self.time(seconds))
    }

    fileprivate func condemn(
        _ functionName: String, _ cause: DeadLetterCause = .functionRemoved, at seconds: Double = 0
    ) async throws -> Int {
        try await store.condemn(functionName: functionName, cause: cause, now: Self.time(seconds))
    }
}

extension StoreConformance.Check {
    static let cancelling: [Self] = [
        Self("An event that waits is taken out, due or not, before others or behind them") { bench in
            try await bench.append(
                Bench.event(1), Bench.event(2, dueAt: 10), Bench.event(3) { $0.orderingKey = "o" },
                Bench.event(4) { $0.orderingKey = "o" }, Bench.event(5))
            for number in [1, 2, 4, 3] {
                try bench.equal(try await bench.cancel(number), .removed, "the answer for \(number)")
                try bench.equal(try await bench.status(number), nil, "where \(number) is")
                try bench.equal(try await bench.cancel(number), .notFound, "the second answer for \(number)")
            }
            try bench.equal(try await bench.figures().total, 1, "how many there are")
            try await bench.lease([5], at: 10, count: 9)
        },
        Self("An event that is leased is marked, and whoever extends the lease hears of it") { bench in
            try await bench.append([1, 2])
            let leases = try await bench.lease([1, 2], until: 10)
            try bench.equal(try await bench.cancel(1), .requested, "the answer")
            try bench.equal(try await bench.cancel(1), .requested, "the second answer")
            for _ in 0..<2 {
                let states = try await bench.store.extend(
                    leases.map(\.token), until: Bench.time(20), now: Bench.time(1))
                try bench.equal(states, [.cancelRequested, .held], "the leases")
            }
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(15)).rescued, 0,
                "how many of the extended leases were over")
            try bench.expect(try await bench.settle(leases[0], .cancelled), "it could not be settled")
        },
        Self("A wish to cancel does not keep an event from completing") { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1)
            try bench.equal(try await bench.cancel(1), .requested, "the answer")
            try bench.expect(try await bench.settle(lease, .completed), "it could not be completed")
            try bench.equal(try await bench.cancel(1), .notFound, "the answer once it is gone")
        },
        Self("An event that is dead, gone or was never there cannot be cancelled") { bench in
            try await bench.append([1, 2])
            try await bench.kill([1])
            try await bench.settle(try await bench.leaseOne(2), .completed)
            for number in [1, 2, 3] {
                try bench.equal(try await bench.cancel(number), .notFound, "the answer for \(number)")
            }
            try bench.equal(try await bench.dead(), [1], "the dead letters")
        },
    ]

    static let condemning: [Self] = [
        Self("All waiting events of a function become dead letters, and no others") { bench in
            try await bench.append(
                Bench.event(1), Bench.event(2, dueAt: 100), Bench.event(3) { $0.orderingKey = "o" },
                Bench.event(4) { $0.orderingKey = "o" })
            try await bench.append([5], of: "beta")
            try bench.equal(try await bench.condemn("alpha", .zeroReservedConcurrency, at: 3), 4, "how many")
            let letters = try await bench.letters()
            try bench.equal(Set(letters.map { Bench.number($0.id) }), [1, 2, 3, 4], "the dead letters")
            for letter in letters {
                try bench.equal(letter.cause, .zeroReservedConcurrency, "the cause")
                try bench.equal(letter.diedAt, Bench.time(3), "when they died")
                try bench.equal(letter.attempts, 0, "attempts")
            }
            try await bench.lease([5], at: 200, count: 9)
        },
        Self("Events that are leased are not condemned") { bench in
            try await bench.append([1, 2])
            let lease = try await bench.leaseOne(1)
            try bench.equal(try await bench.condemn("alpha"), 1, "how many")
            try bench.expect(try await bench.settle(lease, .completed), "the leased one could not be completed")
            try bench.equal(try await bench.dead(), [2], "the dead letters")
            try bench.equal(try await bench.condemn("alpha"), 0, "how many the second time")
            try bench.equal(try await bench.condemn("never heard of"), 0, "how many of an unknown function")
        },
        Self("A condemned event keeps its attempts and its history, and frees its key") { bench in
            try await bench.append(Bench.event(1) { $0.idempotencyKey = "k" })
            let lease = try await bench.leaseOne(1)
            try await bench.settle(lease, .retry(at: Bench.time(50)), attempt: Bench.attempt(1))
            try bench.equal(try await bench.condemn("alpha"), 1, "how many")
            let letter = try await bench.letters().first
            try bench.equal(letter?.attempts, 1, "attempts")
            try bench.equal(letter?.history, [Bench.attempt(1)], "the history")
            try bench.equal(
                try await bench.append(Bench.event(2) { $0.idempotencyKey = "k" }), [.accepted], "one with the same key"
            )
        },
    ]
}
