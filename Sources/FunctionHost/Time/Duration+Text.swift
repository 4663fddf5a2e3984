// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// The duration as text, in milliseconds, rounded to so many decimals.
    package func inMilliseconds(decimals: Int) -> String { decimal(of: 1_000_000, decimals: decimals) }

    /// The duration as text, in seconds, rounded to so many decimals.
    package func inSeconds(decimals: Int) -> String { decimal(of: 1_000_000_000, decimals: decimals) }

    private func decimal(of unit: Int64, decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let step = unit / scale
        let (whole, rest) = wholeNanoseconds.magnitude.quotientAndRemainder(dividingBy: UInt64(step))
        let units = whole + (rest * 2 >= UInt64(step) ? 1 : 0)
        let sign = self < .zero && units > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(units)" }
        let fraction = String(units % UInt64(scale))
        return "\(sign)\(units / UInt64(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
