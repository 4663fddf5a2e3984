// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Typed invocation against one bare child task.
func measureInvoke(_ arguments: Arguments) async throws -> Bool {
    let bench = try InvokeBench()
    try await Comparison(
        baseline: bench.child(callers: 1),
        operations: [
            bench.full(goal: 0.75, callers: 1),
            Operation("invoke, deadline, no observers") { try await bench.quiet.invoke(bench.limited, with: $0) },
            Operation("invoke, no deadline, no observers", goal: 0.25) {
                try await bench.quiet.invoke(bench.unlimited, with: $0)
            },
            bench.immediateChild,
        ]
    ).report("invoke: the handler returns at once, 1 caller", arguments)
    for callers in [2, 8, 64, 1_000] {
        var comparison = Comparison(
            baseline: bench.child(callers: callers), operations: [bench.full(goal: 0.8, callers: callers)])
        if callers == 1_000 { comparison.slice = 20e6 }
        try await comparison.report("invoke: the handler returns at once, \(callers) callers", arguments)
    }
    for callers in [1, 64] {
        try await Comparison(
            baseline: bench.suspendingChild(callers: callers),
            operations: [bench.suspending(goal: 1.2, callers: callers)]
        ).report("invoke: the handler suspends once, callers: \(callers)", arguments)
    }
    try await Comparison(baseline: bench.race, operations: [bench.full(goal: 0.2, callers: 1)]).report(
        "invoke: against the usual race of handler and sleep, with the same bookkeeping", arguments)
    return true
}

/// Hosts, functions and what they are compared to.
struct InvokeBench: Sendable {
    /// Metrics and meter observe it.
    let observed: FunctionHost
    let quiet: FunctionHost
    let reserved: Function<Int, Int>
    let yielding: Function<Int, Int>
    let limited: Function<Int, Int>
    let unlimited: Function<Int, Int>

    init() throws {
        observed = FunctionHost(configuration: .init(concurrency: 4_000), observers: [Metrics(), Meter()])
        quiet = FunctionHost(configuration: .init(concurrency: 4_000))
        var configuration = FunctionConfiguration()
        configuration.reservedConcurrency = 1_100
        reserved = try observed.register("double", configuration: configuration) { (value: Int, _) in value &+ 1 }
        yielding = try observed.register("yield", configuration: configuration) { (value: Int, _) in
            await Task.yield()
            return value &+ 1
        }
        limited = try quiet.register("double", configuration: configuration) { (value: Int, _) in value &+ 1 }
        configuration.timeout = nil
        unlimited = try quiet.register("unlimited", configuration: configuration) { (value: Int, _) in value &+ 1 }
    }

    /// Everything a host does for a typed invocation.
    func full(goal: Double?, callers: Int) -> Operation {
        Operation("invoke, limits, deadline, metrics and meter", goal: goal, callers: callers) {
            try await observed.invoke(reserved, with: $0)
        }
    }

    func suspending(goal: Double?, callers: Int) -> Operation {
        Operation("invoke that suspends once, limits, deadline, metrics and meter", goal: goal, callers: callers) {
            try await observed.invoke(yielding, with: $0)
        }
    }

    /// The baseline of nearly everything.
    func child(callers: Int) -> Operation {
        Operation("one bare child task", callers: callers) { value in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { value &+ 1 }
                return try await group.next()!
            }
        }
    }

    func suspendingChild(callers: Int) -> Operation {
        Operation("one bare child task that suspends once", callers: callers) { value in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    await Task.yield()
                    return value &+ 1
                }
                return try await group.next()!
            }
        }
    }

    /// The least that a handler which can be cancelled alone costs.
    var immediateChild: Operation {
        Operation("a bare child task that starts at once") { value in
            try await withThrowingTaskGroup(of: Int.self) { group in
                if #available(macOS 26, *) {
                    group.addImmediateTask { value &+ 1 }
                } else {
                    group.addTask { value &+ 1 }
                }
                return try await group.next()!
            }
        }
    }

    var race: Operation {
        let racer = Racer(limit: 4_000)
        return Operation("race of handler and sleep") { value in
            try await racer.run(timeout: .seconds(3)) { value &+ 1 }
        }
    }
}
