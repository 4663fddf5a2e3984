// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Delays that double from a base up to a maximum, with or without chance.
package struct ExponentialDelay: Sendable, Hashable {
    package var base: Duration
    package var maximum: Duration
    package var jitter: RetryPolicy.Jitter

    package init(base: Duration, maximum: Duration, jitter: RetryPolicy.Jitter) {
        self.base = base
        self.maximum = maximum
        self.jitter = jitter
    }

    /// The delay after so many failures, 1 and less being the first, in whole nanoseconds.
    package func after(
        _ failures: Int, previousDelay: Duration? = nil, using random: inout some RandomNumberGenerator
    ) -> Duration {
        switch jitter {
        case .none: return after(failures)
        case .full: return .nanoseconds(Int64.random(in: 0...after(failures).wholeNanoseconds, using: &random))
        case .decorrelated:
            let base = base.heldToDelays.wholeNanoseconds
            // A process that was started after the delay before does not know it, and takes a likely one.
            let previous = previousDelay ?? (failures > 1 ? after(failures - 1) : self.base)
            let (tripled, overflow) = previous.heldToDelays.wholeNanoseconds.multipliedReportingOverflow(by: 3)
            let drawn = Int64.random(in: base...max(base, overflow ? .max : tripled), using: &random)
            return min(maximum.heldToDelays, .nanoseconds(drawn))
        }
    }

    /// The delay after so many failures, without chance.
    package func after(_ failures: Int) -> Duration {
        let base = base.heldToDelays.wholeNanoseconds
        let doublings = max(1, failures) - 1
        // One bit is the sign's, and must stay 0. A base of 0 has no bit to lose.
        guard base > 0, doublings >= base.leadingZeroBitCount else {
            return min(maximum.heldToDelays, .nanoseconds(base << doublings))
        }
        return maximum.heldToDelays
    }

    /// What is wrong with it; nil if nothing is.
    package var fault: String? {
        if base < .zero { return "base is \(base); it must not be negative" }
        if maximum < base { return "maximum is \(maximum); it must not be shorter than base, \(base)" }
        return nil
    }
}

extension Duration {
    /// The duration as a delay: not negative, and no longer than a timeline is (292 years).
    var heldToDelays: Duration { min(max(self, .zero), .nanoseconds(Int64.max)) }
}
