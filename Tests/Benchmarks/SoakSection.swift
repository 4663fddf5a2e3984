// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Many invocations, some of which suspend, fail or are throttled; memory must not grow: a gate.
func soak(_ arguments: Arguments) async throws -> Bool {
    let count = arguments.count ?? (arguments.isQuick ? 200_000 : 1_000_000)
    let metrics = Metrics()
    let host = FunctionHost(observers: [metrics, Meter(), Recorder(capacity: 100)])
    let function = try host.register("mixed", configuration: .init(timeout: .seconds(120))) { (value: Int, _) in
        if value % 2 == 0 { await Task.yield() }
        if value % 100 == 99 { throw Failure() }
        return value
    }
    print("\nsoak: \(count) invocations by 8 callers")
    // A tenth warms up; what is there then is what must be enough.
    try await burden(host, function, count / 10)
    let before = residentBytes()
    for _ in 0..<9 { try await burden(host, function, count / 10) }
    print("  \(metrics.snapshot().total.invocations) counted, \(metrics.snapshot().total.errors) of them failed")
    guard let before, let after = residentBytes() else { return true }
    let verdict = Verdict(Double(after - before) / 1_048_576, goal: 2)
    print("  \(before / 1_024) KiB after a tenth, \(after / 1_024) KiB at the end; growth in MiB: \(verdict)")
    return verdict.isGood
}

private struct Failure: Error {}

private func burden(_ host: FunctionHost, _ function: Function<Int, Int>, _ count: Int) async throws {
    try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<8 {
            group.addTask {
                for number in 0..<count / 8 {
                    do { _ = try await host.invoke(function, with: number) } catch is Failure {}
                }
            }
        }
    }
}
