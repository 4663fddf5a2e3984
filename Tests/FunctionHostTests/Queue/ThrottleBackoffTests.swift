// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct ThrottleBackoffTests {
    @Test("The delay doubles from one second to five minutes")
    func sequence() {
        let seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        #expect((1...11).map { ThrottleBackoff().delay(afterRefusals: $0) } == seconds.map { .seconds($0) })
    }

    @Test(
        "Any count has a delay, the same each time",
        arguments: [(Int.min, 1), (-1, 1), (0, 1), (64, 300), (1_000, 300), (.max, 300)])
    func bounds(count: Int, seconds: Int) {
        var random = SplitMix64(seed: 1)
        #expect(ThrottleBackoff().delay(afterRefusals: count) == .seconds(seconds))
        #expect(ThrottleBackoff().delay(afterRefusals: count, using: &random) == .seconds(seconds))
    }

    @Test("With jitter the delays of those refused together differ, and none is longer")
    func jitter() {
        var random = SplitMix64(seed: 5)
        let backoff = ThrottleBackoff(jitter: .full)
        let delays = (0..<100).map { _ in backoff.delay(afterRefusals: 4, using: &random) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
        #expect(Set(delays).count > 90)
    }
}
