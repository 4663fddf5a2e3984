// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The machine's clock: monotonic time counted from the wall time at first use.
///
/// Reading it costs one `clock_gettime`. Alarms of all hosts in a process share one thread, which is started with the
/// first alarm that is set and sleeps when none is.
public struct SystemClock: HostClock {
    /// Makes the machine's clock; all of them tell the same time.
    public init() {}

    /// Monotonic time, counted from the wall time at first use.
    public var now: Timestamp { Timestamp(nanoseconds: Self.origin &+ Self.read(CLOCK_MONOTONIC)) }

    /// The time by the machine's calendar.
    public var wallTime: Timestamp { Timestamp(nanoseconds: Self.read(CLOCK_REALTIME)) }

    /// Sleeps by monotonic time.
    public func sleep(until deadline: Timestamp, tolerance: Duration? = nil) async throws {
        try await Task.sleep(for: now.duration(to: deadline), tolerance: tolerance, clock: .continuous)
    }

    /// Makes an alarm on the thread that all of them share.
    public func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm {
        AlarmThread.shared.makeAlarm(ring)
    }

    /// Wall time less monotonic time, read once in the life of the process.
    private static let origin = read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC)

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
