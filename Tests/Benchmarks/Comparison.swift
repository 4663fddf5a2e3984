// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Something to be timed: `run` performs it as often as it is told.
struct Operation: Sendable {
    let name: String
    /// The largest ratio to the baseline that is good enough; nil where the ratio is only reported.
    var goal: Double?
    let run: @Sendable (_ count: Int) async throws -> Void

    /// Something that does as often as it is told by itself.
    init(name: String, goal: Double? = nil, run: @escaping @Sendable (_ count: Int) async throws -> Void) {
        self.name = name
        self.goal = goal
        self.run = run
    }

    /// One caller that performs `body` again and again, each time with the result of the time before.
    init(_ name: String, goal: Double? = nil, _ body: @escaping @Sendable (Int) async throws -> Int) {
        self.init(name, goal: goal, callers: 1, body)
    }

    /// One caller that does so many at a time.
    init(_ name: String, goal: Double? = nil, batch: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.name = name
        self.goal = goal
        run = { count in for _ in 0..<max(1, count / batch) { body(batch) } }
    }

    /// Several callers that do so at the same time.
    init(
        _ name: String, goal: Double? = nil, callers: Int, _ body: @escaping @Sendable (Int) async throws -> Int
    ) {
        self.name = name
        self.goal = goal
        run = { count in
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<callers {
                    group.addTask {
                        var value = 0
                        for _ in 0..<max(1, count / callers) { value = try await body(value) }
                        consume(value)
                    }
                }
            }
        }
    }
}

/// Times operations in turn with a baseline, so that whatever else the machine does hits both.
struct Comparison {
    let baseline: Operation
    let operations: [Operation]
    /// How often each operation and the baseline before it are timed.
    var rounds = 61
    /// How long one timing of the baseline takes, in nanoseconds.
    var slice = 3e6

    /// Runs everything and prints a row for each operation; returns the ratios of each.
    @discardableResult
    func report(_ title: String, _ arguments: Arguments) async throws -> [Spread] {
        let rounds = arguments.isQuick ? max(5, rounds / 5) : rounds
        let count = try await calibrate()
        var ratios = [[Double]](repeating: [], count: operations.count)
        var base: [Double] = []
        for _ in 0..<rounds {
            for (index, operation) in operations.enumerated() {
                let unit = try await time(baseline, count)
                base.append(unit)
                ratios[index].append(try await time(operation, count) / unit)
            }
        }
        let middle = Spread(base)
        print(
            "\n\(title)\n  1.00 = \(baseline.name): \(Int(middle.median)) ns (\(Int(middle.minimum)) to \(Int(middle.maximum)))"
        )
        for (operation, ratios) in zip(operations, ratios) {
            let spread = Spread(ratios)
            print("  \(spread)  \(Verdict(spread.median, goal: operation.goal))  \(operation.name)")
        }
        return ratios.map { Spread($0) }
    }

    private func calibrate() async throws -> Int {
        for operation in operations { _ = try await time(operation, 1_000) }
        let one = try await time(baseline, 20_000)
        return max(1_000, Int(slice / one))
    }

    /// Nanoseconds for one operation, on average.
    private func time(_ operation: Operation, _ count: Int) async throws -> Double {
        let began = ContinuousClock.now
        try await operation.run(count)
        return (ContinuousClock.now - began).nanoseconds / Double(count)
    }
}

/// The least, the middle and the greatest of some figures.
struct Spread: CustomStringConvertible {
    let minimum: Double
    let median: Double
    let maximum: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        minimum = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        maximum = sorted.last ?? 0
    }

    var description: String { "\(median.fixed(2)) (\(minimum.fixed(2)) to \(maximum.fixed(2)))" }
}

/// Whether a figure is good enough.
struct Verdict: CustomStringConvertible {
    let isGood: Bool
    private let goal: Double?

    init(_ figure: Double, goal: Double?) {
        self.goal = goal
        isGood = goal.map { figure <= $0 } ?? true
    }

    var description: String {
        guard let goal else { return "(reported)      " }
        return "goal \(goal.fixed(goal < 10 ? 2 : 0)) \(isGood ? "ok    " : "MISSED")"
    }
}

extension Double {
    /// With so many places after the point.
    func fixed(_ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let whole = Int((self * Double(scale)).rounded())
        guard places > 0 else { return String(whole) }
        let fraction = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}

extension Duration {
    var nanoseconds: Double { self / .nanoseconds(1) }
}

/// Keeps the compiler from leaving out what a value was made by.
@inline(never) @_optimize(none) func consume<Value>(_ value: Value) {}
