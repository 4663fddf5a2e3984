// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct TimestampTests {
    @Test(
        "Adding a duration is exact, and stops at the ends of the timeline",
        arguments: [
            (0, .seconds(1), 1_000_000_000), (5, .nanoseconds(-7), -2), (0, .zero, 0),
            (.max, .nanoseconds(1), .max), (.max - 1, .nanoseconds(1), .max),
            (.max, .seconds(-1), .max - 1_000_000_000),
            (.min, .nanoseconds(-1), .min), (.min, .nanoseconds(1), .min + 1), (1, .seconds(Int64.max), .max),
            (-1, .seconds(Int64.min), .min), (0, .seconds(Int64.max) * 10, .max),
        ] as [(Int64, Duration, Int64)])
    func advanced(start: Int64, by duration: Duration, end: Int64) {
        #expect(Timestamp.at(start).advanced(by: duration) == .at(end))
    }

    @Test(
        "The duration between two times is exact, and stops at 292 years",
        arguments: [
            (0, 5, .nanoseconds(5)), (5, 0, .nanoseconds(-5)), (-3, 3, .nanoseconds(6)), (.max, .max, .zero),
            (.min, .max, .nanoseconds(Int64.max)), (.max, .min, .nanoseconds(Int64.min)),
            (-1, .max, .nanoseconds(Int64.max)), (0, .min, .nanoseconds(Int64.min)),
        ] as [(Int64, Int64, Duration)])
    func between(start: Int64, end: Int64, expected: Duration) {
        #expect(Timestamp.at(start).duration(to: .at(end)) == expected)
    }

    @Test("Times are ordered by their nanoseconds", arguments: [(Int64.min, Int64(0)), (0, 1), (1, .max)])
    func order(earlier: Int64, later: Int64) {
        #expect(Timestamp.at(earlier) < .at(later))
        #expect(!(Timestamp.at(later) < .at(earlier)))
        #expect(Timestamp.at(later) <= .distantFuture)
    }

    @Test(
        "A duration in whole nanoseconds is cut off towards zero and held to 64 bits",
        arguments: [
            (.zero, 0), (.nanoseconds(7), 7), (.milliseconds(-2), -2_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (Duration(secondsComponent: -1, attosecondsComponent: -500_000_000_000_000_000), -1_500_000_000),
            (.nanoseconds(Int64.max), .max), (.nanoseconds(Int64.max) + .nanoseconds(1), .max),
            (.nanoseconds(Int64.min), .min), (.nanoseconds(Int64.min) - .nanoseconds(1), .min),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (.seconds(Int64.max) * 10, .max), (.seconds(Int64.min) * 10, .min),
        ] as [(Duration, Int64)])
    func wholeNanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.wholeNanoseconds == expected)
    }
}
