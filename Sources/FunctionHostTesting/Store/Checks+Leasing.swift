// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let leases: [Self] = [
        Self("A lease counts an attempt before anybody has tried") { bench in
            try await bench.append([1])
            try bench.equal(try await bench.status(1)?.attempts, 0, "attempts before")
            try bench.equal(try await bench.leaseOne(1).attempt, 1, "the attempt")
            try bench.equal(try await bench.status(1)?.attempts, 1, "attempts, nothing else having happened")
        },
        Self("An event that is leased is not leased again") { bench in
            try await bench.append([1])
            try await bench.lease([1], until: 10)
            try await bench.lease([], at: 9)
            try await bench.lease([], at: 100, count: 1, .allBut([]), " after the end, and nobody has rescued it")
        },
        Self("Each lease of an event has a higher fencing number than all before it") { bench in
            try await bench.append([1])
            var fences: [UInt64] = []
            for round in 0..<4 {
                let lease = try await bench.leaseOne(1, at: Double(round), until: Double(round) + 0.5)
                fences.append(lease.token.fence)
                switch round {
                case 0: try await bench.settle(lease, .retry(at: Bench.time(0)))
                case 1: try await bench.settle(lease, .released(at: Bench.time(0)), at: 1)
                case 2: _ = try await bench.store.rescue(now: Bench.time(3))
                default: try await bench.settle(lease, .dead(.retriesExhausted, isKept: true), at: 3)
                }
            }
            _ = try await bench.store.redrive([Bench.id(1)], now: Bench.time(4))
            fences.append(try await bench.leaseOne(1, at: 4).token.fence)
            try bench.expect(
                zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 }, "fencing numbers that do not rise: \(fences)")
        },
        Self("The token is the event's") { bench in
            try await bench.append([1, 2])
            for lease in try await bench.lease([1, 2]) {
                try bench.equal(lease.token.id, lease.event.id, "the id in the token")
            }
        },
        Self("A token is as good without its hint") { bench in
            try await bench.append(1...40)
            for lease in try await bench.lease(Array(1...40)) {
                let hint = lease.token.hint == 0 ? 39 : 0
                let token = LeaseToken(id: lease.token.id, fence: lease.token.fence, hint: hint)
                let states = try await bench.store.extend([token], until: Bench.time(90), now: Bench.time(0))
                try bench.equal(states, [.held], "the lease of \(Bench.number(token.id))")
                let isSettled = try await bench.store.settle(Settlement(token, .completed), now: Bench.time(0))
                try bench.expect(isSettled, "\(Bench.number(token.id)) could not be settled")
            }
            try bench.equal(try await bench.figures().total, 0, "how many are left")
        },
        Self("Extending a lease keeps it, until the new end") { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1, until: 10)
            let states = try await bench.store.extend([lease.token], until: Bench.time(20), now: Bench.time(9))
            try bench.equal(states, [.held], "the answer")
            try bench.equal(try await bench.status(1)?.state, .leased(until: Bench.time(20)), "where it is")
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(19)), RescueAnswer(rescued: 0, nextEnd: Bench.time(20)),
                "the rescue before the new end")
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(20)), RescueAnswer(rescued: 1), "the rescue at the new end"
            )
        },
        Self("Extending tells of each lease, in order, whether it holds") { bench in
            try await bench.append(1...5)
            let leases = try await bench.lease([1, 2, 3, 4, 5], until: 10)
            try await bench.settle(leases[0], .completed)
            try await bench.settle(leases[1], .retry(at: Bench.time(0)))
            try await bench.lease([2], until: 10)
            _ = try await bench.store.cancel(leases[3].event.id, now: Bench.time(0))
            try await bench.settle(leases[4], .dead(.retriesExhausted, isKept: true))
            let unknown = LeaseToken(id: Bench.id(77), fence: 1)
            let states = try await bench.store.extend(
                [unknown] + leases.map(\.token), until: Bench.time(20), now: Bench.time(1))
            try bench.equal(states, [.lost, .lost, .lost, .held, .cancelRequested, .lost], "the answers")
            try bench.equal(
                try await bench.store.extend([], until: Bench.time(30), now: Bench.time(1)), [], "the answer to nothing"
            )
        },
        Self("A lease that is over and was not rescued still holds for who has it") { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1, until: 10)
            let states = try await bench.store.extend([lease.token], until: Bench.time(40), now: Bench.time(30))
            try bench.equal(states, [.held], "the answer")
            try bench.equal(try await bench.store.rescue(now: Bench.time(39)).rescued, 0, "how many were rescued")
            try bench.expect(try await bench.settle(lease, .completed, at: 41), "it could not be settled")
        },
        Self("A waiting event tells when it is due, a leased one how long, a dead one why") { bench in
            try await bench.append(Bench.event(1, of: "beta", dueAt: 5))
            try bench.equal(
                try await bench.status(1),
                EventStatus(id: Bench.id(1), functionName: "beta", state: .waiting(dueAt: Bench.time(5)), attempts: 0),
                "one that waits")
            let lease = try await bench.leaseOne(1, at: 5, until: 33)
            try bench.equal(try await bench.status(1)?.state, .leased(until: Bench.time(33)), "one that is leased")
            try await bench.settle(lease, .dead(.payloadUndecodable, isKept: true), at: 5)
            try bench.equal(try await bench.status(1)?.state, .dead(.payloadUndecodable), "one that is dead")
            try bench.equal(try await bench.status(1)?.attempts, 0, "its attempts, of which none began")
            try bench.equal(try await bench.status(2), nil, "one that never was")
        },
    ]

    static let rescues: [Self] = [
        Self("A rescue takes back the leases that are over, and no others") { bench in
            try await bench.append([1, 2, 3])
            try await bench.lease([1], until: 10)
            try await bench.lease([2], until: 20)
            try await bench.lease([3], until: 10)
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(9.999)), RescueAnswer(rescued: 0, nextEnd: Bench.time(10)),
                "just before the end")
            try bench.equal(
                try await bench.store.rescue(now: Bench.time(10)), RescueAnswer(rescued: 2, nextEnd: Bench.time(20)),
                "at the end")
            try await bench.lease([1, 3], at: 10, count: 9)
        },
        Self("`nextEnd` is nil if nothing is leased") { bench in
            try bench.equal(try await bench.store.rescue(now: Bench.time(0)), RescueAnswer(), "of an empty store")
            try await bench.append([1])
            try bench.equal(try await bench.store.rescue(now: Bench.time(0)), RescueAnswer(), "of one that waits")
            try await bench.settle(try await bench.leaseOne(1), .completed)
            try bench.equal(try await bench.store.rescue(now: Bench.time(900)), RescueAnswer(), "of one that is gone")
        },
        Self("A rescued event has one death and one attempt more") { bench in
            try await bench.append([1])
            for round in 0..<3 {
                let lease = try await bench.leaseOne(1, at: Double(round * 10), until: Double(round * 10 + 5))
                try bench.equal(lease.deaths, round, "deaths")
                try bench.equal(lease.attempt, round + 1, "the attempt")
                _ = try await bench.store.rescue(now: Bench.time(Double(round * 10 + 5)))
            }
        },
        Self("A rescued event can be leased at once") { bench in
            try await bench.append([1])
            try await bench.lease([1], until: 5)
            try bench.equal(try await bench.store.rescue(now: Bench.time(7)).rescued, 1, "how many were rescued")
            try bench.expect(
                try await bench.figures(at: 7).ready == 1, "what was rescued is not among what could be leased")
            try await bench.lease([1], at: 7)
        },
        Self("Whoever settles after a rescue is refused, and changes nothing") { bench in
            try await bench.append([1])
            let lease = try await bench.leaseOne(1, until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            let ends: [Settlement.End] = [
                .completed, .cancelled, .retry(at: Bench.time(99)), .released(at: Bench.time(99)),
                .dead(.retriesExhausted, isKept: true), .dead(.retriesExhausted, isKept: false),
            ]
            for end in ends {
                let isSettled = try await bench.settle(
                    lease, end, at: 6, attempt: Bench.attempt(1), followUps: [Bench.event(50)])
                try bench.expect(!isSettled, "a stale settlement, \(end), was accepted")
            }
            try bench.equal(try await bench.status(1)?.state, .waiting(dueAt: Bench.time(0)), "where the event is")
            try bench.equal(try await bench.status(50), nil, "where the follow-up is")
            let second = try await bench.leaseOne(1, at: 6)
            try bench.equal(second.attempt, 2, "the attempt")
            try bench.expect(second.history.isEmpty, "the refused attempt is in the history")
        },
        Self("Whoever settles after another has leased the event is refused, and the other is not") { bench in
            try await bench.append([1])
            let old = try await bench.leaseOne(1, until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            let new = try await bench.leaseOne(1, at: 5, until: 60)
            try bench.expect(!(try await bench.settle(old, .completed, at: 6)), "the stale settlement was accepted")
            let states = try await bench.store.extend(
                [old.token, new.token], until: Bench.time(90), now: Bench.time(6))
            try bench.equal(states, [.lost, .held], "the leases")
            try bench.expect(try await bench.settle(new, .completed, at: 7), "the latest settlement was refused")
        },
        Self("A lease is settled once") { bench in
            try await bench.append([1, 2])
            let leases = try await bench.lease([1, 2])
            try bench.expect(try await bench.settle(leases[0], .completed), "the first settlement was refused")
            try bench.expect(!(try await bench.settle(leases[0], .completed)), "the second was accepted")
            try bench.expect(try await bench.settle(leases[1], .retry(at: Bench.time(0))), "a retry was refused")
            try bench.expect(!(try await bench.settle(leases[1], .completed)), "an end after a retry was accepted")
            try await bench.lease([2])
        },
        Self("Suspects, tried when their process ended, can be left alone") { bench in
            try await bench.append([1, 2])
            try await bench.lease([1], until: 5)
            _ = try await bench.store.rescue(now: Bench.time(5))
            try await bench.lease([2], at: 5, count: 9, takesSuspects: false)
            let answer = try await bench.ask(at: 5, count: 9, takesSuspects: false)
            try bench.expect(answer.leases.isEmpty && !answer.hasMore, "there were more for who takes no suspects")
            try await bench.lease([1], at: 5, count: 9, takesSuspects: true)
        },
    ]

    static let expiry: [Self] = [
        Self("Events that are too old can be asked for, due or not, and no others") { bench in
            try await bench.append(
                Bench.event(1, expiresAt: 10), Bench.event(2, expiresAt: 10.001),
                Bench.event(3, dueAt: 50, expiresAt: 9),
                Bench.event(4))
            let answer = try await bench.ask(at: 10, count: 9, onlyExpired: true)
            try bench.equal(Set(answer.leases.map { Bench.number($0.event.id) }), [1, 3], "the events at 10 s")
            try bench.expect(!answer.hasMore, "there should be no more of them")
            try await bench.lease([], at: 10, count: 9, onlyExpired: true)
            try await bench.lease([2], at: 11, count: 9, onlyExpired: true)
            try await bench.lease([4], at: 11, count: 9)
        },
        Self("What was due stays so when the clock is set back") { bench in
            try await bench.append([1, 2, 3], at: 3_600)
            try bench.expect(try await bench.ask(at: 1).hasMore, "there should be more")
            try await bench.lease([2, 3], at: 0, count: 9)
        },
        Self("Of those too old no more are leased than asked for, of the functions asked for") { bench in
            for number in 1...3 { try await bench.append(Bench.event(number, expiresAt: 1)) }
            try await bench.append(Bench.event(4, of: "beta", expiresAt: 1))
            let first = try await bench.ask(at: 2, count: 2, .only("alpha"), onlyExpired: true)
            try bench.equal(first.leases.count, 2, "how many were leased")
            try bench.expect(first.hasMore, "there should be one more")
            let rest = try await bench.ask(at: 2, count: 9, .allBut(["beta"]), onlyExpired: true)
            try bench.equal(rest.leases.count, 1, "how many were leased then")
            try bench.expect(!rest.hasMore, "there should be no more of alpha")
            try await bench.lease([4], at: 2, count: 9, onlyExpired: true)
        },
        Self("An event that waits to be tried again grows too old as well") { bench in
            try await bench.append(Bench.event(1, expiresAt: 10))
            try await bench.settle(try await bench.leaseOne(1), .retry(at: Bench.time(30)))
            try await bench.lease([], at: 9, onlyExpired: true)
            let lease = try await bench.lease([1], at: 10, onlyExpired: true)[0]
            try await bench.settle(lease, .dead(.eventAgeExceeded, isKept: true), at: 10)
            try bench.equal(try await bench.dead(), [1], "the dead letters")
        },
        Self("One that is put back from among those too old still waits for its time") { bench in
            try await bench.append(Bench.event(1, dueAt: 50, expiresAt: 9))
            let lease = try await bench.lease([1], at: 10, until: 20, onlyExpired: true)[0]
            try await bench.settle(lease, .released(at: Bench.time(50)), at: 11)
            try await bench.lease([], at: 12)
            try await bench.lease([1], at: 50)
        },
        Self("Events that are leased or dead do not grow too old") { bench in
            try await bench.append(Bench.event(1, expiresAt: 10), Bench.event(2, expiresAt: 10))
            try await bench.kill([1])
            try await bench.lease([2])
            try await bench.lease([], at: 20, count: 9, onlyExpired: true)
        },
    ]
}
