// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// As many handlers that spin as there are processors: when are their callers answered, and how do others fare meanwhile?
func measureBulkhead(_ arguments: Arguments) async throws -> Bool {
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let host = FunctionHost(observers: [Metrics(), Meter()])
    let isOver = Flag()
    let spin = try host.register(
        "spin", configuration: .init(timeout: .milliseconds(100), placement: .bulkhead)
    ) { (_: Int, _) in
        while !isOver.isSet {}
        return 0
    }
    let innocent = try host.register("innocent") { (value: Int, _) in
        await Task.yield()
        return value
    }
    let times = Times()
    try await host.run {
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<processors {
                group.addTask { times.answered(after: await duration { try await host.invoke(spin, with: 0) }) }
            }
            let began = ContinuousClock.now
            while ContinuousClock.now - began < .seconds(1) {
                times.innocent(took: await duration { try await host.invoke(innocent, with: 1) })
                try await Task.sleep(for: .milliseconds(1))
            }
            isOver.set()
        }
    }
    let (late, p99) = times.result(deadline: .milliseconds(100))
    print("\nbulkhead: \(processors) handlers that spin, deadline 100 ms")
    print("  \(late.fixed(1)) ms  \(Verdict(late, goal: 50))  the last caller was answered after the deadline")
    print("  \(p99.fixed(1)) ms  \(Verdict(p99, goal: 20))  p99 of another function meanwhile")
    return true
}

/// How long something takes, whether it throws or not.
private func duration(_ body: () async throws -> Int) async -> Duration {
    let began = ContinuousClock.now
    // That the callers of handlers that spin get an error is what is measured.
    _ = try? await body()
    return ContinuousClock.now - began
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

private final class Times: Sendable {
    private let state = Mutex<(spinning: [Duration], innocent: [Duration])>(([], []))

    func answered(after time: Duration) { state.withLock { $0.spinning.append(time) } }
    func innocent(took time: Duration) { state.withLock { $0.innocent.append(time) } }

    /// In milliseconds.
    func result(deadline: Duration) -> (late: Double, p99: Double) {
        state.withLock { state in
            let sorted = state.innocent.sorted()
            let p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
            return (((state.spinning.max() ?? .zero) - deadline).nanoseconds / 1e6, p99.nanoseconds / 1e6)
        }
    }
}
