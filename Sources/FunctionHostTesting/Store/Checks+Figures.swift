// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

private typealias Bench = StoreBench

extension StoreConformance.Check {
    static let figures: [Self] = [
        Self("The figures of an empty store are nothing") { bench in
            try bench.equal(try await bench.figures(), QueueFigures(), "the figures")
        },
        Self("Each event is counted where it is, and its bytes wherever it is") { bench in
            try await bench.append(
                Bench.event(1, "1"), Bench.event(2, "22", dueAt: 10), Bench.event(3, "333"), Bench.event(4, "4444"),
                Bench.event(5, "55555"))
            try await bench.kill([1])
            try await bench.lease([3])
            var figures = try await bench.figures(at: 1)
            try bench.equal(figures.ready, 2, "ready")
            try bench.equal(figures.delayed, 1, "delayed")
            try bench.equal(figures.leased, 1, "leased")
            try bench.equal(figures.dead, 1, "dead")
            try bench.equal(figures.bytes, 15, "bytes")
            figures = try await bench.figures(at: 10)
            try bench.equal(figures.ready, 3, "ready, when one has become due")
            try bench.equal(figures.delayed, 0, "delayed, when one has become due")
        },
        Self("Events behind others of their ordering key count as ready") { bench in
            try await bench.append(Bench.event(1) { $0.orderingKey = "o" }, Bench.event(2) { $0.orderingKey = "o" })
            try bench.equal(try await bench.figures().ready, 2, "ready")
            try await bench.lease([1])
            try bench.equal(try await bench.figures().ready, 1, "ready, when the first is leased")
        },
        Self("Figures tell how long the one has been due that has been due longest") { bench in
            try await bench.append(
                Bench.event(1, dueAt: 5), Bench.event(2, dueAt: 3), Bench.event(3, of: "beta", dueAt: 4))
            try bench.equal(try await bench.figures(at: 2).oldestReadyAge, nil, "before any is due")
            try bench.equal(try await bench.figures(at: 3).oldestReadyAge, .zero, "when the first is due")
            try bench.equal(try await bench.figures(at: 10).oldestReadyAge, .seconds(7), "at 10 s")
            try await bench.lease([2], at: 10, .only("alpha"))
            try bench.equal(try await bench.figures(at: 10).oldestReadyAge, .seconds(6), "when the first is leased")
        },
        Self("Figures tell how long the oldest dead letter has been one") { bench in
            try await bench.append([1, 2])
            try await bench.kill([1], at: 3)
            try await bench.kill([2], at: 5)
            try bench.equal(try await bench.figures(at: 10).oldestDeadAge, .seconds(7), "with two")
            _ = try await bench.store.purge([Bench.id(1)])
            try bench.equal(try await bench.figures(at: 10).oldestDeadAge, .seconds(5), "with the second")
            _ = try await bench.store.redrive([Bench.id(2)], now: Bench.time(10))
            try bench.equal(try await bench.figures(at: 10).oldestDeadAge, nil, "with none")
        },
    ]

    static let concurrency: [Self] = [
        Self("However many lease at once, each event is leased once") { bench in
            let store = bench.store
            let events = (0..<200).map { Bench.event($0, of: "f\($0 % 3)") }
            _ = try await store.append(events, room: Bench.roomy, now: Bench.time(0))
            let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
                for task in 0..<8 {
                    group.addTask {
                        var mine: [Int] = []
                        let request = LeaseRequest(count: 1 + task % 4, end: Bench.time(60))
                        // A store that lends the same event again and again is to be found out, not waited for.
                        while mine.count <= 200 {
                            let leases = try await store.lease(request, now: Bench.time(0)).leases
                            if leases.isEmpty { break }
                            mine += leases.map { Bench.number($0.event.id) }
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let twice = Dictionary(grouping: numbers) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
            try bench.equal(twice, [], "the events that were leased more than once")
            try bench.equal(numbers.sorted(), Array(0..<200), "the events that were leased")
        },
        Self("However many append the same event at once, it is there once") { bench in
            let store = bench.store
            let answers = try await withThrowingTaskGroup(of: [Acceptance].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await store.append([Bench.event(1)], room: Bench.roomy, now: Bench.time(0))
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try bench.equal(answers, Array(repeating: .accepted, count: 8), "the answers")
            try await bench.lease([1], count: 9)
        },
        Self("However many append with one idempotency key at once, one is accepted") { bench in
            let store = bench.store
            let answers = try await withThrowingTaskGroup(of: [Acceptance].self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let event = Bench.event(number) { $0.idempotencyKey = "k" }
                        return try await store.append([event], room: Bench.roomy, now: Bench.time(0))
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try bench.equal(answers.count { $0 == .accepted }, 1, "how many were accepted")
            try bench.equal(try await bench.figures().total, 1, "how many there are")
        },
        Self("However many settle one lease at once, one of them does") { bench in
            let store = bench.store
            try await bench.append([1])
            let token = try await bench.leaseOne(1).token
            let settled = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let followUp = Bench.event(100 + number)
                        return try await store.settle(
                            Settlement(token, .completed, followUps: [followUp]), now: Bench.time(0))
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try bench.equal(settled, 1, "how many settled it")
            try bench.equal(try await bench.figures().total, 1, "how many follow-ups there are")
        },
        Self("However many append at once, there is never more than there is room for") { bench in
            let store = bench.store
            let room = QueueRoom(events: 10, bytes: 1_000)
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        do {
                            _ = try await store.append([Bench.event(number)], room: room, now: Bench.time(0))
                            return false
                        } catch let error as StoreError where error.code == .full {
                            return true
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try bench.equal(refused, 6, "how many of 16 were refused with room for 10")
            try bench.equal(try await bench.figures().total, 10, "how many there are")
        },
    ]
}
