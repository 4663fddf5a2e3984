// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let letters: [Self] = [
        Self("Dead letters are listed in the order in which they died") { bench in
            try await bench.append(1...4)
            let leases = try await bench.lease([1, 2, 3, 4])
            for (second, index) in [2, 0, 3, 1].enumerated() {
                try await bench.settle(leases[index], .dead(.retriesExhausted, isKept: true), at: Double(second))
            }
            try bench.equal(try await bench.dead(), [3, 1, 4, 2], "the dead letters")
        },
        Self("Dead letters come in pages, none left out and none twice, and the last page says so") { bench in
            try await bench.append(1...10)
            try await bench.kill(Array(1...10))
            for limit in [1, 3, 5, 10, 11] {
                var (numbers, cursor, pages) = ([Int](), DeadLetterCursor?.none, 0)
                repeat {
                    let page = try await bench.store.deadLetters(
                        matching: DeadLetterFilter(), after: cursor, limit: limit)
                    try bench.expect(page.letters.count <= limit, "\(page.letters.count) letters in a page of \(limit)")
                    numbers += page.letters.map { Bench.number($0.id) }
                    cursor = page.next
                    pages += 1
                } while cursor != nil && pages < 20
                try bench.equal(numbers, Array(1...10), "the letters in pages of \(limit)")
                try bench.equal(pages, (10 + limit - 1) / limit, "the pages of \(limit)")
            }
        },
        Self("A place among the letters stays where it is when others come or go") { bench in
            try await bench.append(1...6)
            try await bench.kill([1, 2, 3, 4])
            let first = try await bench.store.deadLetters(matching: DeadLetterFilter(), after: nil, limit: 2)
            try bench.equal(first.letters.map { Bench.number($0.id) }, [1, 2], "the first page")
            _ = try await bench.store.purge([Bench.id(1), Bench.id(2), Bench.id(3)])
            try await bench.kill([5, 6])
            let rest = try await bench.store.deadLetters(matching: DeadLetterFilter(), after: first.next, limit: 9)
            try bench.equal(rest.letters.map { Bench.number($0.id) }, [4, 5, 6], "the rest")
            try bench.equal(rest.next, nil, "the place after it")
        },
        Self("The letters that match are paged as if there were no others") { bench in
            for number in 1...9 {
                try await bench.append([number], of: number % 3 == 0 ? "beta" : "alpha")
                try await bench.kill([number])
            }
            let filter = DeadLetterFilter(functionName: "beta")
            let first = try await bench.store.deadLetters(matching: filter, after: nil, limit: 2)
            try bench.equal(first.letters.map { Bench.number($0.id) }, [3, 6], "the first page")
            let second = try await bench.store.deadLetters(matching: filter, after: first.next, limit: 1)
            try bench.equal(second.letters.map { Bench.number($0.id) }, [9], "the second page")
            try bench.equal(second.next, nil, "the place after it")
        },
        Self("A dead letter can be given another payload; what is not dead cannot") { bench in
            try await bench.append(Bench.event(1, "broken"), Bench.event(2, "waits"))
            try await bench.kill([1])
            let mended = EventPayload.bytes(Array("mended payload".utf8))
            try bench.expect(
                try await bench.store.replacePayload(ofDeadLetter: Bench.id(1), with: mended),
                "it could not be replaced")
            try bench.equal(try await bench.letters().first?.event.payload.bytes, mended.bytes, "the payload")
            try bench.equal(try await bench.figures().bytes, 19, "the bytes of all payloads")
            for number in [2, 3] {
                let isReplaced = try await bench.store.replacePayload(ofDeadLetter: Bench.id(number), with: mended)
                try bench.expect(!isReplaced, "the payload of \(number), no dead letter, was replaced")
            }
            _ = try await bench.store.redrive([Bench.id(1)], now: Bench.time(0))
            let leases = try await bench.lease([2, 1])
            try bench.equal(leases[1].event.payload.bytes, mended.bytes, "the payload that is tried")
        },
        Self("Dead letters can be deleted for good, and nothing else can") { bench in
            try await bench.append(1...4)
            try await bench.kill([1, 2])
            let lease = try await bench.leaseOne(3)
            let ids = [1, 1, 3, 4, 9].map { Bench.id($0) }
            try bench.equal(try await bench.store.purge(ids), 1, "how many were deleted")
            try bench.equal(try await bench.status(1), nil, "where the deleted one is")
            try bench.equal(try await bench.dead(), [2], "the dead letters")
            try bench.expect(try await bench.settle(lease, .completed), "the leased one could not be completed")
            try await bench.lease([4], count: 9)
            try bench.equal(try await bench.store.purge([]), 0, "how many of none were deleted")
        },
    ]

    static let letterFilters: [Self] = [
        Self("Letters are found by function and by cause") { bench in
            try await bench.append([1], of: "alpha")
            try await bench.kill([1], .retriesExhausted)
            try await bench.append([2], of: "beta")
            try await bench.kill([2], .retriesExhausted)
            try await bench.append([3], of: "alpha")
            try await bench.kill([3], DeadLetterCause("MyOwn"))
            try bench.equal(try await bench.dead(DeadLetterFilter(functionName: "alpha")), [1, 3], "by function")
            try bench.equal(try await bench.dead(DeadLetterFilter(cause: .retriesExhausted)), [1, 2], "by cause")
            let both = DeadLetterFilter(functionName: "alpha", cause: DeadLetterCause("MyOwn"))
            try bench.equal(try await bench.dead(both), [3], "by both")
            try bench.equal(try await bench.dead(DeadLetterFilter(functionName: "gamma")), [], "by another function")
        },
        Self("Letters are found by when they died: from a time on, and before a time") { bench in
            try await bench.append(1...3)
            for number in 1...3 { try await bench.kill([number], at: Double(number)) }
            let filter = DeadLetterFilter(diedSince: Bench.time(2), diedBefore: Bench.time(3))
            try bench.equal(try await bench.dead(filter), [2], "from 2 s on and before 3 s")
            try bench.equal(try await bench.dead(DeadLetterFilter(diedSince: Bench.time(2))), [2, 3], "from 2 s on")
            try bench.equal(try await bench.dead(DeadLetterFilter(diedBefore: Bench.time(2))), [1], "before 2 s")
        },
        Self("Letters are found by tags, all of which must be there") { bench in
            try await bench.append(
                Bench.event(1) { $0.tags = ["tenant": "acme", "env": "test"] },
                Bench.event(2) { $0.tags = ["tenant": "acme"] },
                Bench.event(3) { $0.tags = ["tenant": "Acme"] }, Bench.event(4))
            try await bench.kill([1, 2, 3, 4])
            try bench.equal(try await bench.dead(DeadLetterFilter(tags: ["tenant": "acme"])), [1, 2], "by one tag")
            let both = DeadLetterFilter(tags: ["tenant": "acme", "env": "test"])
            try bench.equal(try await bench.dead(both), [1], "by two tags")
            try bench.equal(try await bench.dead(DeadLetterFilter(tags: ["env": ""])), [], "by another value")
        },
        Self("Letters are found by text in the payload or in an attempt's error, letters as they are written") {
            bench in
            try await bench.append(
                Bench.event(1, "{\"city\":\"Malmö\"}"), Bench.event(2, "nothing"), Bench.event(3, "nothing"),
                Bench.event(4, "MALMÖ 100%_"))
            try await bench.kill([1])
            try await bench.kill([2], attempt: Bench.attempt(1, message: "no road to Malmö"))
            try await bench.kill([3, 4])
            try bench.equal(try await bench.dead(DeadLetterFilter(text: "Malmö")), [1, 2], "by text")
            try bench.equal(try await bench.dead(DeadLetterFilter(text: "HandlerError")), [2], "by the error's type")
            try bench.equal(
                try await bench.dead(DeadLetterFilter(text: "0%_")), [4], "by signs that mean something to some")
            try bench.equal(try await bench.dead(DeadLetterFilter(text: "%")), [4], "by a sign that stands for itself")
            try bench.equal(try await bench.dead(DeadLetterFilter(text: "")), [1, 2, 3, 4], "by no text")
        },
    ]

    static let redriving: [Self] = [
        Self("A letter that is sent again begins anew, and keeps everything else") { bench in
            try await bench.append(
                Bench.event(1, of: "beta", "payload", at: 1, expiresAt: 101) { details in
                    details.tags = ["a": "b"]
                    details.priority = .high
                    details.origin = Bench.id(7)
                }, at: 1)
            try await bench.lease([1], at: 2, until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            try await bench.kill([1], at: 6, attempt: Bench.attempt(2))
            try bench.equal(
                try await bench.store.redrive([Bench.id(1)], now: Bench.time(50)), [Bench.id(1)], "those sent again")
            try bench.equal(try await bench.dead(), [], "the dead letters")
            try bench.equal(try await bench.status(1)?.attempts, 0, "attempts")
            let lease = try await bench.leaseOne(1, at: 50)
            try bench.equal(lease.attempt, 1, "the attempt")
            try bench.equal(lease.deaths, 0, "deaths")
            try bench.equal(lease.event.enqueuedAt, Bench.time(50), "enqueuedAt, from which its age counts")
            try bench.equal(lease.event.expiresAt, Bench.time(150), "expiresAt, as long after as before")
            try bench.equal(lease.event.payload.bytes, Array("payload".utf8), "the payload")
            try bench.equal(lease.event.functionName, "beta", "the function")
            try bench.equal(lease.event.details.tags, ["a": "b"], "the tags")
            try bench.equal(lease.event.details.priority, .high, "the priority")
            try bench.equal(lease.event.details.origin, Bench.id(7), "the origin")
            try bench.equal(lease.event.details.redriveCount, 1, "how often it was sent again")
            try bench.equal(lease.history, [Bench.attempt(2)], "the history")
        },
        Self("Letters are sent again in the order given; those that are not there are left out") { bench in
            try await bench.append(1...5)
            try await bench.kill([1, 2, 3])
            let ids = [3, 9, 1, 4, 2, 3].map { Bench.id($0) }
            try bench.equal(
                try await bench.store.redrive(ids, now: Bench.time(0)), [3, 1, 2].map { Bench.id($0) },
                "those sent again")
            try await bench.lease([4, 5, 3, 1, 2], count: 9)
        },
        Self("A letter can be sent again more than once") { bench in
            try await bench.append([1])
            for round in 1...3 {
                try await bench.kill([1], at: Double(round))
                _ = try await bench.store.redrive([Bench.id(1)], now: Bench.time(Double(round)))
                try bench.equal(try await bench.dead(), [], "the dead letters")
            }
            try bench.equal(try await bench.leaseOne(1, at: 9).event.details.redriveCount, 3, "how often")
        },
        Self("A letter is sent again although another event holds its idempotency key by now") { bench in
            let keyed: (Int) -> QueuedEvent = { number in Bench.event(number) { $0.idempotencyKey = "k" } }
            try await bench.append(keyed(1))
            try await bench.kill([1])
            try await bench.append(keyed(2))
            try bench.equal(
                try await bench.store.redrive([Bench.id(1)], now: Bench.time(0)), [Bench.id(1)], "those sent again")
            try bench.equal(try await bench.append(keyed(3)), [.duplicate(of: Bench.id(2))], "who holds the key")
            let leases = try await bench.lease([2, 1], count: 9)
            try await bench.settle(leases[1], .completed)
            try bench.equal(try await bench.append(keyed(4)), [.duplicate(of: Bench.id(2))], "who holds it then")
        },
        Self("A letter that is sent again takes its idempotency key if nobody has it") { bench in
            let keyed: (Int) -> QueuedEvent = { number in Bench.event(number) { $0.idempotencyKey = "k" } }
            try await bench.append(keyed(1))
            try await bench.kill([1])
            _ = try await bench.store.redrive([Bench.id(1)], now: Bench.time(0))
            try bench.equal(try await bench.append(keyed(2)), [.duplicate(of: Bench.id(1))], "who holds the key")
        },
    ]
}
