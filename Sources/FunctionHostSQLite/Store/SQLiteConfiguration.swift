// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension SQLiteStore {
    /// How a store keeps its events.
    public struct Configuration: Sendable {
        /// What events survive.
        public struct Durability: Sendable, Hashable {
            let pragma: String

            /// They survive a power cut: each transaction waits until the disk has it. Many events share one wait.
            public static let power = Self(pragma: "FULL")
            /// They survive the end of the process, however it comes. A power cut or a crash of the system **loses the last
            /// events that were accepted**, and undoes the last ends; the file stays sound.
            public static let losesLastEventsOnPowerCut = Self(pragma: "NORMAL")
        }

        /// What events survive. Defaults to ``Durability/power``.
        public var durability = Durability.power
        /// How long an event waits for after its process was killed. Defaults to 6 seconds; the host extends its leases in time.
        public var leaseDuration: Duration = .seconds(6)
        /// How often to look for events that other processes have appended. Defaults to 500 ms; nil if there are no others.
        public var pollInterval: Duration? = .milliseconds(500)
        /// How long to wait for another process that has the file locked. Defaults to 5 seconds.
        public var busyTimeout: Duration = .seconds(5)
        /// How many events may be on their way into the store. Defaults to 4,096; further callers wait, in order.
        public var maximumPendingEvents = 4_096
        /// How many bytes of payload may be on their way. Defaults to 64 MiB; one event of any size is always let in.
        public var maximumPendingBytes = 64 << 20
        /// How many callers may wait for that. Defaults to 10,000; further ones are refused as `overloaded`.
        public var maximumWaitingCallers = 10_000
        /// How many events one transaction takes. Defaults to 1,024.
        public var maximumBatchEvents = 1_024
        /// How many bytes of payload one transaction takes in, and lends. Defaults to 8 MiB, and one event of any size.
        public var maximumBatchBytes = 8 << 20
        /// How much of the file is kept in memory. Defaults to 16 MiB, whatever the queue holds.
        public var cacheBytes = 16 << 20
        /// How long the write-ahead log may become before it is written into the file. Defaults to 16 MiB.
        public var logBytes = 16 << 20

        /// How many pages of 4,096 bytes the file may have; for tests of a full disk.
        package var maximumPages: Int?

        /// Durable against power cuts, for several processes.
        public init() {}

        func check() {
            precondition(leaseDuration > .zero, "leaseDuration must be positive.")
            precondition(pollInterval.map { $0 > .zero } ?? true, "pollInterval must be positive, or nil.")
            precondition(busyTimeout >= .zero, "busyTimeout must not be negative.")
            precondition(maximumPendingEvents > 0, "maximumPendingEvents must be positive.")
            precondition(maximumPendingBytes > 0, "maximumPendingBytes must be positive.")
            precondition(maximumWaitingCallers >= 0, "maximumWaitingCallers must not be negative.")
            precondition(maximumBatchEvents > 0, "maximumBatchEvents must be positive.")
            precondition(maximumBatchBytes > 0, "maximumBatchBytes must be positive.")
            precondition(cacheBytes > 0, "cacheBytes must be positive.")
            precondition(logBytes > 0, "logBytes must be positive.")
        }
    }
}
