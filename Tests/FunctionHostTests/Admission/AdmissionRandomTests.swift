// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct AdmissionRandomTests {
    /// What a random sequence is made of: chances in a hundred, the rest asks and ends.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let limit: Int
        let reserved: [Int?]
        var asking = 50
        var reserving = 0
        var removing = 0
        var leaving = 10
    }

    static let shapes = [
        Shape(testDescription: "one function", limit: 3, reserved: [nil]),
        Shape(testDescription: "functions that share", limit: 4, reserved: [nil, nil, nil, nil]),
        Shape(testDescription: "functions with reservations", limit: 8, reserved: [2, nil, 3, nil, 0]),
        Shape(testDescription: "everything reserved", limit: 6, reserved: [3, 3, nil]),
        Shape(testDescription: "reservations that change", limit: 8, reserved: [2, nil, nil, 1], reserving: 8),
        Shape(
            testDescription: "reservations that change while full", limit: 5, reserved: [1, nil, 2, nil, nil],
            asking: 65, reserving: 15, leaving: 4),
        Shape(
            testDescription: "functions that are removed", limit: 6, reserved: [2, nil, nil, 1], reserving: 5,
            removing: 3),
        Shape(testDescription: "waiters that give up", limit: 2, reserved: [nil, 1, nil], asking: 55, leaving: 30),
    ]

    @Test("No rule is broken by any sequence", arguments: shapes, [1, 2, 3] as [UInt64])
    func sequence(_ shape: Shape, seed: UInt64) {
        var run = Run(shape, seed: seed)
        for step in 0..<2_000 {
            if let fault = run.step() ?? run.oracle.difference(from: run.machine) {
                Issue.record("seed \(seed), step \(step) of “\(shape.testDescription)”: \(fault)")
                return
            }
        }
        #expect(run.grants > 50, "seed \(seed): the sequence has to make callers wait to show anything")
        #expect(run.drain() == nil, "seed \(seed)")
    }

    struct Run {
        var machine: AdmissionStateMachine<Int>
        var oracle: AdmissionOracle
        var grants = 0
        private let shape: Shape
        private var random: SplitMix64
        private var ids: [Int: WaiterID] = [:]
        private var next = 0

        init(_ shape: Shape, seed: UInt64) {
            self.shape = shape
            random = SplitMix64(seed: seed)
            machine = AdmissionStateMachine(limit: shape.limit, unreservedMinimum: 0)
            oracle = AdmissionOracle(limit: shape.limit, lanes: shape.reserved.count)
            for (lane, count) in shape.reserved.enumerated() {
                machine.addLane()
                _ = machine.reserve(count, for: lane)
                oracle.reserved[lane] = count
            }
        }

        /// Does one thing at random; returns what was wrong about it.
        mutating func step() -> String? {
            let lane = random.below(shape.reserved.count)
            if random.chance(shape.reserving) { return reserve(lane) }
            if random.chance(shape.removing) { return remove(random.chance(10) ? nil : lane) }
            if random.chance(shape.leaving) { return withdraw() }
            return random.chance(shape.asking) ? ask(lane) : end(lane)
        }

        /// Ends everything that runs; returns who is left over.
        mutating func drain() -> String? {
            while let lane = oracle.inFlight.firstIndex(where: { $0 > 0 }) {
                if let fault = end(lane) ?? oracle.difference(from: machine) { return fault }
            }
            return oracle.queue.first { oracle.reserved[$0.lane] != 0 && oracle.hasOwnRoom($0.lane) }
                .map { "\($0.waiter) is left over" }
        }

        private mutating func ask(_ lane: Int) -> String? {
            let waiter = random.chance(80) ? next : nil
            next += 1
            let hadRoom = oracle.hasRoom(lane)
            switch machine.acquire(lane, waiter: waiter) {
            case .admitted:
                oracle.inFlight[lane] += 1
                return hadRoom ? nil : "lane \(lane) was admitted without room"
            case .waiting(let id):
                guard let waiter else { return "nobody waits for lane \(lane)" }
                ids[waiter] = id
                oracle.queue.append((waiter, lane))
                return hadRoom || oracle.reserved[lane] == 0 ? "\(waiter) waits with room, or for nothing" : nil
            case .rejected:
                let mayWait = waiter != nil && oracle.reserved[lane] != 0
                return hadRoom || mayWait ? "lane \(lane) was rejected" : nil
            }
        }

        private mutating func end(_ lane: Int) -> String? {
            guard oracle.inFlight[lane] > 0 else { return nil }
            oracle.inFlight[lane] -= 1
            return machine.release(lane, held: Int64(random.below(1_000))).flatMap { granted($0) }
        }

        private mutating func granted(_ waiter: Int) -> String? {
            grants += 1
            return oracle.grant(waiter)
        }

        private mutating func withdraw() -> String? {
            guard next > 0 else { return nil }
            let waiter = random.chance(70) ? oracle.queue.randomElement(using: &random)?.waiter : random.below(next)
            guard let waiter, let id = ids[waiter] else { return nil }
            let expected = oracle.leave { other, _ in other == waiter }.first
            return machine.withdraw(id) == expected ? nil : "\(waiter) cannot leave, or left before"
        }

        private mutating func remove(_ lane: Int?) -> String? {
            let expected = oracle.leave { _, its in lane == nil || its == lane }
            guard machine.withdrawAll(of: lane) == expected else { return "others left than \(expected)" }
            guard let lane, oracle.reserved[lane] != nil else { return nil }
            return reserve(lane, nil)
        }

        private mutating func reserve(_ lane: Int) -> String? {
            let count = random.chance(25) ? nil : random.below(shape.limit + 1)
            guard machine.fault(reserving: count, for: lane) == nil else { return nil }
            return reserve(lane, count)
        }

        private mutating func reserve(_ lane: Int, _ count: Int?) -> String? {
            oracle.reserved[lane] = count
            for waiter in machine.reserve(count, for: lane) {
                if let fault = granted(waiter) { return fault }
            }
            return nil
        }
    }
}
