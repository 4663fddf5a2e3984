// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct DeadlineStateMachineTests {
    private func passed(_ deadlines: inout DeadlineStateMachine<Int>, now: Int64 = .max) -> [Int] {
        var all: [Int] = []
        while let next = deadlines.takePassed(now: .at(now)) { all.append(next) }
        return all
    }

    @Test(
        "Deadlines pass in the order of their times",
        arguments: [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [3, 1, 6, 2, 5, 4], [-5, 0, 5, .min, .max]] as [[Int64]])
    func order(times: [Int64]) {
        var deadlines = DeadlineStateMachine<Int>()
        for (index, time) in times.enumerated() { _ = deadlines.add(index, at: .at(time)) }
        #expect(deadlines.earliest == times.min().map { .at($0) })
        #expect(passed(&deadlines).map { times[$0] } == times.sorted())
        #expect(deadlines.earliest == nil)
    }

    @Test("Deadlines at the same instant pass in the order in which they were added, also when some are removed")
    func ties() {
        var deadlines = DeadlineStateMachine<Int>()
        let ids = (0..<50).map { deadlines.add($0, at: .at(7)).id }
        for removed in stride(from: 0, to: 50, by: 3) { deadlines.remove(ids[removed]) }
        #expect(passed(&deadlines) == (0..<50).filter { $0 % 3 != 0 })
    }

    @Test("A deadline passes at its time, not before", arguments: [(9, false), (10, true), (11, true)])
    func bound(now: Int, isPassed: Bool) {
        var deadlines = DeadlineStateMachine<Int>()
        _ = deadlines.add(1, at: .at(10))
        #expect((deadlines.takePassed(now: .at(Int64(now))) == 1) == isPassed)
        #expect(deadlines.count == (isPassed ? 0 : 1))
    }

    @Test("Only a deadline that comes before all others has the alarm set")
    func earliest() {
        var deadlines = DeadlineStateMachine<Int>()
        #expect(deadlines.add(1, at: .at(10)).isEarliest)
        #expect(!deadlines.add(2, at: .at(10)).isEarliest)
        #expect(!deadlines.add(3, at: .at(11)).isEarliest)
        #expect(deadlines.add(4, at: .at(9)).isEarliest)
    }

    @Test("A deadline can be removed from any place, once", arguments: 0..<20)
    func removal(place: Int) {
        var deadlines = DeadlineStateMachine<Int>()
        let ids = (0..<20).map { deadlines.add($0, at: .at(Int64($0 * 7 % 20))).id }
        #expect(deadlines.remove(ids[place]) == place)
        #expect(deadlines.remove(ids[place]) == nil)
        #expect(deadlines.count == 19)
        #expect(passed(&deadlines) == (0..<20).sorted { $0 * 7 % 20 < $1 * 7 % 20 }.filter { $0 != place })
    }

    @Test("The id of a deadline that has passed removes nothing, even where another took its place")
    func oldID() {
        var deadlines = DeadlineStateMachine<Int>()
        let old = deadlines.add(1, at: .at(1)).id
        #expect(deadlines.takePassed(now: .at(1)) == 1)
        let new = deadlines.add(2, at: .at(2)).id
        #expect(old != new)
        #expect(deadlines.remove(old) == nil)
        #expect(deadlines.remove(new) == 2)
    }

    @Test("What is removed or has passed is not kept alive")
    func release() {
        var deadlines = DeadlineStateMachine<Token>()
        weak var removed: Token?
        weak var gone: Token?
        do {
            let (first, second) = (Token(), Token())
            (removed, gone) = (first, second)
            let id = deadlines.add(first, at: .at(2)).id
            _ = deadlines.add(second, at: .at(1))
            deadlines.remove(id)
            _ = deadlines.takePassed(now: .at(1))
        }
        #expect(removed == nil)
        #expect(gone == nil)
    }

    @Test("Any sequence goes as with a sorted list", arguments: [1, 2, 3, 4] as [UInt64], [3, 1_000])
    func oracle(seed: UInt64, times: Int) {
        var random = SplitMix64(seed: seed)
        var deadlines = DeadlineStateMachine<Int>()
        var list: [(time: Int64, number: Int)] = []
        var ids: [DeadlineID] = []
        var now: Int64 = 0
        for step in 0..<4_000 {
            switch random.below(10) {
            case 0..<5:
                let time = now + Int64(random.below(times))
                ids.append(deadlines.add(ids.count, at: .at(time)).id)
                let place = list.firstIndex { $0.time > time } ?? list.count
                list.insert((time, ids.count - 1), at: place)
            case 5..<8 where !ids.isEmpty:
                let number = random.below(ids.count)
                let place = list.firstIndex { $0.number == number }
                let removed = deadlines.remove(ids[number])
                guard removed == place.map({ list.remove(at: $0).number }) else {
                    Issue.record("seed \(seed), step \(step): removing \(number) gave \(String(describing: removed))")
                    return
                }
            default:
                now += Int64(random.below(3))
                let expected = list.prefix { $0.time <= now }.map(\.number)
                list.removeFirst(expected.count)
                let all = passed(&deadlines, now: now)
                guard all == expected else {
                    Issue.record("seed \(seed), step \(step): \(all) passed, not \(expected)")
                    return
                }
            }
            guard deadlines.count == list.count, deadlines.earliest?.nanoseconds == list.first?.time else {
                Issue.record("seed \(seed), step \(step): \(deadlines.count) deadlines, not \(list.count)")
                return
            }
        }
    }
}
