// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How much of a host's work may be retries, so that an outage is not made worse by everybody trying again.
///
/// Where each event may be tried `n` times, an outage makes the load `n` times what it was, just when nothing can be done
/// with it. With a budget the load stays below `arrivals / (1 - share)`, and `reserve` more in each window. A retry that the
/// budget does not allow is put off, not given up.
///
/// Source: Beyer and others, *Site Reliability Engineering*, 2016, chapter 21, *Handling Overload*.
public struct RetryBudget: Sendable, Hashable {
    /// The share of all attempts that retries may have, from 0 to 1.
    ///
    /// Defaults to 0.2: one retry for four events. 1 is without limit.
    public var share: Double
    /// The time over which it is counted.
    ///
    /// Defaults to 60 seconds. From 1 second to 1 hour.
    public var window: Duration
    /// How many retries in each window are allowed whatever their share, so that a host with little to do may retry at all.
    ///
    /// Defaults to 100. 0 or more.
    public var reserve: Int

    /// A budget; by default a fifth of all attempts, and a hundred retries a minute beside.
    public init(share: Double = 0.2, window: Duration = .seconds(60), reserve: Int = 100) {
        self.share = share
        self.window = window
        self.reserve = reserve
    }

    /// As many retries as the policies ask for.
    public static let unlimited = Self(share: 1)

    /// What is wrong with it; nil if nothing is.
    package var fault: String? {
        // A share that is no number is in no range.
        if !(0...1).contains(share) { return "share is \(share); it must be from 0 to 1" }
        if window < .seconds(1) || window > .seconds(3_600) {
            return "window is \(window); it must be from 1 second to 1 hour"
        }
        return reserve < 0 ? "reserve is \(reserve); it must be 0 or more" : nil
    }
}
