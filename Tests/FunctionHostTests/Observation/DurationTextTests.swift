// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct DurationTextTests {
    @Test(
        "Milliseconds are rounded to the decimals asked for",
        arguments: [
            (0, 2, "0.00"), (1, 2, "0.00"), (4_999, 2, "0.00"), (5_000, 2, "0.01"), (1_234_567, 2, "1.23"),
            (999_999, 2, "1.00"), (999_999, 3, "1.000"), (1_000_000, 0, "1"), (499_999, 0, "0"), (500_000, 0, "1"),
            (70_000_000, 2, "70.00"), (1_005_000, 3, "1.005"), (123_456_789, 6, "123.456789"),
            (-1_500_000, 1, "-1.5"), (-1, 2, "0.00"), (.max, 2, "9223372036854.78"), (.min, 2, "-9223372036854.78"),
        ] as [(Int64, Int, String)])
    func milliseconds(nanoseconds: Int64, decimals: Int, text: String) {
        #expect(Duration.nanoseconds(nanoseconds).inMilliseconds(decimals: decimals) == text)
    }

    @Test(
        "Seconds are rounded to the decimals asked for",
        arguments: [(3_000, 2, "3.00"), (3_004, 2, "3.00"), (3_005, 2, "3.01"), (1_500, 0, "2"), (50, 1, "0.1")])
    func seconds(milliseconds: Int, decimals: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).inSeconds(decimals: decimals) == text)
    }
}
