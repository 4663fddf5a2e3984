// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct TimingWheelTests {
    /// How far away the times are.
    struct Reach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let nanoseconds: Int
        var start: Int64 = 1_767_225_600_000_000_000
    }

    static let reaches = [
        Reach(testDescription: "within a tick", nanoseconds: 900_000),
        Reach(testDescription: "some ticks", nanoseconds: 50_000_000),
        Reach(testDescription: "seconds", nanoseconds: 20_000_000_000),
        Reach(testDescription: "days", nanoseconds: 300_000_000_000_000),
        Reach(testDescription: "centuries", nanoseconds: 4_000_000_000_000_000_000),
        Reach(testDescription: "before 1970", nanoseconds: 20_000_000_000, start: -10_000_000_000),
    ]

    @Test("It does what a sorted array does", arguments: reaches, 0..<12 as Range<UInt64>)
    func random(_ reach: Reach, seed: UInt64) {
        var run = Run(reach, seed: seed)
        for step in 0..<1_500 {
            if let fault = run.step() {
                Issue.record("seed \(seed), step \(step), \(reach.testDescription): \(fault)")
                return
            }
        }
        #expect(run.most > TimingWheel.few * 2, "seed \(seed): too few waited for there to be slots")
    }

    /// A wheel, and an array that is told the same.
    struct Run {
        private(set) var most = 0
        private let reach: Reach
        private var random: SplitMix64
        private var now: Timestamp
        private var wheel = TimingWheel()
        private var links = OrderedLinks()
        private var model: [(time: Timestamp, place: Int32)] = []
        private var places: Int32 = 0
        /// Now more come than go, now more go than come.
        private var isFilling = true

        init(_ reach: Reach, seed: UInt64) {
            self.reach = reach
            random = SplitMix64(seed: seed)
            now = .at(reach.start)
        }

        mutating func step() -> String? {
            if random.chance(1) { isFilling.toggle() }
            if model.isEmpty { isFilling = true }
            most = max(most, model.count)
            if random.chance(isFilling ? 80 : 20) { insert() }
            if random.chance(6) { remove() }
            if random.chance(isFilling ? 20 : 40) { pass() }
            return take() ?? compare()
        }

        private mutating func insert() {
            let place = places
            places += 1
            links.grow(to: Int(places))
            // Often the same few times, some of them past.
            var time = now.advanced(byNanoseconds: Int64(random.below(reach.nanoseconds)))
            if random.chance(30) { time = .at(time.nanoseconds / 1_000_000 * 1_000_000) }
            if random.chance(3) { time = random.chance(50) ? .at(.max) : .at(.min) }
            if random.chance(5), let other = model.randomElement(using: &random) { time = other.time }
            wheel.insert(place, time: time, order: UInt32(place), now: now, &links)
            model.append((time, place))
            model.sort { ($0.time, $0.place) < ($1.time, $1.place) }
        }

        private mutating func remove() {
            guard !model.isEmpty else { return }
            // Often the earliest, whose place another must take.
            let index = random.chance(50) ? 0 : random.below(model.count)
            wheel.remove(model.remove(at: index).place, &links)
        }

        private mutating func pass() {
            if random.chance(10) {
                // To the very time of the first, or the instant before.
                if let first = model.first, first.time > now {
                    now = .at(first.time.nanoseconds - Int64(random.below(2)))
                }
            } else if random.chance(5) {
                now = now.advanced(byNanoseconds: -Int64(random.below(reach.nanoseconds / 10)))
            } else {
                now = now.advanced(byNanoseconds: Int64(random.below(reach.nanoseconds / 200)))
            }
        }

        private mutating func take() -> String? {
            guard random.chance(isFilling ? 20 : 50) else { return nil }
            var isDone = false
            while !isDone {
                let expected = model.first.flatMap { $0.time <= now ? $0.place : nil }
                let place = wheel.takeDue(now: now, &links)
                if place != expected { return "\(place ?? -1) was due at \(now), not \(expected ?? -1)" }
                if expected != nil { model.removeFirst() }
                isDone = expected == nil || random.chance(10)
            }
            return nil
        }

        private func compare() -> String? {
            if wheel.count != model.count { return "\(wheel.count) wait, not \(model.count)" }
            let earliest = wheel.earliest(links)
            if earliest == model.first?.time { return nil }
            return "the first is due at \(String(describing: earliest)), not \(String(describing: model.first?.time))"
        }
    }

    @Test(
        "Who is due at one instant comes in the order of acceptance, whatever the number",
        arguments: [2, TimingWheel.few, TimingWheel.few + 1, 5_000])
    func ties(count: Int) {
        var (wheel, links) = (TimingWheel(), OrderedLinks())
        links.grow(to: count)
        let time = Timestamp.at(3_600_000_000_000)
        for place in 0..<Int32(count) { wheel.insert(place, time: time, order: UInt32(place), now: .at(0), &links) }
        #expect(wheel.takeDue(now: .at(time.nanoseconds - 1), &links) == nil)
        for place in 0..<Int32(count) { #expect(wheel.takeDue(now: time, &links) == place) }
        #expect(wheel.earliest(links) == nil)
    }
}
