// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Counts durations in buckets that grow with them, so that any percentile is known within 3.2 %.
///
/// Sixteen buckets for each doubling, from one nanosecond; as many as the longest duration needs, 8 bytes each.
package struct DurationHistogram: Sendable, Equatable {
    private var buckets: ContiguousArray<UInt64> = []
    private(set) var count: UInt64 = 0
    private(set) var total: Int64 = 0
    private(set) var minimum: Int64 = .max
    private(set) var maximum: Int64 = 0

    package init() {}

    package mutating func record(_ nanoseconds: Int64) {
        let value = max(0, nanoseconds)
        let index = Self.index(of: value)
        grow(to: index + 1)
        buckets[index] += 1
        count += 1
        let (sum, overflow) = total.addingReportingOverflow(value)
        total = overflow ? .max : sum
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    package mutating func merge(_ other: Self) {
        grow(to: other.buckets.count)
        for index in other.buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        let (sum, overflow) = total.addingReportingOverflow(other.total)
        total = overflow ? .max : sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The duration that a share of all are not longer than: the middle of its bucket, held to what was recorded.
    package func percentile(_ share: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for index in Self.index(of: minimum)..<buckets.count {
            seen += buckets[index]
            if seen >= rank { return min(max(Self.middle(of: index), minimum), maximum) }
        }
        return maximum
    }

    /// What a snapshot shows.
    package var summary: DurationSummary {
        DurationSummary(
            count: Int(count), total: .nanoseconds(total),
            minimum: .nanoseconds(count == 0 ? 0 : minimum), maximum: .nanoseconds(maximum),
            p50: .nanoseconds(percentile(0.5)), p90: .nanoseconds(percentile(0.9)),
            p99: .nanoseconds(percentile(0.99)), p999: .nanoseconds(percentile(0.999)))
    }

    /// Appends a whole array, which is copied as memory: of `repeatElement` each bucket was a call in debug builds, a fifth
    /// of what a simulated schedule took.
    private mutating func grow(to size: Int) {
        if size > buckets.count { buckets += ContiguousArray(repeating: 0, count: size - buckets.count) }
    }

    private static func index(of value: Int64) -> Int {
        guard value >= 16 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 3) * 16 + Int(value >> Int64(exponent - 4)) - 16
    }

    private static func middle(of index: Int) -> Int64 {
        guard index >= 16 else { return Int64(index) }
        let exponent = index / 16 + 3
        let width = Int64(1) << Int64(exponent - 4)
        return (Int64(index % 16) + 16) * width + width / 2
    }
}

/// Durations in figures.
public struct DurationSummary: Sendable, Hashable {
    /// How many there were.
    public let count: Int
    /// All of them together.
    public let total: Duration
    /// The shortest.
    public let minimum: Duration
    /// The longest.
    public let maximum: Duration
    /// Half were no longer than this, within 3.2 %.
    public let p50: Duration
    /// Nine of ten were no longer.
    public let p90: Duration
    /// 99 of a hundred were no longer.
    public let p99: Duration
    /// 999 of a thousand were no longer.
    public let p999: Duration

    /// The mean; zero if there were none.
    public var mean: Duration { count == 0 ? .zero : total / count }
}
