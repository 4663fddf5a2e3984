// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a connection waits for a lock that another one holds.
///
/// SQLite's own handler sleeps up to 100 ms at a time; transactions here take a few milliseconds at most.
final class Patience {
    private let limit: Int64
    private var start: Int64 = 0

    init(limit: Int64) { self.limit = limit }

    /// Waits a little, `round` times longer than the first time; 0 if it has taken too long.
    func wait(_ round: Int32) -> Int32 {
        if round == 0 { start = now }
        guard now - start < limit else { return 0 }
        var pause = timespec(tv_sec: 0, tv_nsec: min(5_000_000, 100_000 * (Int(round) + 1)))
        nanosleep(&pause, nil)
        return 1
    }

    private var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
