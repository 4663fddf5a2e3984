// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import AllocationCount
import FunctionHost

/// Counts allocations per warm invocation: a gate, because they are the same on every machine.
func countAllocations(_ arguments: Arguments) async throws -> Bool {
    print("\nallocations: per warm invocation")
    guard allocation_count_is_available() else {
        print("  not counted here")
        return true
    }
    let bench = try InvokeBench()
    var holds = true
    for operation in [
        bench.child(callers: 1),
        bench.immediateChild,
        Operation("invoke, no deadline, no observers", goal: 1) {
            try await bench.quiet.invoke(bench.unlimited, with: $0)
        },
        bench.full(goal: 7, callers: 1),
        bench.suspending(goal: 8, callers: 1),
        bench.race,
    ] {
        let count = try await allocations(of: operation)
        let verdict = Verdict(count, goal: operation.goal)
        print("  \(count.fixed(2))  \(verdict)  \(operation.name)")
        holds = holds && verdict.isGood
    }
    return holds
}

/// The least of several counts: what the process does besides is not the operation's.
private func allocations(of operation: Operation) async throws -> Double {
    let count = 5_000
    var least = Double.infinity
    for _ in 0..<5 {
        try await operation.run(count)
        let before = allocation_count()
        allocation_count_set(true)
        try await operation.run(count)
        allocation_count_set(false)
        least = min(least, Double(allocation_count() - before) / Double(count))
    }
    // The few that a run of all of them needs once are not an operation's.
    return (least * 20).rounded(.down) / 20
}
