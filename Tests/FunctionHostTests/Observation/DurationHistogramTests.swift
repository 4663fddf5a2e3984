// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct DurationHistogramTests {
    enum Shape: String, Sendable, CaseIterable {
        case uniform, exponential, small, twoModes, powers, equal

        func durations(_ count: Int, seed: UInt64) -> [Int64] {
            var random = SplitMix64(seed: seed)
            return (0..<count).map { _ in
                switch self {
                case .uniform: .random(in: 0...1_000_000, using: &random)
                case .exponential: Int64(1 << random.below(41)) + Int64(random.below(1 << 20))
                case .small: .random(in: 0...40, using: &random)
                case .twoModes: Int64(random.chance(95) ? 1_000 : 80_000_000) + Int64(random.below(50))
                case .powers: Int64(1) << Int64.random(in: 0...62, using: &random)
                case .equal: 123_456_789
                }
            }
        }
    }

    @Test(
        "Any percentile is within 3.2 % of the true one", arguments: Shape.allCases, [1, 7, 1_000, 4_321])
    func percentiles(shape: Shape, count: Int) {
        let durations = shape.durations(count, seed: UInt64(count)).sorted()
        var histogram = DurationHistogram()
        for duration in durations { histogram.record(duration) }
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let rank = max(1, Int((share * Double(count)).rounded(.up)))
            let truth = Double(durations[rank - 1])
            let told = Double(histogram.percentile(share))
            #expect(abs(told - truth) <= truth * 0.032, "\(share) of \(shape), \(count)")
        }
    }

    @Test(
        "Durations at the edges of buckets are told exactly when they are alone",
        arguments: [0, 1, 15, 16, 17, 31, 32, 33, 1_023, 1_024, .max - 1, .max] as [Int64])
    func edges(duration: Int64) {
        var histogram = DurationHistogram()
        histogram.record(duration)
        #expect(histogram.percentile(0.5) == duration)
        #expect(histogram.summary.minimum == .nanoseconds(duration))
        #expect(histogram.summary.maximum == .nanoseconds(duration))
        #expect(histogram.summary.total == .nanoseconds(duration))
    }

    @Test("Neighbouring durations below 32 ns are told apart", arguments: 0..<31 as Range<Int64>)
    func exact(duration: Int64) {
        var histogram = DurationHistogram()
        histogram.record(duration)
        histogram.record(duration + 1)
        #expect(histogram.percentile(0.5) == duration)
        #expect(histogram.percentile(1) == duration + 1)
    }

    @Test("Percentiles never leave the range of what was recorded")
    func range() {
        var histogram = DurationHistogram()
        for duration in [1_000, 1_001, 1_030] as [Int64] { histogram.record(duration) }
        #expect(histogram.percentile(0.01) >= 1_000)
        #expect(histogram.percentile(1) <= 1_030)
    }

    @Test("A negative duration counts as none")
    func negative() {
        var histogram = DurationHistogram()
        histogram.record(-5)
        #expect(histogram.summary.maximum == .zero)
        #expect(histogram.summary.count == 1)
    }

    @Test("The total stops at 64 bits", arguments: [false, true])
    func overflow(merging: Bool) {
        var histogram = DurationHistogram()
        histogram.record(.max)
        if merging { histogram.merge(histogram) } else { histogram.record(.max) }
        #expect(histogram.summary.total == .nanoseconds(Int64.max))
        #expect(histogram.summary.count == 2)
    }

    @Test("Nothing recorded is zero throughout")
    func empty() {
        let summary = DurationHistogram().summary
        #expect(summary.count == 0)
        let durations = [summary.minimum, summary.maximum, summary.p50, summary.p999, summary.mean]
        #expect(durations.allSatisfy { $0 == .zero })
    }

    @Test("Merging is recording everything in one", arguments: Shape.allCases, [(0, 50), (50, 0), (40, 60)])
    func merge(shape: Shape, counts: (Int, Int)) {
        var (left, right, both) = (DurationHistogram(), DurationHistogram(), DurationHistogram())
        for duration in shape.durations(counts.0, seed: 1) {
            left.record(duration)
            both.record(duration)
        }
        for duration in shape.durations(counts.1, seed: 2) {
            right.record(duration)
            both.record(duration)
        }
        left.merge(right)
        #expect(left.summary == both.summary)
    }

    @Test("The mean is the total by the count")
    func mean() {
        var histogram = DurationHistogram()
        for duration in [10, 20, 60] as [Int64] { histogram.record(duration) }
        #expect(histogram.summary.mean == .nanoseconds(30))
    }
}
