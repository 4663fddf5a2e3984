// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct OrderedLinksTests {
    /// In which order places join a queue.
    enum Arrival: CaseIterable {
        case ascending, descending, equal, random, inPairs

        func time(_ number: Int, _ random: inout SplitMix64) -> Timestamp {
            switch self {
            case .ascending: .at(Int64(number))
            case .descending: .at(Int64(-number))
            case .equal: .at(7)
            case .random: .at(Int64(random.below(50)))
            case .inPairs: .at(Int64(number ^ 1))
            }
        }
    }

    @Test(
        "The first is always the earliest, of equal ones the one accepted first", arguments: Arrival.allCases,
        0..<20 as Range<UInt64>)
    func order(_ arrival: Arrival, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (links, queue) = (OrderedLinks(), OrderedQueue())
        var model: [(time: Timestamp, place: Int32)] = []
        links.grow(to: 400)
        for number in 0..<400 {
            let place = Int32(number)
            let time = arrival.time(number, &random)
            links.insert(place, time: time, order: UInt32(number), into: &queue)
            model.append((time, place))
            model.sort { ($0.time, $0.place) < ($1.time, $1.place) }
            if random.chance(40) {
                // From the front, as those who are due; or from anywhere, as those who are cancelled.
                let leaving = model.remove(at: random.chance(50) ? 0 : random.below(model.count)).place
                links.remove(leaving, from: &queue)
            }
            #expect(links.first(of: queue) == model.first?.place ?? OrderedLinks.none)
        }
        while let first = model.first {
            #expect(links.first(of: queue) == first.place)
            #expect(links.time(first.place) == first.time)
            links.remove(first.place, from: &queue)
            model.removeFirst()
        }
        #expect(queue.isEmpty)
    }

    @Test("A queue is emptied of everybody once, those who came in order first", arguments: Arrival.allCases)
    func emptying(_ arrival: Arrival) {
        var random = SplitMix64(seed: 1)
        var (links, queue) = (OrderedLinks(), OrderedQueue())
        links.grow(to: 300)
        for place in 0..<300 as Range<Int32> {
            let time = arrival.time(Int(place), &random)
            links.insert(place, time: time, order: UInt32(place), into: &queue)
        }
        for place in stride(from: 0, to: 300, by: 7) as StrideTo<Int32> { links.remove(place, from: &queue) }
        var taken: [Int32] = []
        while let place = links.takeAny(from: &queue) { taken.append(place) }
        #expect(taken.sorted() == (0..<300).filter { $0 % 7 != 0 })
        #expect(queue.isEmpty)
        if arrival == .ascending || arrival == .equal { #expect(taken == taken.sorted()) }
    }

    @Test("The order of acceptance goes on after the last number there is")
    func wrapping() {
        var (links, queue) = (OrderedLinks(), OrderedQueue())
        links.grow(to: 3)
        links.insert(0, time: .at(1), order: .max, into: &queue)
        links.insert(1, time: .at(1), order: 0, into: &queue)
        links.insert(2, time: .at(1), order: .max - 1, into: &queue)
        var order: [Int32] = []
        while !queue.isEmpty {
            order.append(links.first(of: queue))
            links.remove(links.first(of: queue), from: &queue)
        }
        #expect(order == [2, 0, 1])
    }
}
