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

        /// How many events the queue may hold, the dead and those being tried included.
        ///
        /// Defaults to 100,000. At least 1.
        public var queueCapacity = 100_000

        /// How many bytes the payloads in the queue may have together; a value in memory counts without what it refers to.
        ///
        /// Defaults to 256 MiB.
        public var queueBytes = 256 * 1_024 * 1_024

        /// How many bytes the payload of an event may have, where there are bytes.
        ///
        /// Defaults to 1 MiB, as in Lambda.
        public var asynchronousPayloadLimit = 1_024 * 1_024

        /// How many events may be tried at one time, under ``concurrency`` as well.
        ///
        /// Defaults to nil: as many as ``concurrency`` allows. At least 1.
        public var asynchronousConcurrency: Int?

        /// How much of all asynchronous work may be retries.
        ///
        /// Defaults to a fifth, and a hundred retries a minute beside.
        public var retryBudget = RetryBudget()

        /// How long an event that is being tried is this host's unless it says that it is still at it, which it does three
        /// times as often: what an event waits for after its process was killed.
        ///
        /// Defaults to nil: what the store suggests. At least 1 second.
        public var leaseDuration: Duration?

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
            other.queueCapacity = max(1, queueCapacity)
            other.queueBytes = max(0, queueBytes)
            other.asynchronousPayloadLimit = max(0, asynchronousPayloadLimit)
            other.asynchronousConcurrency = asynchronousConcurrency.map { max(1, $0) }
            other.leaseDuration = leaseDuration.map { max(.seconds(1), $0) }
            if retryBudget.fault != nil { other.retryBudget = RetryBudget() }
            let unreserved = unreservedConcurrencyMinimum ?? other.concurrency / 10
            other.unreservedConcurrencyMinimum = min(max(0, unreserved), other.concurrency)
            return other
        }
    }
}
