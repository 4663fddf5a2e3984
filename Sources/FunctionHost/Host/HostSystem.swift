// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a host takes from outside: time, chance and threads. All of it is injected, so that a simulation can stand in.
public struct HostSystem: Sendable {
    /// Where time comes from.
    public var clock: any HostClock
    /// What invocation ids, and the handlers' random numbers, are drawn from.
    public var seed: UInt64
    /// Where handlers on the bulkhead run; nil for threads of the host's own.
    package var bulkhead: (any TaskExecutor)?
    /// Told of each host that is made with it.
    package var announce: (@Sendable (FunctionHost) -> Void)?
    /// Whether observers hear everything at once instead of on a thread.
    package var deliversInline = false
    /// One more observer, of the system's own.
    package var tap: (any HostObserver)?
    /// Whether handlers' tasks carry the name of their function, for a scheduler that reports on them.
    package var namesTasks = false

    /// The machine's clock, threads of its own, and ids from `seed`.
    public init(clock: any HostClock = SystemClock(), seed: UInt64) {
        self.clock = clock
        self.seed = seed
    }

    /// The machine's clock, and a seed from the machine: the one place where the package asks it for chance.
    public static var live: Self {
        var generator = SystemRandomNumberGenerator()
        return Self(seed: generator.next())
    }
}
