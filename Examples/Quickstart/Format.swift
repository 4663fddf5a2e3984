// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension Double {
    /// With so many decimals, and a real minus sign.
    func fixed(_ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let units = Int64((magnitude * scale).rounded())
        let digits = String(units)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = self < 0 && units > 0 ? "−" : ""
        return sign + padded.dropLast(decimals) + (decimals > 0 ? "." : "") + padded.suffix(decimals)
    }
}

extension Int {
    /// With a comma after each three digits.
    var grouped: String {
        let digits = String(magnitude)
        let text = digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset).isMultiple(of: 3) { text += "," }
            text.append(digit.element)
        }
        return self < 0 ? "−" + text : text
    }
}

extension Duration {
    /// In three figures and the unit that suits them.
    var short: String {
        for (unit, name) in [(Duration.seconds(1), "s"), (.milliseconds(1), "ms"), (.microseconds(1), "µs")]
        where self >= unit {
            let count = self / unit
            return "\(count.fixed(count < 10 ? 2 : count < 100 ? 1 : 0)) \(name)"
        }
        return "\((self / .nanoseconds(1)).fixed(0)) ns"
    }
}

/// A curve of one character a value.
func sparkline(_ values: [Double]) -> String {
    guard let lowest = values.min(), let highest = values.max(), highest > lowest else { return "" }
    let steps = Array("▁▂▃▄▅▆▇█")
    return String(values.map { steps[Int(($0 - lowest) / (highest - lowest) * 7.99)] })
}
