// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct DeterminismTests {
    @Test("The same seed gives the same digest in 1,000 of 1,000 runs", arguments: [4, 7])
    func repeated(seed: Int) throws {
        let first = try BusyScenario.digest(seed: seed)
        for run in 1..<1_000 {
            let digest = try BusyScenario.digest(seed: seed)
            try #require(digest == first, "run \(run) of seed \(seed) went another way")
        }
    }

    @Test("A thousand seeds go a thousand ways")
    func different() throws {
        #expect(Set(try BusyScenario.digests(0..<1_000)).count == 1_000)
    }

    @Test("Two simulations at once on two threads do not touch one another")
    func twoThreads() async throws {
        let alone = try BusyScenario.digests(0..<200)
        let together = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<2 { group.addTask { try BusyScenario.digests(0..<200) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(together == [alone, alone])
    }

    @Test("Another process goes the same way with the same seeds")
    func otherProcess() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            for digest in try BusyScenario.digests(0..<50) { print("digest \(digest)") }
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let digests = output.split(separator: "\n").filter { $0.hasPrefix("digest ") }
        #expect(digests.map(String.init) == (try BusyScenario.digests(0..<50)).map { "digest \($0)" })
    }
}
