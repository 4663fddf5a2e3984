// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionHost {
    /// The limits of a host. Every one is finite by default.
    public struct Configuration: Sendable {
        /// How many invocations may run at one time, all functions together; never exceeded, at any instant.
        ///
        /// Defaults to 1,000. At least 1.
        public var concurrency = 1_000

        /// What reservations must leave of ``concurrency`` to the functions that have reserved nothing.
        ///
        /// Defaults to nil: a tenth of it, so 100 of 1,000 as in Lambda.
        public var unreservedConcurrencyMinimum: Int?

        /// How many bytes a payload or an encoded result may have, where there are bytes.
        ///
        /// Defaults to 6 MiB.
        public var payloadLimit = 6 * 1_024 * 1_024

        /// How many chunks of a response stream are buffered before its writer waits.
        ///
        /// Defaults to 16. At least 1.
        public var streamBuffer = 16

        /// How long an idle execution environment is kept, for functions that do not say themselves.
        ///
        /// Defaults to 5 minutes.
        public var idleTimeout: Duration = .seconds(300)

        /// How long an attempt may run after its deadline before observers hear that it is overdue.
        ///
        /// Defaults to 100 milliseconds.
        public var overdueGrace: Duration = .milliseconds(100)

        /// How long a graceful shutdown may take in all: one deadline for everything.
        ///
        /// Defaults to 30 seconds. What runs is waited for until ``cancellationGrace`` before it, then cancelled, and what
        /// is still running at the end is named in the ``DrainReport``.
        public var drainTimeout: Duration = .seconds(30)

        /// How long cancelled invocations have to end within ``drainTimeout``.
        ///
        /// Defaults to 5 seconds; half of ``drainTimeout`` at most.
        public var cancellationGrace: Duration = .seconds(5)

        /// How many threads handlers on the bulkhead may have, those that spin included.
        ///
        /// Defaults to 64. At least 1.
        public var bulkheadThreads = 64

        /// How many events wait for slow observers before further ones are dropped and counted.
        ///
        /// Defaults to 8,192. At least 1.
        public var observerBuffer = 8_192

        /// A configuration of defaults, to be changed.
        public init() {}

        /// A configuration with the limit most often wanted.
        public init(concurrency: Int) { self.concurrency = concurrency }

        /// Values below their minimum, raised to it.
        var normalized: Self {
            var other = self
            other.concurrency = max(1, concurrency)
            other.payloadLimit = max(0, payloadLimit)
            other.idleTimeout = max(.zero, idleTimeout)
            other.overdueGrace = max(.zero, overdueGrace)
            other.drainTimeout = max(.zero, drainTimeout)
            other.cancellationGrace = min(max(.zero, cancellationGrace), other.drainTimeout / 2)
            let unreserved = unreservedConcurrencyMinimum ?? other.concurrency / 10
            other.unreservedConcurrencyMinimum = min(max(0, unreserved), other.concurrency)
            return other
        }
    }
}
