// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// The cost of an invocation with few and many functions, and with few and many waiting callers.
func measureFlatness(_ arguments: Arguments) async throws -> Bool {
    let one = try Crowd(functions: 1)
    let some = try Crowd(functions: 100)
    let many = try Crowd(functions: 10_000)
    try await Comparison(
        baseline: one.invokeOne(goal: nil), operations: [some.invokeOne(goal: 1.1), many.invokeOne(goal: 1.1)]
    ).report("flat: registered functions, the same one invoked", arguments)
    try await Comparison(
        baseline: one.invokeInTurn(goal: nil), operations: [some.invokeInTurn(goal: nil), many.invokeInTurn(goal: nil)]
    ).report(
        "flat: registered functions, all invoked in turn (ten thousand do not fit the processor's caches)", arguments)
    let nobody = try Queue(waiters: 0)
    try await nobody.whileWaiting {
        let few = try Queue(waiters: 1_000)
        try await few.whileWaiting {
            let many = try Queue(waiters: 100_000)
            try await many.whileWaiting {
                try await Comparison(
                    baseline: nobody.invokeOther(goal: nil),
                    operations: [few.invokeOther(goal: 1.1), many.invokeOther(goal: 1.1)]
                ).report("flat: waiting callers, another function invoked", arguments)
            }
        }
    }
    return true
}

/// A host with so many functions.
private struct Crowd {
    let host = FunctionHost(configuration: .init(concurrency: 4_000), observers: [Metrics(), Meter()])
    let functions: [Function<Int, Int>]

    init(functions count: Int) throws {
        let host = host
        functions = try (0..<count).map { number in
            try host.register(Function("function-\(number)")) { (value: Int, _) in value &+ 1 }
        }
    }

    func invokeOne(goal: Double?) -> Operation {
        let (host, function) = (host, functions[functions.count / 2])
        return Operation("\(functions.count) functions", goal: goal) { try await host.invoke(function, with: $0) }
    }

    func invokeInTurn(goal: Double?) -> Operation {
        let (host, functions) = (host, functions)
        return Operation("\(functions.count) functions", goal: goal) { value in
            try await host.invoke(functions[value % functions.count], with: value)
        }
    }
}

/// A host with a function that is full and for which callers wait, and another function.
private struct Queue {
    private let waiters: Int
    private let host = FunctionHost(configuration: .init(concurrency: 4_000), observers: [Metrics(), Meter()])
    private let full: Function<Int, Int>
    private let other: Function<Int, Int>
    private let gate = WaitingRoom()

    init(waiters: Int) throws {
        self.waiters = waiters
        var configuration = FunctionConfiguration(timeout: nil)
        configuration.reservedConcurrency = 1
        configuration.saturation = .wait(atMost: .seconds(900))
        let gate = gate
        full = try host.register("full", configuration: configuration) { (value: Int, _) in
            if value < 0 { await gate.wait() }
            return value
        }
        other = try host.register("other") { (value: Int, _) in value &+ 1 }
    }

    func invokeOther(goal: Double?) -> Operation {
        let (host, other) = (host, other)
        return Operation("\(waiters) waiting", goal: goal) { try await host.invoke(other, with: $0) }
    }

    /// Runs `body` while the callers wait, then lets them go on.
    func whileWaiting(_ body: () async throws -> Void) async throws {
        let (host, full, gate, waiters) = (host, full, gate, waiters)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { _ = try await host.invoke(full, with: -1) }
            await gate.waitUntil(inside: 1)
            for number in 0..<waiters { group.addTask { _ = try await host.invoke(full, with: number) } }
            // All of them have come to wait once the pool's threads have nothing else to do.
            for _ in 0..<1_000 { await Task.yield() }
            try await Task.sleep(for: .milliseconds(1 + waiters / 100))
            try await body()
            gate.open()
        }
    }
}
