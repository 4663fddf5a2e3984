// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Testing)
    import FunctionHost
    import Synchronization
    public import Testing

    /// Runs a test once for each seed, in a simulation.
    ///
    /// The first seed that fails ends the test: its issues say how to replay it, and the schedule is attached.
    public struct SimulationTrait: TestTrait, SuiteTrait, TestScoping {
        let seeds: [Int]
        let strategies: [SimulationStrategy]
        let maximumSteps: Int
        let allowsUnstructuredTasks: Bool

        /// Tests inside a suite are simulated one by one.
        public var isRecursive: Bool { true }

        /// Runs the test.
        public func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
        ) async throws {
            guard testCase != nil else { return try await function() }
            let current = Mutex<(simulation: Simulation, hasFailed: Bool)?>(nil)
            let handler = IssueHandlingTrait.compactMapIssues { issue in
                guard
                    let simulation = current.withLock({ current in
                        current?.hasFailed = true
                        return current?.simulation
                    })
                else { return issue }
                var issue = issue
                issue.comments.append(
                    "Replay: .simulated(seeds: [\(simulation.seed)], strategies: [\(simulation.strategy)])")
                return issue
            }
            try await withoutActuallyEscaping(function) { function in
                try await handler.provideScope(for: test, testCase: testCase) {
                    for (index, seed) in seeds.enumerated() {
                        let simulation = Simulation(
                            seed: seed, strategy: strategies[index % strategies.count], maximumSteps: maximumSteps,
                            allowsUnstructuredTasks: allowsUnstructuredTasks)
                        current.withLock { $0 = (simulation, false) }
                        let lent = LentBody.lend(function)
                        do {
                            try await simulation.runOnThread { try await function() }
                        } catch {
                            // It may have been given up in the middle, deadlocked or endless.
                            if error is SimulationFailure { lent.abandon() }
                            Issue.record(error)
                        }
                        if current.withLock({ $0?.hasFailed ?? false }) {
                            Attachment.record(simulation.schedule, named: "schedule-of-seed-\(seed).txt")
                            return
                        }
                    }
                }
            }
        }
    }

    extension Trait where Self == SimulationTrait {
        /// Runs the test in a simulation, once for each seed, until one fails.
        ///
        /// - Parameters:
        ///   - seeds: Each decides one run; `[17]` replays one.
        ///   - strategies: Taken in turn; half uniform and half by priorities unless given.
        ///   - maximumSteps: How many steps one run may take before it counts as endless.
        ///   - allowsUnstructuredTasks: Whether `Task { }` in the code under test is run instead of failing the test.
        public static func simulated(
            seeds: some Sequence<Int>,
            strategies: [SimulationStrategy] = [.uniform, .priorities(changes: 2), .uniform, .priorities(changes: 3)],
            maximumSteps: Int = 1_000_000, allowsUnstructuredTasks: Bool = false
        ) -> Self {
            Self(
                seeds: Array(seeds), strategies: strategies.isEmpty ? [.uniform] : strategies,
                maximumSteps: maximumSteps,
                allowsUnstructuredTasks: allowsUnstructuredTasks)
        }
    }
#endif
