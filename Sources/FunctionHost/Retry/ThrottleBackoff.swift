// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How long an event waits that was not let in, for want of room or because the host itself failed.
///
/// From 1 second to 5 minutes, doubling: 1, 2, 4, … 256, 300. Nothing of it is charged to the event; only its age ends it.
///
/// Source: AWS Lambda Developer Guide, *How Lambda handles errors and retries with asynchronous invocation*.
package struct ThrottleBackoff: Sendable, Hashable {
    private let delay: ExponentialDelay

    /// - Parameter jitter: None unless given, as in Lambda.
    package init(jitter: RetryPolicy.Jitter = .none) {
        delay = ExponentialDelay(base: .seconds(1), maximum: .seconds(300), jitter: jitter)
    }

    /// The delay after so many refusals in a row, without chance.
    package func delay(afterRefusals count: Int) -> Duration { delay.after(count) }

    /// The delay after so many refusals in a row.
    package func delay(afterRefusals count: Int, using random: inout some RandomNumberGenerator) -> Duration {
        delay.after(count, using: &random)
    }
}
