// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// Real threads, since a simulation does not come between two lines without a suspension: a hundred environments end while
/// the host shuts down, and the shutdown overtakes some of them.
@Suite struct ShutdownOvertakingTests {
    enum End: CaseIterable { case removed, updated, idle }

    private struct Rig {
        let clock = HandClock()
        let made = Notes<EnvironmentID>()
        let ended = Notes<EnvironmentID>()
        let host: FunctionHost
        let work: Function<Void, Void>
        let gate = Gate()

        init() throws {
            var system = HostSystem.live
            system.clock = clock
            host = FunctionHost(system: system)
            let (made, ended, gate) = (made, ended, gate)
            work = try host.register(
                "work", environment: { made.add($0.environmentID) },
                shutdown: { _, context in ended.add(context.environmentID) }
            ) { (_: inout Void, _: Void, _) in await gate.pass() }
        }

        /// Makes so many environments, and leaves them idle.
        func makeEnvironments(_ count: Int) async throws {
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<count { group.addTask { try await host.invoke(work) } }
                try await until { gate.waiting >= count }
                gate.open()
            }
            #expect(made.count == count)
        }

        func bringAbout(_ end: End) throws {
            switch end {
            case .removed: try host.remove("work")
            case .updated: try host.update("work") { $0.memorySize = 256 }
            case .idle: clock.advance(by: .seconds(400))
            }
        }
    }

    @Test(
        "An environment that ends in the moment of a shutdown is shut down all the same, and once",
        arguments: [false, true], End.allCases)
    private func overtaken(isRunning: Bool, end: End) async throws {
        for round in 0..<40 {
            let rig = try Rig()
            try await rig.makeEnvironments(100)
            try await withThrowingDiscardingTaskGroup { group in
                if isRunning {
                    group.addTask { try await rig.host.run() }
                    try await until { rig.host.phase == .running }
                }
                group.addTask {
                    // A little later each time, to meet the shutdown at another place.
                    var random = SplitMix64(seed: 0)
                    for _ in 0..<round * 100 { _ = random.next() }
                    try rig.bringAbout(end)
                }
                group.addTask { await rig.host.shutdown() }
            }
            #expect(rig.ended.all.map(\.number).sorted() == Array(1...100))
        }
    }
}
