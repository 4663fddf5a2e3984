// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let settling: [Self] = [
        Self("Settling and leasing in one call settles first") { bench in
            for number in [1, 2] { try await bench.append(Bench.event(number) { $0.orderingKey = "key" }) }
            let (isSettled, numbers) = try await bench.turn(try await bench.leaseOne(1), .completed)
            try bench.expect(isSettled, "the settlement was refused")
            try bench.equal(numbers, [2], "the events leased, of which one waited for the other")
            try bench.equal(try await bench.figures().total, 1, "how many are left")
        },
        Self("Settling and leasing in one call leases what was put back, and what follows") { bench in
            try await bench.append([1])
            let followUp = Bench.event(2, of: "beta")
            let lease = try await bench.leaseOne(1)
            let (isSettled, numbers) = try await bench.turn(
                lease, .retry(at: Bench.time(0)), followUps: [followUp], count: 9)
            try bench.expect(isSettled, "the settlement was refused")
            try bench.equal(Set(numbers), [1, 2], "the events leased")
            try bench.equal(try await bench.status(1)?.attempts, 2, "attempts")
        },
        Self("Settling and leasing in one call leases although the settlement comes too late") { bench in
            try await bench.append([1, 2])
            let lease = try await bench.leaseOne(1, until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            let (isSettled, numbers) = try await bench.turn(lease, .completed, at: 5, count: 9)
            try bench.expect(!isSettled, "a settlement was accepted that came too late")
            try bench.equal(Set(numbers), [1, 2], "the events leased")
            try bench.equal(try await bench.status(1)?.attempts, 2, "attempts")
        },
        Self("An event that has completed, or was cancelled, is gone") { bench in
            try await bench.append([1, 2])
            let leases = try await bench.lease([1, 2])
            try bench.expect(try await bench.settle(leases[0], .completed), "it could not be completed")
            try bench.expect(try await bench.settle(leases[1], .cancelled), "it could not be cancelled")
            try bench.equal(try await bench.status(1), nil, "where the completed one is")
            try bench.equal(try await bench.status(2), nil, "where the cancelled one is")
            try bench.equal(try await bench.figures(), QueueFigures(), "what there is")
            try await bench.lease([])
        },
        Self("An event that is to be tried again waits until its time, and the attempt counts") { bench in
            try await bench.append([1])
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(10)))
            try bench.equal(try await bench.status(1)?.state, .waiting(dueAt: Bench.time(10)), "where it is")
            try bench.equal(try await bench.status(1)?.attempts, 1, "attempts")
            try await bench.lease([], at: 9.999)
            let lease = try await bench.leaseOne(1, at: 10)
            try bench.equal(lease.attempt, 2, "the attempt")
            try bench.equal(lease.event.dueAt, Bench.time(10), "dueAt")
            try bench.equal(lease.event.enqueuedAt, Bench.time(0), "enqueuedAt, which does not change")
        },
        Self("An event that was released waits as if the attempt had not been") { bench in
            try await bench.append([1])
            try await bench.settle(try await bench.leaseOne(1), .released(at: Bench.time(10)))
            try bench.equal(try await bench.status(1)?.attempts, 0, "attempts")
            try await bench.lease([], at: 9.999)
            let lease = try await bench.leaseOne(1, at: 10)
            try bench.equal(lease.attempt, 1, "the attempt")
            try bench.expect(lease.history.isEmpty, "there is a history")
            try bench.equal(lease.deaths, 0, "deaths")
        },
        Self("A dead event is kept as a letter that says why and when it died, and how often it was tried") { bench in
            try await bench.append(Bench.event(1, of: "beta", "payload", at: 1) { $0.tags = ["a": "b"] }, at: 1)
            try await bench.settle(
                try await bench.leaseOne(1, at: 2), .retry(at: Bench.time(3)), at: 2, attempt: Bench.attempt(1))
            try await bench.kill([1], at: 4, .recursionLimit, attempt: Bench.attempt(2))
            guard let letter = try await bench.letters().first else { throw StoreFault(reason: "there is no letter") }
            try bench.equal(letter.id, Bench.id(1), "the id")
            try bench.equal(letter.functionName, "beta", "the function")
            try bench.equal(letter.cause, .recursionLimit, "the cause")
            try bench.equal(letter.diedAt, Bench.time(4), "when it died")
            try bench.equal(letter.attempts, 2, "attempts")
            try bench.equal(letter.history, [Bench.attempt(1), Bench.attempt(2)], "the history")
            try bench.equal(letter.event.payload.bytes, Array("payload".utf8), "the payload")
            try bench.equal(letter.event.details.tags, ["a": "b"], "the tags")
            try bench.equal(letter.event.enqueuedAt, Bench.time(1), "enqueuedAt")
            try await bench.lease([], at: 99)
        },
        Self("A dead event whose record a destination has is gone") { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1)
            try await bench.settle(lease, .dead(.retriesExhausted, isKept: false), followUps: [Bench.event(2)])
            try bench.equal(try await bench.status(1), nil, "where it is")
            try bench.equal(try await bench.dead(), [], "the dead letters")
            try await bench.lease([2], count: 9)
        },
        Self("Nobody settles what is not leased") { bench in
            try await bench.append([1])
            let token = LeaseToken(id: Bench.id(1), fence: 0)
            for token in [token, LeaseToken(id: Bench.id(9), fence: 1)] {
                let isSettled = try await bench.store.settle(Settlement(token, .completed), now: Bench.time(0))
                try bench.expect(!isSettled, "an event without a lease was settled")
            }
            try await bench.lease([1])
        },
    ]

    static let histories: [Self] = [
        Self("Attempts are remembered, the earliest first, with all that is said of them") { bench in
            try await bench.append([1])
            let attempts = [
                AttemptRecord(
                    number: 1, startedAt: Bench.time(1), duration: .nanoseconds(1_234_567_891), outcome: .timedOut),
                AttemptRecord(
                    number: 2, startedAt: Bench.time(2), duration: .seconds(900), outcome: .failed,
                    errorType: "Förälder", errorMessage: "line 1\nline 2 \u{1F6A8} \"'\\"),
            ]
            for attempt in attempts {
                let lease = try await bench.leaseOne(1)
                try await bench.settle(lease, .retry(at: Bench.time(0)), attempt: attempt)
            }
            try bench.equal(try await bench.leaseOne(1).history, attempts, "the history")
        },
        Self("A settlement without an attempt adds nothing to the history") { bench in
            try await bench.append([1])
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(0)), attempt: Bench.attempt(1))
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(0)))
            let lease = try await bench.leaseOne(1)
            try bench.equal(lease.history, [Bench.attempt(1)], "the history")
            try bench.equal(lease.attempt, 3, "the attempt")
        },
        Self("Of very many attempts the first and the last are remembered") { bench in
            let most = AttemptRecord.maximumCount
            try await bench.append([1])
            for number in 1...(most + 20) {
                let lease = try await bench.leaseOne(1)
                try bench.expect(lease.history.count <= most, "\(lease.history.count) attempts are remembered")
                try await bench.settle(lease, .retry(at: Bench.time(0)), attempt: Bench.attempt(number))
            }
            let lease = try await bench.leaseOne(1)
            let numbers = lease.history.map(\.number)
            try bench.equal(lease.attempt, most + 21, "the attempt")
            try bench.equal(numbers.count, most, "how many are remembered")
            try bench.equal(numbers.first, 1, "the first of them")
            try bench.equal(numbers.last, most + 20, "the last of them")
            try bench.equal(numbers, numbers.sorted(), "their order")
        },
    ]

    static let followUps: [Self] = [
        Self("What follows from an event is there when it has ended, in order") { bench in
            for (number, end) in [Settlement.End.completed, .dead(.retriesExhausted, isKept: true), .cancelled]
                .enumerated()
            {
                try await bench.append([number])
                let followUps = [Bench.event(number * 10 + 100), Bench.event(number * 10 + 101)]
                try await bench.settle(try await bench.leaseOne(number), end, followUps: followUps)
                let leases = try await bench.lease([number * 10 + 100, number * 10 + 101], count: 9)
                for lease in leases { try await bench.settle(lease, .completed) }
            }
        },
        Self("What follows from an event is appended whether there is room or not") { bench in
            let room = QueueRoom(events: 1, bytes: 1)
            try await bench.append(Bench.event(1, "1"), room: room)
            let followUps = [Bench.event(2, "12345"), Bench.event(3, "12345")]
            let isSettled = try await bench.settle(
                try await bench.leaseOne(1), .retry(at: Bench.time(0)), followUps: followUps)
            try bench.expect(isSettled, "it was refused")
            try bench.equal(try await bench.figures().total, 3, "how many there are")
            try await bench.lease([1, 2, 3], count: 9)
        },
        Self("What follows from an event may be there already, or be a duplicate") { bench in
            try await bench.append(Bench.event(1), Bench.event(2) { $0.idempotencyKey = "k" })
            let leases = try await bench.lease([1], .only("alpha"))
            let followUps = [Bench.event(2), Bench.event(3) { $0.idempotencyKey = "k" }, Bench.event(4)]
            try bench.expect(try await bench.settle(leases[0], .completed, followUps: followUps), "it was refused")
            try await bench.lease([2, 4], count: 9)
        },
        Self("An event has ended before what follows from it begins: its keys are free for it") { bench in
            try await bench.append(
                Bench.event(1) { details in
                    details.idempotencyKey = "k"
                    details.orderingKey = "o"
                }, Bench.event(2) { $0.orderingKey = "o" })
            let followUp = Bench.event(3) { details in
                details.idempotencyKey = "k"
                details.orderingKey = "o"
            }
            try await bench.settle(try await bench.leaseOne(1), .completed, followUps: [followUp])
            try await bench.settle(try await bench.lease([2], count: 9)[0], .completed)
            try await bench.lease([3], count: 9)
        },
        Self("What follows may be due later") { bench in
            try await bench.append([1])
            try await bench.settle(try await bench.leaseOne(1), .completed, followUps: [Bench.event(2, dueAt: 30)])
            try bench.equal(try await bench.ask(at: 1).nextDue, Bench.time(30), "when the next is due")
            try await bench.lease([2], at: 30)
        },
    ]
}
