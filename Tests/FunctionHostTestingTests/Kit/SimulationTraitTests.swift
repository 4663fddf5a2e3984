// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct SimulationTraitTests {
    @Test("A test runs once for each seed, in a simulation of its own", .simulated(seeds: 0..<100))
    func invokes() async throws {
        let simulation = try #require(Simulation.current)
        #expect(simulation.now == Simulation.start)
        let host = FunctionHost(system: .simulated)
        let greet = try host.register("greet") { (name: String, context) in
            try await context.sleep(for: .seconds(1))
            return "Hello, \(name)"
        }
        #expect(try await host.invoke(greet, with: "world") == "Hello, world")
    }

    @Test("The first seed that fails ends the test, and its issues say how to replay it")
    func failing() async throws {
        let seeds = Log<Int>()
        let comments = try await issues(
            of: .simulated(seeds: 10..<20, strategies: [.uniform, .priorities(changes: 4)])
        ) {
            let seed = Simulation.current?.seed ?? -1
            seeds.append(seed)
            await Task.yield()
            if seed == 13 { Issue.record("thirteen") }
        }
        #expect(seeds.entries == [10, 11, 12, 13])
        #expect(comments == [["thirteen", "Replay: .simulated(seeds: [13], strategies: [.priorities(changes: 4)])"]])
    }

    @Test("An error that a test throws ends it too, and is told as any issue is")
    func throwing() async throws {
        let seeds = Log<Int>()
        let comments = try await issues(of: .simulated(seeds: [5, 6, 7])) {
            let seed = Simulation.current?.seed ?? -1
            seeds.append(seed)
            if seed == 6 { throw HandlerError() }
        }
        #expect(seeds.entries == [5, 6])
        #expect(comments == [["Replay: .simulated(seeds: [6], strategies: [.priorities(changes: 2)])"]])
    }

    @Test("A deadlock is told as an issue, once")
    func deadlock() async throws {
        let comments = try await issues(of: .simulated(seeds: [9, 10])) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        #expect(comments == [["Replay: .simulated(seeds: [9], strategies: [.uniform])"]])
    }

    @Test("An issue in a child task is the seed's as well")
    func childTask() async throws {
        let comments = try await issues(of: .simulated(seeds: [8])) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await Task.yield()
                    Issue.record("in a child")
                }
            }
        }
        #expect(comments == [["in a child", "Replay: .simulated(seeds: [8], strategies: [.uniform])"]])
    }

    @Test("The schedule names seed and strategy, tells when what happened, and which tasks ran in between")
    func schedule() throws {
        let simulation = Simulation(seed: 42, strategy: .priorities(changes: 2))
        try simulation.run {
            let host = FunctionHost(system: .simulated)
            let work = try host.register("work") { (_: Void, context) in
                try await context.sleep(for: .seconds(1))
                simulation.note("half-way")
                try await context.sleep(for: .seconds(1))
            }
            try await host.invoke(work)
        }
        let lines = simulation.schedule.split(separator: "\n")
        #expect(
            lines.first
                == "seed 42, strategy .priorities(changes: 2), \(simulation.steps) steps, digest \(simulation.digest)")
        #expect(lines.contains("+1.0 seconds half-way"))
        #expect(lines.contains { $0.hasPrefix("+0.0 seconds work ") && $0.hasSuffix(" started") })
        #expect(lines.contains { $0.hasPrefix("+2.0 seconds work ") && $0.hasSuffix(" succeeded") })
        #expect(lines.contains { $0.hasPrefix("    tasks 0") })
    }

    /// Runs a body as the trait does; returns the comments of its issues, which fail nothing.
    private func issues(
        of trait: SimulationTrait, _ body: @escaping @Sendable @concurrent () async throws -> Void
    ) async throws -> [[String]] {
        let test = try #require(Test.current)
        let comments = Log<[String]>()
        let listener = IssueHandlingTrait.compactMapIssues { issue in
            comments.append(issue.comments.map(\.rawValue))
            return nil
        }
        try await listener.provideScope(for: test, testCase: Test.Case.current) {
            try await trait.provideScope(for: test, testCase: Test.Case.current, performing: body)
        }
        return comments.entries
    }
}
