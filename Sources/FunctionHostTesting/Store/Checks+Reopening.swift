// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let reopening: [Self] = [
        Self("Events that wait are there when the store is opened again, in their order", needsReopening: true) {
            bench in
            try await bench.append([3, 1, 2])
            try await bench.append(Bench.event(4, dueAt: 20), Bench.event(5) { $0.priority = .high })
            try await bench.reopenStore()
            try bench.equal(try await bench.ask(count: 0).nextDue, Bench.time(20), "when the next is due")
            try await bench.lease([5, 3, 1, 2], count: 9)
            try await bench.lease([4], at: 20)
        },
        Self("Everything that an event has is there when the store is opened again", needsReopening: true) { bench in
            let event = Bench.event(1, of: "beta", "payload", dueAt: 5, expiresAt: 77) { details in
                details.kind = .successDelivery
                details.tags = ["a": "b"]
                details.lineage = ["beta": 2]
                details.traceHeader = "Root=1"
                details.orderingKey = "o"
            }
            try await bench.append(event)
            try await bench.settle(
                try await bench.leaseOne(1, at: 5), .retry(at: Bench.time(6)), at: 5, attempt: Bench.attempt(1))
            try await bench.reopenStore()
            let lease = try await bench.leaseOne(1, at: 6)
            try bench.equal(lease.event.functionName, "beta", "the function")
            try bench.equal(lease.event.payload.bytes, event.payload.bytes, "the payload")
            try bench.equal(lease.event.expiresAt, event.expiresAt, "expiresAt")
            try bench.equal(lease.event.details, event.details, "the details")
            try bench.equal(lease.attempt, 2, "the attempt")
            try bench.equal(lease.history, [Bench.attempt(1)], "the history")
        },
        Self("A lease outlives whoever had it until its end, and then counts a death", needsReopening: true) { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1, until: 30)
            try await bench.reopenStore()
            try bench.equal(try await bench.status(1)?.state, .leased(until: Bench.time(30)), "where it is")
            try await bench.lease([], at: 29)
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(29)), RescueAnswer(nextEnd: Bench.time(30)), "too early")
            try bench.equal(try await bench.store.rescue(now: Bench.time(30)).rescued, 1, "how many were rescued")
            try bench.expect(!(try await bench.settle(lease, .completed, at: 31)), "a stale settlement was accepted")
            let next = try await bench.leaseOne(1, at: 31)
            try bench.equal(next.deaths, 1, "deaths")
            try bench.equal(next.attempt, 2, "the attempt")
        },
        Self("Fencing numbers go on from where they were when the store is opened again", needsReopening: true) {
            bench in
            try await bench.append([1])
            var last: UInt64 = 0
            for round in 0..<5 {
                let lease = try await bench.leaseOne(1)
                try bench.expect(
                    round == 0 || lease.token.fence > last, "the fencing number \(lease.token.fence) after \(last)")
                last = lease.token.fence
                try await bench.settle(lease, .retry(at: Bench.time(0)))
                try await bench.reopenStore()
            }
        },
        Self("Dead letters are there when the store is opened again, with their places", needsReopening: true) {
            bench in
            try await bench.append(1...5)
            let leases = try await bench.lease([1, 2, 3])
            for index in [1, 0, 2] {
                try await bench.settle(
                    leases[index], .dead(.retriesExhausted, isKept: true), at: 1, attempt: Bench.attempt(1))
            }
            let first = try await bench.store.deadLetters(matching: DeadLetterFilter(), after: nil, limit: 1)
            try await bench.reopenStore()
            try await bench.kill([4, 5], at: 2)
            let rest = try await bench.store.deadLetters(matching: DeadLetterFilter(), after: first.next, limit: 9)
            try bench.equal(rest.letters.map { Bench.number($0.id) }, [1, 3, 4, 5], "those after the first")
            try bench.equal(rest.letters.first?.cause, .retriesExhausted, "the cause")
            try bench.equal(rest.letters.first?.diedAt, Bench.time(1), "when it died")
            try bench.equal(rest.letters.first?.history, [Bench.attempt(1)], "the history")
            try bench.equal(
                try await bench.store.redrive([Bench.id(2)], now: Bench.time(3)), [Bench.id(2)], "those sent again")
        },
        Self("Idempotency keys hold when the store is opened again", needsReopening: true) { bench in
            let keyed: (Int, String, Deduplication) -> QueuedEvent = { number, key, deduplication in
                Bench.event(number) { details in
                    details.idempotencyKey = key
                    details.deduplication = deduplication
                }
            }
            try await bench.append(keyed(1, "a", .within(.seconds(60))), keyed(2, "b", .whileActive))
            try await bench.settle(try await bench.leaseOne(1), .completed)
            try await bench.reopenStore()
            let answers = try await bench.append(keyed(3, "a", .whileActive), keyed(4, "b", .whileActive), at: 59)
            try bench.equal(
                answers, [.duplicate(of: Bench.id(1)), .duplicate(of: Bench.id(2))], "the answers")
            try bench.equal(try await bench.append(keyed(5, "a", .whileActive), at: 60), [.accepted], "after its time")
        },
        Self("Ordering keys hold when the store is opened again", needsReopening: true) { bench in
            for number in 1...3 { try await bench.append(Bench.event(number) { $0.orderingKey = "o" }) }
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(5)))
            try await bench.reopenStore()
            try await bench.lease([], at: 4, count: 9)
            for number in 1...3 {
                try await bench.settle(try await bench.lease([number], at: 5, count: 9)[0], .completed, at: 5)
            }
        },
        Self("What has ended stays gone when the store is opened again", needsReopening: true) { bench in
            try await bench.append(1...4)
            let leases = try await bench.lease([1, 2])
            try await bench.settle(leases[0], .completed, followUps: [Bench.event(9)])
            try await bench.settle(leases[1], .cancelled)
            _ = try await bench.store.cancel(Bench.id(3), now: Bench.time(0))
            try await bench.reopenStore()
            try await bench.lease([4, 9], count: 9)
            try bench.equal(try await bench.figures().total, 2, "how many there are")
        },
        Self("Figures are the same when the store is opened again", needsReopening: true) { bench in
            try await bench.append(
                Bench.event(1, "1"), Bench.event(2, "22", dueAt: 10), Bench.event(3, "333"), Bench.event(4, "4444"))
            try await bench.kill([1], at: 1)
            try await bench.lease([3], at: 1)
            let figures = try await bench.figures(at: 2)
            try await bench.reopenStore()
            try bench.equal(try await bench.figures(at: 2), figures, "the figures")
        },
    ]
}
